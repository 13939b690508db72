"""Which settings a run is under, and where each comes from: command line over scenario over project over defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from xsim import api
from xsim.integration import Integration
from xsim.model import CheckSettings, Scenario, ScenarioFile

DEFAULT = "default"
Value = str | datetime | timedelta
"""Times and spans as they are: how they are written is the report's to say."""


@dataclass(frozen=True)
class Setting:
    """A setting in force. `origin` is a file with its table, an option, or "default"."""

    name: str
    value: Value
    origin: str


def settings_in_force(path: str | Path, options: api.Options) -> tuple[Setting, ...]:
    """All settings of a run of the integration at `path`. Raises XsimError as the run would."""
    found = api.find(path, options)
    integration, scenario = api.load(path, options, found)
    api.refuse_unknown_rules(path, scenario, options)
    return (
        Setting("integration", found.integration.as_posix(), "command line"),
        *_files(found, options),
        *_schedule(integration, scenario, found.file, options),
        Setting("CommonServerPython", integration.common_server, _common_server_origin(found, options)),
        *_marketplace(found, options),
        *_limits(found, scenario, options),
        *_judgement(found, options),
        *_expectation(found, scenario, options),
    )


def _files(found: api.Found, options: api.Options) -> Iterator[Setting]:
    if found.file is not None:
        yield Setting(
            "scenario", found.file.path.as_posix(), "--scenario" if options.scenario else "beside the integration"
        )
    else:
        yield Setting("scenario", "none", "--no-scenario" if options.without_scenario else DEFAULT)
    if found.project is not None:
        yield Setting("project", found.project.path.as_posix(), "around the integration")


def _schedule(
    integration: Integration, scenario: Scenario, file: ScenarioFile | None, options: api.Options
) -> Iterator[Setting]:
    stated = file.stated if file else ()
    declared = {parameter.name for parameter in integration.parameters or ()}
    values: dict[str, Value] = {
        "cycles": str(scenario.cycles),
        "interval": scenario.interval,
        "starts": scenario.starts,
        "seed": str(scenario.seed),
    }
    words = {"starts": ("start", "--start", "[clock] start"), "seed": ("seed", "--seed", "seed")}
    for key, value in values.items():
        name, option, place = words.get(key, (key, f"--{key}", f"[clock] {key}"))
        if getattr(options, key) is not None:
            origin = option
        elif file is not None and key in stated:
            origin = f"{file.path.as_posix()}: {place}"
        elif key == "interval" and "incidentFetchInterval" in declared:
            origin = "incidentFetchInterval"
        else:
            origin = DEFAULT
        yield Setting(name, value, origin)
    yield Setting("instance", options.instance, DEFAULT if options.instance == "instance_1" else "--instance")


def _common_server_origin(found: api.Found, options: api.Options) -> str:
    if options.common_server:
        return "--common-server"
    project = found.project
    return f"{project.path.as_posix()}: [tool.xsim]" if project and project.common_server else "found"


def _marketplace(found: api.Found, options: api.Options) -> Iterator[Setting]:
    project = found.project
    if options.marketplace:
        yield Setting("marketplace", options.marketplace, "--marketplace")
    elif project is not None and project.marketplace:
        yield Setting("marketplace", project.marketplace, f"{project.path.as_posix()}: [tool.xsim]")
    else:
        yield Setting("marketplace", "xsoar", DEFAULT)


def _limits(found: api.Found, scenario: Scenario, options: api.Options) -> Iterator[Setting]:
    file, project, settings = found.file, found.project, scenario.settings
    values: dict[str, Value] = {
        "hang_limit": settings.hang_limit,
        "memory": f"{settings.memory / 1024**2:g}MiB",
    }
    for name, value in values.items():
        if getattr(options, name) is not None:
            origin = _option(name)
        elif file is not None and name in file.stated:
            origin = f"{file.path.as_posix()}: [platform]"
        elif project is not None and name in project.stated:
            origin = f"{project.path.as_posix()}: [tool.xsim]"
        else:
            origin = DEFAULT
        yield Setting(name, value, origin)


def _expectation(found: api.Found, scenario: Scenario, options: api.Options) -> Iterator[Setting]:
    """What the run is held to, where its scenario says so."""
    expect = scenario.expect
    if expect is None or found.file is None:
        return
    if options.without_expectation:
        yield Setting("expect", "nothing", "--no-expect")
        return
    parts = [
        f"verdict {expect.verdict.value}" if expect.verdict else "",
        "" if expect.delivered is None else f"delivered {expect.delivered}",
        f"must {len(expect.must)}" if expect.must else "",
        f"may {len(expect.may)}" if expect.may else "",
    ]
    yield Setting("expect", ", ".join(filter(None, parts)), f"{found.file.path.as_posix()}: [expect]")


# --- judgement ----------------------------------------------------------------------------------------------


def _judgement(found: api.Found, options: api.Options) -> Iterator[Setting]:
    given = CheckSettings(
        select=tuple(options.select), ignore=tuple(options.ignore), fail_on=options.fail_on, strict=options.strict
    )
    sources = [("command line", given)]
    if found.file is not None:
        sources.append((f"{found.file.path.as_posix()}: [check]", found.file.check))
    if found.project is not None:
        sources.append((f"{found.project.path.as_posix()}: [tool.xsim]", found.project.check))
    yield _first("select", sources, "all rules")
    yield _added("ignore", sources)
    yield from _severities(sources)
    yield _first("fail_on", sources, "warning")
    yield _first("strict", sources, "false")
    yield _first("requests_per_cycle", sources, "not stated")
    yield _baseline(found, options)


def _first(name: str, sources: list[tuple[str, CheckSettings]], default: str) -> Setting:
    for origin, settings in sources:
        value = getattr(settings, name)
        if value is not None and value != ():
            return Setting(name, _text(value), _option(name) if origin == "command line" else origin)
    return Setting(name, default, DEFAULT)


def _added(name: str, sources: list[tuple[str, CheckSettings]]) -> Setting:
    saying = [
        (_option(name) if origin == "command line" else origin, getattr(settings, name)) for origin, settings in sources
    ]
    saying = [(origin, value) for origin, value in saying if value]
    if not saying:
        return Setting(name, "no rule", DEFAULT)
    names = dict.fromkeys(each for _, value in reversed(saying) for each in value)
    return Setting(name, ", ".join(names), "; ".join(origin for origin, _ in saying))


def _severities(sources: list[tuple[str, CheckSettings]]) -> Iterator[Setting]:
    seen: dict[str, Setting] = {}
    for origin, settings in sources:
        for rule, severity in settings.severity.items():
            seen.setdefault(rule, Setting(f"severity of {rule}", severity.value, origin))
    yield from seen.values()


def _baseline(found: api.Found, options: api.Options) -> Setting:
    project = found.project
    if options.without_baseline:
        return Setting("baseline", "none", "--no-baseline")
    if options.baseline is not None:
        return Setting("baseline", options.baseline.as_posix(), "--baseline")
    if project is not None and project.baseline is not None:
        return Setting("baseline", project.baseline.as_posix(), f"{project.path.as_posix()}: [tool.xsim]")
    return Setting("baseline", "none", DEFAULT)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(getattr(value, "value", value))
