"""Writes a scenario to start from: what the first fetches asked and were answered, as commented TOML."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from xsim.integration import Integration, Parameters
from xsim.model import Cycle, DraftedCall, Outcome
from xsim.report.draft_calls import Call, Plan, plan_calls
from xsim.report.draft_endpoints import endpoint_lines
from xsim.report.draft_events import stream_lines
from xsim.report.draft_logins import find_logins
from xsim.report.draft_values import words_of
from xsim.report.toml_text import toml_key, toml_text
from xsim.secrets import Mask, masked_value, masker
from xsim.world import JsonValue, steps_of

OWNED_BY_SERVER = ("isFetch", "incidentType", "incidentFetchInterval")
FIRST_CYCLES = 10
WIDTH = 118
NAMES_OF_NOTHING = frozenset(
    "data result results items value values hits records entries resources content rows objects elements list search "
    "query all get ids absolute response page api public private rest json v1 v2 v3 info detail details".split()
)
CREDENTIAL_PARTS = ("identifier", "password")
DRAFTED = (
    "# What rests on a guess is no proof: such findings are notes, and leave the run undecided.",
    "# Take this line out once the guesses, marked TODO, are looked at.",
    "drafted = true",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A scenario's text."""

    scenario: str
    ending: str = ""
    """Why the fetch did not get through, where it did not: then it may be that not all of its calls were seen."""


def draft(
    integration: Integration,
    parameters: Parameters,
    calls: Sequence[DraftedCall],
    last: Cycle,
    *,
    scenario_name: str = "xsim.toml",
    script: str = "",
) -> Draft:
    """The scenario as text. `last` is the cycle that the drafting ended with.

    `scenario_name` is the file's; `script` is the integration's as seen from the scenario's folder.
    """
    logins = find_logins(calls, parameters)
    mask = masker(_given_secrets(parameters))
    calls = [_without_secrets_of(call, mask) for call in calls]
    mirror_ids, limits = frozenset(_mirror_ids(last)), frozenset(_limits(parameters))
    plan = plan_calls(calls, mirror_ids=mirror_ids, limits=limits, logins=logins.calls)
    names = _stream_names(plan)
    script = script or integration.path.name
    ending = _ends_early(last, mask)
    paragraphs = [
        list(_opening(script, plan, has_calls=bool(calls))),
        list(_ending(ending, last, mask)),
        [f"integration = {toml_text(script)}", *(DRAFTED if _is_guessed(plan, last) else ())],
        ["[clock]", f"cycles = {FIRST_CYCLES}"],
        list(_parameter_lines(parameters)),
        list(_identity_lines(plan, names, has_calls=bool(calls))),
        *(list(_endpoint_lines(call, plan, names)) for call in plan.calls if call.role != "login"),
        *logins.tables,
        list(_event_lines(plan, names[0], last.started, has_calls=bool(calls))),
        *(
            list(_stream_lines(other, name, last.started))
            for (_, other), name in zip(plan.others, names[1:], strict=True)
        ),
        _closing(script, scenario_name),
    ]
    return Draft("\n\n".join("\n".join(lines) for lines in paragraphs if lines) + "\n", ending)


# --- comments -----------------------------------------------------------------------------------------------


def _opening(script: str, plan: Plan, *, has_calls: bool) -> Iterator[str]:
    yield f"# A scenario for {_one_line(script)}, drafted by `xsim init` from what its first fetches asked."
    if plan.is_sampled:
        yield "# The events are made after the sample. What is marked TODO is a guess."
    elif has_calls:
        yield "# Nobody has told what the API answers: the fields below are those that the script reads, and what is"
        yield "# marked TODO is a guess. With one answer of the real API there is less to guess:"
        yield f"#   xsim init {_one_line(script)} --sample answer.json --force"


def _is_guessed(plan: Plan, last: Cycle) -> bool:
    """Whether an answer is made up after what the script reads, or something made up stopped it.

    A made-up session that it got through with is none of that.
    """
    return last.outcome is not Outcome.OK or any(call.kind == "guess" for call in plan.calls)


def _ends_early(last: Cycle, mask: Mask) -> str:
    if last.outcome is Outcome.OK:
        return ""
    failure = last.failure
    message = _one_line(mask(failure.message))[:300] if failure else last.outcome.value
    place = f" (line {failure.line})" if failure and failure.line else ""
    return f"against made-up answers the fetch ends early{place}: {message}"


def _ending(ending: str, last: Cycle, mask: Mask) -> Iterator[str]:
    if not ending:
        return
    yield from _comment(f"TODO: {ending}")
    if last.failure and last.failure.hint:
        yield from _comment(_one_line(mask(last.failure.hint))[:200])


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _closing(script: str, scenario_name: str) -> list[str]:
    return [
        "# Next:",
        f"#   xsim scenario show {_one_line(scenario_name)}",
        f"#   xsim run {_one_line(script)}",
    ]


# --- parameters ---------------------------------------------------------------------------------------------


def _parameter_lines(parameters: Parameters) -> Iterator[str]:
    """Those with a value; a secret that was given is replaced by a made-up one."""
    unset = []
    yield "[params]"
    for name, value in parameters.values.items():
        if name in OWNED_BY_SERVER:
            continue
        if isinstance(value, Mapping) and "credentials" in value:
            value = {part: value[part] for part in CREDENTIAL_PARTS if value.get(part)}
        if value in (None, "", [], {}):
            unset.append(name)
        elif value is not False:
            yield f"{toml_key(name)} = {toml_text(_without_secrets(value, name, parameters))}"
    if unset:
        yield from _comment(f"Not set: {', '.join(map(_one_line, unset))}")


