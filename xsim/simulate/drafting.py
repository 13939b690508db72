"""Runs the first fetches of a script against a vendor that nobody has described yet, to learn what it asks for.

Calls are answered with samples of the real API where there are any, with a made-up session where they look like a
login, and else with answers that are made up and corrected from fetch to fetch, until the script is content with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from xsim.integration import Integration
from xsim.model import Cycle, DraftedCall, Outcome, Scenario
from xsim.simulate.drafting_vendor import DraftingVendor, Sample
from xsim.simulate.loop import Platform
from xsim.simulate.recording import Stored

CYCLES = 2
MOST_TRIES = 24

Rehearsed = tuple[tuple[DraftedCall, ...], Cycle]
"""The calls of the first fetches, and the cycle that they ended with."""


def rehearse(
    integration: Integration, scenario: Scenario, samples: Sequence[Sample] = (), *, way: str = "here"
) -> Rehearsed:
    """The calls of the first fetches, and the cycle that they ended with, best OK.

    Samples without a path go to the calls whose made-up answers hold a list that the script reads, in order. `way`, as
    `choose_way` gives it: the script's process. Where that is lost the calls are those that were seen before.
    """
    scenario = replace(scenario, settings=replace(scenario.settings, on_malformed="accept"))
    if way == "here":
        return rehearse_here(integration, scenario, samples)
    from xsim.simulate.supervisor import supervise_rehearsal

    return supervise_rehearsal(integration, scenario, samples, way=way)


def rehearse_here(
    integration: Integration,
    scenario: Scenario,
    samples: Sequence[Sample],
    on_call: Callable[[DraftingVendor], None] = lambda vendor: None,
) -> Rehearsed:
    """The same in this process. `on_call` gets the vendor whenever a fetch begins, and at each call."""
    script = integration.code.co_filename if integration.code else ""
    text = integration.path.read_text(encoding="utf-8", errors="replace") if integration.path.is_file() else ""
    vendor = DraftingVendor(scenario, dict(samples), script, on_call, text=text)
    last = _try_until_content(integration, scenario, vendor)
    unplaced = [answer for path, answer in samples if not path]
    if unplaced:
        vendor.place(unplaced)
        last = _try_until_content(integration, scenario, vendor)
    if last.outcome is Outcome.OK and vendor.offer_tokens():
        with_tokens = _first_cycles(integration, scenario, vendor)[-1]
        if with_tokens.outcome is Outcome.OK and vendor.tokens_came_back:
            return vendor.drafted(), with_tokens
        vendor.withdraw_tokens()
        last = _first_cycles(integration, scenario, vendor)[-1]
    return vendor.drafted(), last


def _try_until_content(integration: Integration, scenario: Scenario, vendor: DraftingVendor) -> Cycle:
    """Until a fetch ends well and delivers something; where none does, with the answers with which it came farthest."""
    farthest = (0, False)
    for _ in range(MOST_TRIES):
        cycles = _first_cycles(integration, scenario, vendor)
        last = cycles[-1]
        vendor.notice(cycles)
        is_right = last.outcome is Outcome.OK and not vendor.has_news
        if is_right and _delivers(cycles):
            return last
        if is_right and vendor.reached > farthest:
            vendor.keep_answers()
            farthest = vendor.reached
        if is_right and not (any(map(vendor.hear, cycles)) or vendor.adopt() or vendor.withhold()):
            break
        if last.outcome is not Outcome.OK and not vendor.has_news and not vendor.learn(last):
            break
    if farthest[0]:
        vendor.restore_answers()
        last = _first_cycles(integration, scenario, vendor)[-1]
    return last


def _delivers(cycles: Sequence[Cycle]) -> bool:
    return any(text.strip() not in ("", "[]", "null") for cycle in cycles for text in cycle.incidents)


def _first_cycles(integration: Integration, scenario: Scenario, vendor: DraftingVendor) -> list[Cycle]:
    """Fetches from an empty last run on, up to the first that does not end well."""
    cycles: list[Cycle] = []
    stored = Stored.of(scenario.last_run, scenario.context)
    vendor.begin()
    with Platform(integration, scenario, vendor) as platform, vendor.listening():
        for number in range(1, CYCLES + 1):
            vendor.begin_cycle(number)
            moment = scenario.starts + (number - 1) * scenario.interval
            cycle, stored = platform.run("fetch-incidents", number, moment, stored=stored)
            if cycle.failure is not None and cycle.failure.kind == "hang":
                cycle = replace(cycle, failure=replace(cycle.failure, line=platform.hung_at))
            cycles.append(cycle)
            if cycle.outcome is not Outcome.OK:
                break
    return cycles
