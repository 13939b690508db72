"""What CLI, suite, pytest plugin and explore call: one function a command, from paths and options to a result."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xsim
from xsim.errors import InvalidScenario, XsimError
from xsim.findings import Report
from xsim.integration import Integration
from xsim.model import LEAST_MEMORY, CheckSettings, Cycle, Journal, Scenario, ScenarioFile, Settings, Severity, Vendor
from xsim.secrets import masker
from xsim.world import JsonValue

if TYPE_CHECKING:
    from xsim.check import Gathering
    from xsim.load import Project
    from xsim.record import State

DEFAULT_START = datetime(2024, 5, 14, 9, 30, 0, 381472, tzinfo=timezone.utc)
"""One fixed moment, with a fraction of a second: whole seconds hide faults."""
DEFAULT_CYCLES = 10
DEFAULT_SEED = 1


@dataclass(frozen=True)
class Options:
    """What a person chooses about a run. None: the default, or what scenario, integration or an earlier run says."""

    scenario: Path | None = None
    """The scenario file; None: the one beside the script, if there is one."""
    without_scenario: bool = False
    """Leave the scenario beside the script alone."""
    cycles: int | None = None
    interval: timedelta | None = None
    starts: datetime | None = None
    seed: int | None = None
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    params_file: Path | None = None
    param_texts: Sequence[str] = ()
    """"key=value" texts, as --param takes them."""
    strict_params: bool = False
    identity: Sequence[str] = ()
    common_server: Path | None = None
    marketplace: str = ""
    """Which yml keys with a marketplace suffix hold; "": the project's, else xsoar."""
    integration_name: str = ""
    """Which integration of a repository, folder of packs or pack; none is needed where it holds one."""
    instance: str = "instance_1"
    state: Path | None = None
    """Folder for state; default `.xsim` beside the script."""
    fresh: bool = False
    """Start over, where a run without a scenario would go on from the one before."""
    goes_on: bool = False
    """Go on from the stored state, where a run with a scenario would start from the scenario's own."""
    settings: Settings | None = None
    hang_limit: timedelta | None = None
    """Real time after which a cycle counts as hanging; None: that of `settings`, else the scenario's."""
    memory: int | None = None
    """Bytes that the script may take; None: as above."""
    keep_answers: bool = False
    """Record the beginning of every answer, for a reader of the HTML report."""
    supervised: bool | None = None
    """Whether the script runs in a process of its own, which it can harm without harm to this one. None: where that
    goes, unless a vendor function answers it or somebody watches it run, as a debugger or coverage does."""
    cold: bool = False
    """Each cycle in a new process."""
    select: Collection[str] = ()
    ignore: Collection[str] = ()
    fail_on: Severity | None = None
    strict: bool | None = None
    baseline: Path | None = None
    """File of accepted findings; None: the one that the project names, if any."""
    without_baseline: bool = False
    """Accept nothing that a baseline accepts."""
    without_expectation: bool = False
    """Judge a run by itself, whatever its scenario expects."""


def run(
    path: str | Path,
    *,
    vendor: Vendor | None = None,
    on_start: Callable[[Scenario], None] = lambda scenario: None,
    on_cycle: Callable[[Cycle], None] = lambda cycle: None,
    command: str = "",
    options: Options | None = None,
    **overrides: object,
) -> Report:
    """Run the integration at `path` through the schedule and judge it.

    `overrides` are fields of `Options`: `xsim.run("integration.py", cycles=30, fresh=True)`. Like the command, it goes
    on from the last run that an earlier run left, unless `fresh`. `vendor` answers the script's requests.
    Raises XsimError for what the caller can mend.
    """
    from xsim.check import Gathering
    from xsim.record import State, record, state_folder
    from xsim.simulate import choose_way, simulate

    chosen = _with_paths(replace(options or Options(), **overrides))  # type: ignore[arg-type]
    integration, scenario = ready(path, chosen)
    refuse_unknown_rules(path, scenario, chosen)
    way = choose_way(integration, scenario, vendor, supervised=chosen.supervised, cold=chosen.cold)
    gathering = Gathering()
    goes_on = chosen.goes_on or not (chosen.fresh or scenario.path)
    folder = state_folder(integration, chosen.instance, root=chosen.state)
    with _hiding(scenario), State(folder, starts_over=not goes_on) as state:
        if goes_on:
            command = _repeating(command, state)
            scenario = _going_on(scenario, state, chosen)
        state.begin(scenario)
        on_start(scenario)

        def after(cycle: Cycle) -> None:
            state.follow(cycle)
            on_cycle(cycle)

        happenings = simulate(integration, scenario, vendor=vendor, way=way, cold=chosen.cold)
        try:
            told = {"version": xsim.__version__, "command": command}
            journal = record(
                integration, scenario, happenings, into=state.journal_path, after=after, follower=gathering, **told
            )
        finally:
            happenings.close()  # type: ignore[attr-defined]
            state.catch_up_now()
    return _judged(journal, chosen, gathering)


