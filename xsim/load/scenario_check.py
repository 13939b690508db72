"""Reads how a scenario, or a project, wants its runs judged. The rules' names are the check stage's to know."""

from __future__ import annotations

from xsim.load.scenario_table import Table
from xsim.model import CheckSettings, Severity

CHECK_KEYS = ("select", "ignore", "severity", "fail_on", "strict", "requests_per_cycle")
LEVELS = tuple(level.value for level in Severity)


def read_check(table: Table) -> CheckSettings:
    """The settings among a table's keys; what else stands there is the caller's to refuse."""
    severities = table.table("severity")
    return CheckSettings(
        select=table.texts("select"),
        ignore=table.texts("ignore"),
        severity={rule: Severity(severities.choice(rule, "", LEVELS)) for rule in severities.values},
        fail_on=Severity(table.choice("fail_on", "", LEVELS)) if "fail_on" in table else None,
        strict=table.truth_or_none("strict"),
        requests_per_cycle=table.whole("requests_per_cycle", 1, 1) if "requests_per_cycle" in table else None,
    )