def _without_secrets(value: JsonValue, name: str, parameters: Parameters) -> JsonValue:
    if isinstance(value, Mapping):
        return {key: _without_secrets(inner, f"{name}.{key}", parameters) for key, inner in value.items()}
    if isinstance(value, str) and value in parameters.secrets and name.partition(".")[0] not in parameters.stand_ins:
        return hashlib.sha256(f"xsim init {name}".encode()).hexdigest()
    return value


def _given_secrets(parameters: Parameters) -> list[str]:
    """Those that somebody gave: what xsim made up for want of one is nobody's."""
    made_up = {text for name in parameters.stand_ins for text in _texts_in(parameters.values.get(name))}
    return [secret for secret in parameters.secrets if secret not in made_up]


def _texts_in(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts_in(inner)


def _without_secrets_of(call: DraftedCall, mask: Mask) -> DraftedCall:
    """The call as the drafted files may tell it: what a script sends holds its parameters."""
    asked = call.request
    body = asked.body.decode("utf-8", "surrogateescape")
    request = replace(
        asked,
        url=mask(asked.url),
        headers=tuple((name, mask(value)) for name, value in asked.headers),
        body=mask(body).encode("utf-8", "surrogateescape"),
    )
    return replace(call, request=request, path=mask(call.path), answer=masked_value(call.answer, mask))


def _limits(parameters: Parameters) -> Iterator[str]:
    for name, value in parameters.values.items():
        words = words_of(name)
        if isinstance(value, (str, int)) and ("max" in words or "limit" in words) and str(value).isdigit():
            yield str(value)


# --- identity and events ------------------------------------------------------------------------------------


def _identity_lines(plan: Plan, names: Sequence[str], *, has_calls: bool) -> Iterator[str]:
    if not has_calls:
        yield from _comment(
            "The fetch made no call over HTTP, so there is no endpoint to describe. Where its incidents name their "
            "event, [identity] tells xsim:"
        )
        yield "# [identity]"
        yield '# event = "id"'
        return
    todo = "" if plan.is_sampled else "  # TODO: the field that "
    id_field, time_field = plan.id_field or "id", plan.time_field or "created"
    yield "[identity]"
    id_todo = todo or ("" if plan.id_field else "  # TODO: the field that ")
    time_todo = todo or ("" if plan.time_field else "  # TODO: the field that ")
    yield f"event = {toml_text(id_field)}" + (f"{id_todo}tells events apart" if id_todo else "")
    yield f"time = {toml_text(time_field)}" + (f"{time_todo}holds the event's time" if time_todo else "")
    others = [
        {"streams": [name], "event": other.id_field or id_field, "time": other.time_field or time_field}
        for (_, other), name in zip(plan.others, names[1:], strict=True)
    ]
    if any((each["event"], each["time"]) != (id_field, time_field) for each in others):
        yield f"others = {toml_text(others)}" + ("" if plan.is_sampled else "  # TODO: the same for the other lists")


def _endpoint_lines(call: Call, plan: Plan, names: Sequence[str]) -> Iterator[str]:
    """Where several calls list events, each shows those of one stream."""
    for (other, own), name in zip(plan.others, names[1:], strict=True):
        if call is other:
            return endpoint_lines(call, own, stream=name)
    return endpoint_lines(call, plan, stream=names[0] if plan.others and call is plan.main else "")


def _event_lines(plan: Plan, name: str, now: datetime, *, has_calls: bool) -> Iterator[str]:
    if not has_calls:
        return
    yield "# One event before the first fetch and two between later ones; [[events]] would write each out."
    yield from _stream_lines(plan, name, now)


def _stream_lines(plan: Plan, name: str, now: datetime) -> Iterator[str]:
    record = plan.record or {"title": "event {n}"}
    id_field, time_field = plan.id_field or "id", plan.time_field or "created"
    return stream_lines(name, record, id_field=id_field, time_field=time_field, behind=_behind(plan.main, now))


def _behind(call: Call | None, now: datetime) -> timedelta:
    """How far before the fetch the end of what it asks for lies: yesterday, of what is ready a day later."""
    shapes = [bound.shape for bound in call.asked.bounds if bound.op.startswith("<")] if call else []
    # A bare date means all of its day.
    is_date = ["%d" in shape.layout and "%H" not in shape.layout and "%I" not in shape.layout for shape in shapes]
    ends = [shape.moment + timedelta(days=bare) for shape, bare in zip(shapes, is_date, strict=True)]
    return now - min(ends, default=now)


def _stream_names(plan: Plan) -> list[str]:
    """Of the main list and of the others, each another one."""
    names: list[str] = []
    for call in (plan.main, *(call for call, _ in plan.others)):
        name = _stream_name(call)
        names.append(name if name not in names else f"{name} {len(names) + 1}")
    return names


def _stream_name(call: Call | None) -> str:
    """What the list is called in the answer, else in the path."""
    if call is None:
        return "events"
    steps = steps_of(call.listed.path) if call.listed is not None else ()
    parts = [part for part in call.path.split("/") if part and "{" not in part]
    names = [words_of(name) for name in (*reversed(steps), *reversed(parts))]
    return next((name for name in names if name and name not in NAMES_OF_NOTHING), "events")


def _mirror_ids(cycle: Cycle) -> Iterator[str]:
    """Identities that the incidents of the cycle name."""
    for text in cycle.incidents:
        try:
            incidents = json.loads(text)
        except ValueError:
            continue
        for incident in incidents if isinstance(incidents, list) else []:
            if isinstance(incident, Mapping) and incident.get("dbotMirrorId"):
                yield str(incident["dbotMirrorId"])


def _one_line(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