def _with_paths(options: Options) -> Options:
    """A caller from Python may give a path as a text."""
    names = ("scenario", "params_file", "common_server", "state", "baseline")
    texts = {name: Path(value) for name in names if isinstance(value := getattr(options, name), str)}
    return replace(options, **texts) if texts else options  # type: ignore[arg-type]


@dataclass(frozen=True)
class Commanded:
    """What one command outside the schedule did, in which world."""

    integration: Integration
    scenario: Scenario
    cycle: Cycle

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must not be shown."""
        return self.scenario.parameters.secrets


def fetch(path: str | Path, last_run: JsonValue, *, options: Options, vendor: Vendor | None = None) -> Commanded:
    """One fetch as `!instance-fetch` does it: the given last run, which is not stored; the context is (1.4).

    Without a scenario it happens when the next cycle of the stored run would.
    """
    from xsim.record import State, state_folder
    from xsim.simulate import run_command

    integration, scenario = ready(path, options)
    folder = state_folder(integration, options.instance, root=options.state)
    with _hiding(scenario), State(folder) as state:
        starts = _time_behind(state) if options.starts is None and scenario.path is None else None
        scenario = replace(
            scenario,
            last_run=last_run,
            context=state.context,
            vendor_state=state.vendor_state,
            starts=starts or scenario.starts,
        )
        supervised = options.supervised
        cycle = run_command(integration, scenario, "fetch-incidents", vendor=vendor, supervised=supervised)
        if cycle.context_after != scenario.context:
            state.set_context(cycle.context_after)
    return Commanded(integration, scenario, cycle)


def press_test(path: str | Path, *, options: Options, vendor: Vendor | None = None) -> Commanded:
    """The Test button: no last run, and no integration context to read or write (server-semantics 1.4)."""
    from xsim.simulate import run_command

    integration, scenario = ready(path, options)
    with _hiding(scenario):
        done = run_command(integration, scenario, "test-module", vendor=vendor, supervised=options.supervised)
    return Commanded(integration, scenario, done)


@contextmanager
def _hiding(scenario: Scenario) -> Iterator[None]:
    """Whatever goes wrong within is told without the secrets: a vendor function's complaint may quote a request."""
    secrets = scenario.parameters.secrets
    try:
        yield
    except XsimError as error:
        mask = masker(secrets)
        error.message, error.hint = mask(error.message), mask(error.hint) if error.hint else error.hint
        error.args = (error.message,)
        raise
    except Exception as error:
        # A bug of ours, whose traceback is printed by whoever called us.
        with suppress(AttributeError):
            error.xsim_secrets = secrets  # type: ignore[attr-defined]
        raise


def check_journal(path: Path, options: Options) -> Report:
    """Judge a stored journal, without running anything."""
    from xsim.record import read_journal

    return _judged(read_journal(path), options)


def _judged(journal: Journal, options: Options, gathering: Gathering | None = None) -> Report:
    from xsim.check import check

    if options.baseline is not None or options.without_baseline:
        scenario = journal.scenario
        accepted = _accepted(journal.integration, options.baseline, options)
        journal = replace(journal, scenario=replace(scenario, check=replace(scenario.check, accepted=accepted)))
    return check(
        journal,
        select=options.select,
        ignore=options.ignore,
        fail_on=options.fail_on,
        strict=options.strict,
        expects=not options.without_expectation,
        gathering=gathering,
    )


def refuse_unknown_rules(path: str | Path, scenario: Scenario, options: Options) -> None:
    """XsimError for a rule that is none, in options, scenario or project: before the run rather than after it."""
    from xsim import check

    check.refuse_unknown_rules((*options.select, *options.ignore))
    own = scenario.check
    try:
        check.refuse_unknown_rules((*own.select, *own.ignore, *own.severity))
    except XsimError:
        _refuse_in_its_file(path, options)
        raise
    for each in (*scenario.expect.must, *scenario.expect.may) if scenario.expect else ():
        if each.rule:
            place = f"{scenario.path.as_posix()}:{each.line}: " if scenario.path and each.line else ""
            check.refuse_unmeant([each.rule], f"{place}[expect]: ")


