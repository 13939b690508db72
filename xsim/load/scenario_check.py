"""Reads how a scenario, or a project, wants its runs judged. The rules' names are the check stage's to know."""

from __future__ import annotations

from xsim.load.scenario_keys import TRUTH, WHOLE, WORD, Key, keyed
from xsim.load.scenario_table import Table
from xsim.model import CheckSettings, Severity

LEVELS = tuple(level.value for level in Severity)
RULES = "list of rules"
CHECK_KEYS = keyed(
    Key("select", RULES, "Judge by these only: a code, the beginning of codes, or a name.", otherwise="all"),
    Key("ignore", RULES, "Leave these out."),
    Key(
        "severity", "table of rules",
        "What a rule's findings are instead: " + ", ".join(f'`"{level}"`' for level in LEVELS) + ".",
        otherwise="the rules' own",
    ),
    Key(
        "fail_on", WORD, "The least severity that fails the run.", words=LEVELS,
        otherwise="the project's, else `\"warning\"`",
    ),
    Key("strict", TRUTH, "Undecided if something was not exercised.", otherwise="the project's, else false"),
    Key(
        "requests_per_cycle", WHOLE, "What the vendor allows in one fetch: more is a request storm (FC401).", least=1,
    ),
)  # fmt: skip


def read_check(table: Table) -> CheckSettings:
    """The settings among a table's keys, which hold CHECK_KEYS; what else stands there is the caller's to refuse."""
    rules = table.table("severity")
    severities = rules.held_to({rule: Key(rule, WORD, words=LEVELS) for rule in rules.values})
    return CheckSettings(
        select=table.texts("select"),
        ignore=table.texts("ignore"),
        severity={rule: Severity(severities.choice(rule)) for rule in severities.values},
        fail_on=Severity(table.choice("fail_on")) if "fail_on" in table else None,
        strict=table.truth_or_none("strict"),
        requests_per_cycle=table.whole_or_none("requests_per_cycle"),
    )
