"""The rules by family. Whatever lists, explains or tests rules starts from this tuple."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xsim.check.rules import (
    configuration,
    delivery,
    execution,
    incident,
    last_run,
    new_process,
    timing,
    traffic,
    vendor_truth,
)
from xsim.findings import Rule

FAMILIES = (last_run, delivery, vendor_truth, timing, traffic, incident, execution, new_process, configuration)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        found.code: found
        for found in sorted(
            (value for family in FAMILIES for value in vars(family).values() if isinstance(value, Rule)),
            key=lambda found: found.code,
        )
    }
)
"""Code to rule, in code order."""