def _refuse_in_its_file(path: str | Path, options: Options) -> None:
    """XsimError for the first name of [check] or [tool.xsim] that no rule has, with file and line."""
    from xsim import check
    from xsim.load import place_in_file

    found = find(path, options)
    for file, table in ((found.file, ("check",)), (found.project, ("tool", "xsim"))):
        if file is None:
            continue
        for key, names in (("select", file.check.select), ("ignore", file.check.ignore)):
            check.refuse_unknown_rules(names, f"{place_in_file(file.path, (*table, key))}: ")
        for name in file.check.severity:
            check.refuse_unknown_rules((name,), f"{place_in_file(file.path, (*table, 'severity', name))}: ")


def accepted_in(path: Path) -> Mapping[str, Mapping[str, str]]:
    """Of each integration: fingerprint and description of what the file accepts; nothing where there is no file."""
    from xsim.load import read_baseline

    return read_baseline(path) if path.exists() else {}


def ready(path: str | Path, options: Options) -> tuple[Integration, Scenario]:
    """As `load`, for those who run what they get: every module that it cannot start without is installed."""
    from xsim.load import refuse_missing_modules

    integration, scenario = load(path, options)
    refuse_missing_modules(integration)
    return integration, scenario


@dataclass(frozen=True)
class Found:
    """What lies behind a path that a person gives: the integration, its scenario file, and the project around it."""

    integration: Path
    file: ScenarioFile | None = None
    project: Project | None = None


def find(path: str | Path, options: Options) -> Found:
    """What a run of `path` would read; it may also be a scenario file that names its integration."""
    from xsim.load import find_integration, find_project

    refuse_nonsense(options)
    given = Path(path)
    # A folder's own scenario may say which of its scripts is meant.
    file = _scenario_file(given, options) if given.suffix == ".toml" or _asks_its_scenario(given, options) else None
    if given.suffix == ".toml" or (file is not None and file.integration is not None):
        given = find_integration(_integration_of(file, given), options.integration_name)
    else:
        found = find_integration(given, options.integration_name)
        file = file if file is not None and found == given else _scenario_file(found, options)
        given = found
    return Found(given, file, find_project(given))


def load(path: str | Path, options: Options, found: Found | None = None) -> tuple[Integration, Scenario]:
    """The integration, and the world that its scenario, its project and the options describe."""
    from xsim.load import load_integration, load_parameters

    found = found or find(path, options)
    file, project = found.file, found.project
    integration = load_integration(
        found.integration,
        common_server=options.common_server or (project.common_server if project else None),
        marketplace=options.marketplace or (project.marketplace if project else "") or "xsoar",
    )
    parameters = load_parameters(
        integration,
        scenario_params={**(file.params if file else {}), **options.params},
        params_file=options.params_file,
        overrides=options.param_texts,
        strict=options.strict_params,
        folder=file.path.parent if file else None,
    )
    scenario = file.scenario if file else _default_scenario(options)
    interval = options.interval or (scenario.interval if file and "interval" in file.stated else None)
    return integration, replace(
        scenario,
        interval=interval or _declared_interval(parameters.values) or scenario.interval,
        instance=options.instance,
        parameters=parameters,
        identity=tuple(options.identity) or scenario.identity,
        settings=_settings(scenario.settings, file.stated if file else (), project, options),
        check=_check_settings(integration, file.check if file else scenario.check, project, options),
    )


def _settings(settings: Settings, stated: Collection[str], project: Project | None, options: Options) -> Settings:
    """The options' word goes before the scenario's, that before the project's."""
    limits: dict[str, Any] = {"hang_limit": options.hang_limit, "memory": options.memory}
    if options.settings is not None:
        settings = options.settings
    elif project is not None:
        for name, given in limits.items():
            limits[name] = given or (None if name in stated else getattr(project, name))
    chosen = {name: given for name, given in limits.items() if given}
    return replace(settings, keep_answers=options.keep_answers or settings.keep_answers, **chosen)


def _check_settings(
    integration: Integration, own: CheckSettings, project: Project | None, options: Options
) -> CheckSettings:
    """What scenario and project say of the judgement, with the findings that a baseline accepts."""
    if project is not None:
        from xsim.load import merged

        own = merged(project.check, own)
    return replace(own, accepted=_accepted(integration, project.baseline if project else None, options))


