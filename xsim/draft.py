"""A scenario to start from: what the first fetches of an integration ask, in a process that the script may harm."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from xsim.api import Options, ready
from xsim.errors import InvalidIntegration
from xsim.integration import Integration, Parameters
from xsim.model import Cycle, DraftedCall, Outcome
from xsim.secrets import masker
from xsim.world import JsonValue

if TYPE_CHECKING:
    from xsim.report import Draft

FILLED_KINDS: tuple[frozenset[int], ...] = (frozenset(), frozenset({4, 9, 14}), frozenset({0, 1, 4, 9, 12, 14, 15, 16}))
"""Types of parameters that a draft fills in though they may be empty: at first none, then secrets, then texts too."""
HANG_LIMIT = timedelta(seconds=4)
"""Real time that a fetch gets where nobody says otherwise: a draft takes many of them."""
WAYS_OUT = {
    "hang": "`--hang-limit` gives each fetch more real time; `--in-process` runs it where a debugger can look",
    "died": "a fetch ends by returning; `--param` may give it what it ended for",
    "memory": "`--memory` gives it more",
}
"""Kinds of failures by which the script takes its process along, and what to do then."""


def draft_scenario(
    path: str | Path,
    *,
    samples: Sequence[tuple[str, JsonValue]] = (),
    scenario_name: str = "xsim.toml",
    script: str = "",
    options: Options,
) -> Draft:
    """A scenario to start from, drafted from what the integration's first fetches ask. Nothing is written.

    `samples` are answers of the real API, each with the path that it answers, or "". `scenario_name` is the
    file's, `script` the integration's as seen from the scenario's folder. Raises InvalidIntegration where the script
    hangs, ends its process or fills its memory before it has asked for anything.
    """
    from xsim.report import draft
    from xsim.simulate import choose_way, rehearse

    integration, scenario = ready(path, options)
    scenario = replace(scenario, settings=replace(scenario.settings, hang_limit=options.hang_limit or HANG_LIMIT))
    way = choose_way(integration, scenario, supervised=options.supervised)
    tries: list[tuple[Parameters, tuple[DraftedCall, ...], Cycle]] = []
    for kinds in FILLED_KINDS:
        filled = replace(scenario, parameters=_filled(integration, scenario.parameters, options, kinds))
        if tries and filled.parameters == tries[-1][0]:
            continue
        calls, last = rehearse(integration, filled, samples, way=way)
        tries.append((filled.parameters, calls, last))
        if _got_through(calls, last) or (last.failure is not None and last.failure.kind == "hang"):
            break
    # Of several the first that came farthest: what is filled in without need may be in the way.
    parameters, calls, last = max(tries, key=lambda each: (_got_through(*each[1:]), len({c.path for c in each[1]})))
    if not calls:
        _refuse_lost(integration, last)
    return draft(integration, parameters, calls, last, scenario_name=scenario_name, script=script)


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of the first fetches against a drafted scenario."""

    cycles: int
    delivered: int
    ending: str = ""
    """How the last of them ended, where that was not well: "cycle 1 ends early (line 12): KeyError 'id'"."""


def try_draft(script: Path, scenario: Path, *, options: Options) -> Trial:
    """Run the schedule of a written draft, without judging it. Nothing is stored."""
    from xsim.simulate import choose_way, simulate

    integration, drafted = ready(script, replace(options, scenario=scenario, without_scenario=False))
    drafted = replace(drafted, settings=replace(drafted.settings, hang_limit=options.hang_limit or HANG_LIMIT))
    way = choose_way(integration, drafted, supervised=options.supervised)
    cycles: list[Cycle] = []
    happenings = simulate(integration, drafted, way=way)
    try:
        for each in happenings:
            if not isinstance(each, Cycle):
                break
            cycles.append(each)
            if each.failure is not None:
                break
    finally:
        happenings.close()  # type: ignore[attr-defined]
    last = cycles[-1]
    delivered = sum(_count(text) for cycle in cycles if cycle.outcome is Outcome.OK for text in cycle.incidents)
    return Trial(len(cycles), delivered, masker(drafted.parameters.secrets)(_ending(last)))


def _ending(cycle: Cycle) -> str:
    failure = cycle.failure
    if failure is None:
        return ""
    place = f" (line {failure.line})" if failure.line else ""
    return f"cycle {cycle.number} ends early{place}: {' '.join(failure.message.split())[:300]}"


def _count(text: str) -> int:
    """How many incidents the text of a call holds."""
    try:
        incidents = json.loads(text)
    except ValueError:
        return 0
    return len(incidents) if isinstance(incidents, list) else 0


def _refuse_lost(integration: Integration, last: Cycle) -> None:
    """Where a script takes its process along before it has asked for anything, there is nothing to draft from."""
    failure = last.failure
    if failure is None or failure.kind not in WAYS_OUT:
        return
    place = f"{integration.path.as_posix()}:{failure.line}" if failure.line else integration.path.as_posix()
    message = f"{place}: the first fetch asked for nothing before its end: {failure.message}"
    raise InvalidIntegration(message, hint=WAYS_OUT[failure.kind])


def _got_through(calls: Sequence[DraftedCall], last: Cycle) -> bool:
    """The fetch ended well, and no parameter was missing in what it asked."""
    return last.outcome is Outcome.OK and bool(calls) and not any("/None" in call.request.url for call in calls)


def _filled(integration: Integration, given: Parameters, options: Options, kinds: Collection[int]) -> Parameters:
    """The parameters, those of the kinds made up where they have no value and are not required either."""
    from xsim.load import load_parameters

    if integration.parameters is None or not kinds:
        return given
    wanted = tuple(
        replace(parameter, required=parameter.required or (parameter.kind in kinds and not parameter.hidden))
        for parameter in integration.parameters
    )
    return load_parameters(
        replace(integration, parameters=wanted),
        scenario_params=options.params,
        params_file=options.params_file,
        overrides=options.param_texts,
    )
