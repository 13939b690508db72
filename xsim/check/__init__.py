"""The check stage: judges a journal by rules. It reads what was recorded, and nothing else."""

from xsim.check.judge import check, delivered_identities
from xsim.check.rule import rule_named
from xsim.check.rules import RULES

__all__ = ["RULES", "check", "delivered_identities", "rule_named"]
