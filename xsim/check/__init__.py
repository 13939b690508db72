"""The check stage: judges a journal by rules. It reads what was recorded, and nothing else."""

from collections.abc import Collection

from xsim.check.judge import check, delivered_identities
from xsim.check.rule import refuse_unknown, rule_named
from xsim.check.rules import RULES

__all__ = ["RULES", "check", "delivered_identities", "refuse_unknown_rules", "rule_named"]


def refuse_unknown_rules(names: Collection[str], where: str = "") -> None:
    """XsimError for the first name, code or beginning of codes that is no rule's, with the nearest one."""
    refuse_unknown(RULES, names, where)