def _accepted(integration: Integration, baseline: Path | None, options: Options) -> Mapping[str, str]:
    """What a baseline accepts of an integration: the one that the options name, else this one."""
    path = options.baseline or baseline
    if path is None or options.without_baseline:
        return {}
    from xsim.load import read_baseline

    return read_baseline(path).get(integration.name, {})


def _scenario_file(given: Path, options: Options) -> ScenarioFile | None:
    from xsim.load import find_scenario

    if given.suffix == ".toml":
        path: Path | None = given
    else:
        path = options.scenario or (None if options.without_scenario else find_scenario(given))
    if path is None:
        return None
    return _loaded(path, options)


def _loaded(path: Path, options: Options, begins: tuple[int, datetime] | None = None) -> ScenarioFile:
    """The scenario file with what the options say instead. `begins`: number and time of the first cycle of this run."""
    from xsim.load import load_scenario

    return load_scenario(
        path,
        starts=options.starts,
        interval=options.interval,
        cycles=options.cycles,
        seed=options.seed,
        goes_on=options.goes_on,
        begins=begins,
    )


def _asks_its_scenario(given: Path, options: Options) -> bool:
    return not (options.scenario or options.without_scenario or options.integration_name) and given.is_dir()


def _integration_of(file: ScenarioFile | None, given: Path) -> Path:
    if file is None or file.integration is None:
        raise InvalidScenario(f"{given}: names no integration", hint='add `integration = "script.py"` to it')
    return file.integration


def _default_scenario(options: Options) -> Scenario:
    return Scenario(
        starts=options.starts or DEFAULT_START,
        cycles=options.cycles or DEFAULT_CYCLES,
        seed=DEFAULT_SEED if options.seed is None else options.seed,
    )


def refuse_nonsense(options: Options) -> None:
    """InvalidScenario for values that make no sense whatever is run."""
    if options.cycles is not None and options.cycles < 1:
        raise InvalidScenario(f"--cycles {options.cycles}: expected 1 or more")
    if options.interval is not None and options.interval < timedelta(seconds=1):
        raise InvalidScenario(f"--interval {options.interval.total_seconds():g}s: expected one second or more")
    if options.hang_limit is not None and options.hang_limit <= timedelta(0):
        raise InvalidScenario(f"--hang-limit {options.hang_limit.total_seconds():g}s: expected more than nothing")
    if options.memory is not None and options.memory < LEAST_MEMORY:
        raise InvalidScenario(f"--memory {options.memory / 1024**2:g}MB: expected {LEAST_MEMORY // 1024**2}MB or more")
    if options.cold and options.supervised is False:
        raise XsimError("--cold and --in-process: expected one of the two", hint="the second has no new processes")


def _declared_interval(params: Mapping[str, JsonValue]) -> timedelta | None:
    """incidentFetchInterval: minutes, as text (server-semantics 3)."""
    text = str(params.get("incidentFetchInterval") or "")
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return timedelta(minutes=int(text)) if is_number and 0 < int(text) <= 525_600 else None


def _repeating(command: str, state: State) -> str:
    """The command that repeats a run which goes on: what it went on from is in its journal alone."""
    if not command:
        return ""
    return f"xsim check {shlex.quote(str(state.journal_path))}" if state.exists() else f"{command} --fresh"


def _time_behind(state: State) -> datetime | None:
    """When a run that goes on from this state would begin; None where there was none."""
    from xsim.record import next_tick

    return next_tick(state.journal())[1] if state.exists() else None


def _going_on(scenario: Scenario, state: State, options: Options) -> Scenario:
    """The scenario with the stored last run, context, time and identities in place of the first ones.

    Its streams go on to the end of this run, and its faults have struck as often as they had by then.
    """
    from xsim.check import delivered_identities
    from xsim.record import next_tick, strikes_before

    scenario = replace(scenario, last_run=state.last_run, context=state.context, vendor_state=state.vendor_state)
    if not state.exists():
        return scenario
    journal = state.journal()
    number, moment = next_tick(journal)
    scenario = replace(
        scenario,
        starts=options.starts or moment,
        first_cycle=number,
        delivered=delivered_identities(journal),
        struck=strikes_before(journal, scenario.faults),
    )
    if scenario.path is None:
        return scenario
    file = _loaded(scenario.path, options, begins=(number, scenario.starts))
    return replace(scenario, events=file.scenario.events)
