"""`xsim test-module`: what the Test button does."""

from __future__ import annotations

import sys
from typing import Any

import click

from xsim.cli.options import as_options, command_process_options, instance_options


@click.command("test-module")
@instance_options
@command_process_options
def command(integration: Any, **given: Any) -> None:
    """Run INTEGRATION's test-module command: it has to answer exactly "ok".

    Exit code 0 where the Test button would be green, 1 where it would be red, 3 where the command needs something that
    xsim does not simulate.

    \b
    xsim test-module integration.py
    xsim test-module Packs/Vendor/Integrations/Vendor --param api_key=env:VENDOR_KEY
    """
    from xsim import api
    from xsim.model import Outcome
    from xsim.report import passed_test_module, print_test_module

    done = api.press_test(integration, options=as_options(**given))
    print_test_module(done.cycle, done.integration, secrets=done.secrets)
    sys.exit(3 if done.cycle.outcome is Outcome.UNSUPPORTED else 0 if passed_test_module(done.cycle) else 1)
