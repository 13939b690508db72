"""The check stage: judges a journal by rules. It reads what was recorded, and nothing else."""

from collections.abc import Collection

from xsim.check.causes import cause_named, causes
from xsim.check.gathering import Gathering
from xsim.check.judge import check, delivered_identities
from xsim.check.rule import is_meant, refuse_unknown, rule_named, unknown_rule
from xsim.check.rules import RULES
from xsim.errors import XsimError

__all__ = [
    "RULES",
    "Gathering",
    "cause_named",
    "causes",
    "check",
    "delivered_identities",
    "is_meant",
    "refuse_unknown_rules",
    "refuse_unmeant",
    "rule_named",
]


def refuse_unknown_rules(names: Collection[str], where: str = "") -> None:
    """XsimError for the first name, code or beginning of codes that is no rule's, with the nearest one."""
    refuse_unknown(RULES, names, where)


def refuse_unmeant(names: Collection[str], where: str = "") -> None:
    """The same for names of which the beginning will do."""
    for name in names:
        if not any(is_meant(rule.code, rule.name, name) for rule in RULES.values()):
            error = unknown_rule(RULES, name)
            raise XsimError(f"{where}{error.message}", hint=error.hint)
