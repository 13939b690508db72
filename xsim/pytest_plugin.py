"""xsim in a test suite: a fixture that runs an integration, and scenario files that are tests themselves.

    def test_fetch_loses_nothing(xsim):
        report = xsim("Packs/Vendor/Integrations/Vendor", cycles=60)
        report.assert_clean(allow=["FC301"])
        assert not report.findings("missed")

Every `xsim.toml` and `*.xsim.toml` that pytest comes by is a test, too: its scenario is run, and what fails the run
fails the test. `xsim_collect = false` in pytest's configuration leaves them alone. `xsim_cold` and `xsim_in_process`
say there where scripts run, as the options of `xsim run` do.

pytest loads this module in every run of whoever has xsim installed, so that it imports nothing of xsim at its top.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xsim.findings import Finding, Report

Run = Callable[..., "Checked"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("xsim_collect", "Whether xsim.toml and *.xsim.toml files are tests.", type="bool", default=True)
    parser.addini("xsim_cold", "Whether each cycle runs in a new process.", type="bool", default=False)
    parser.addini("xsim_in_process", "Whether scripts run in the tests' own process.", type="bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    if file_path.name != "xsim.toml" and not file_path.name.endswith(".xsim.toml"):
        return None
    if not parent.config.getini("xsim_collect"):
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


@pytest.fixture
def xsim(tmp_path: Path, pytestconfig: pytest.Config) -> Run:
    """Runs an integration and gives its report: `xsim(path, scenario=None, **options)`, options as of `xsim.run`.

    They may be texts as the command line takes them: `interval="5m"`, `hang_limit="30s"`, `memory="512MB"`,
    `starts="2024-05-14T09:30:00Z"`, `fail_on="error"`. Each call starts over, in a state folder of its own below the
    test's `tmp_path`. Raises XsimError for what is to be mended.
    """
    calls = iter(range(1_000_000))

    def run(path: str | Path, scenario: str | Path | None = None, **options: Any) -> Checked:
        __tracebackhide__ = True
        from xsim.errors import XsimError

        options.setdefault("state", tmp_path / f"xsim-{next(calls)}")
        options.setdefault("fresh", True)
        if scenario is not None:
            options["scenario"] = Path(scenario)
        try:
            return Checked(_run(path, {**_process_options(pytestconfig), **_read(options)}))
        except XsimError as error:
            # The way here through xsim is of no use to whoever wrote the test.
            error.__traceback__ = None
            if error.hint and hasattr(error, "add_note"):
                error.add_note(f"  {error.hint}")
            raise error from None

    return run


def _process_options(config: pytest.Config) -> dict[str, Any]:
    """Where scripts run, as pytest's configuration says."""
    cold, in_process = config.getini("xsim_cold"), config.getini("xsim_in_process")
    return {"cold": cold, "supervised": False if in_process else None}


_EXPECTED = {
    "hang_limit": 'a number with a unit, such as "30s"',
    "interval": 'a number with a unit, such as "5m"',
    "memory": 'a number with a unit, such as "512MB"',
    "starts": 'a time such as "2024-05-14T09:30:00Z"',
    "fail_on": 'a severity: "error", "warning" or "note"',
}
"""Of options that may be texts: what such a text has to be."""
_OF_SEVERAL = ("select", "ignore", "identity", "param_texts")
_OF_THIS_PROCESS = ("vendor", "on_start", "on_cycle")


def _read(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, with what texts stand for in their place. Raises XsimError."""
    from xsim.errors import XsimError
    from xsim.load import duration_of, moment_of, size_of

    readers: dict[str, Callable[[Any], Any]] = {
        "hang_limit": duration_of,
        "interval": duration_of,
        "memory": size_of,
        "starts": moment_of,
        "fail_on": _severity,
    }
    _refuse_unknown_option(options)
    found = dict(options)
    for name, value in options.items():
        if name in readers and isinstance(value, str):
            found[name] = readers[name](value)
            if found[name] is None:
                raise XsimError(f"{name}={value!r}: expected {_EXPECTED[name]}")
        if name in _OF_SEVERAL and isinstance(value, str):
            found[name] = [value]
    return found


def _severity(text: str) -> Any:
    from xsim.model import Severity

    return next((each for each in Severity if each.value == text), None)


def _refuse_unknown_option(options: Collection[str]) -> None:
    from dataclasses import fields
    from difflib import get_close_matches

    from xsim.api import Options
    from xsim.errors import XsimError

    known = [*(each.name for each in fields(Options)), *_OF_THIS_PROCESS, "command"]
    for name in options:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "the options are those of xsim.run"
            raise XsimError(f"{name}=...: no such option", hint=hint)


# --- where a run happens ------------------------------------------------------------------------------------


def _run(path: str | Path, options: dict[str, Any]) -> Report:
    """The report. A process has one clock and one network: where the test has either, the run gets one of its own.

    Raises XsimError.
    """
    from xsim import api
    from xsim.errors import XsimError

    taken = "the clock is frozen" if _is_frozen() else "requests are mocked" if _is_mocked() else ""
    if not taken:
        return api.run(path, **options)
    for name in _OF_THIS_PROCESS:
        if name in options:
            message = f"{name}=...: a function of the test is called in the test's process, where {taken}"
            raise XsimError(message, hint="run the integration before that, or after")
    options.pop("command", None)
    return _run_apart(path, options)


def _is_frozen() -> bool:
    freezegun = sys.modules.get("freezegun.api")
    return bool(freezegun and freezegun.freeze_factories)


_VERBS = ("request", "get", "post", "put", "patch", "delete", "head", "options")
_CALLS = {
    "requests": (*_VERBS, *(f"Session.{name}" for name in (*_VERBS, "send", "get_adapter"))),
    "urllib.request": ("urlopen", "OpenerDirector.open"),
    "httpx": (*_VERBS, *(f"{kind}.{name}" for kind in ("Client", "AsyncClient") for name in (*_VERBS, "send"))),
    "aiohttp": ("ClientSession._request",),
}
"""Where libraries that answer a test's requests put themselves above the vendor, so that a script would meet them."""


def _is_mocked() -> bool:
    """Whether one of these is no longer the client's own; what the test has not loaded it has not replaced."""
    for module, names in _CALLS.items():
        if module in sys.modules:
            calls = [_at(sys.modules[module], name) for name in names]
            if any(call is not None and not _is_of_client(call, module) for call in calls):
                return True
    return False


def _at(owner: Any, path: str) -> Any:
    for name in path.split("."):
        owner = getattr(owner, name, None)
    return owner


def _is_of_client(call: Any, module: str) -> bool:
    own = str(getattr(call, "__module__", "")).partition(".")[0] == module.partition(".")[0]
    # A mock made after a function's signature names the function's module as its own.
    return own and not hasattr(call, "assert_called")


def _run_apart(path: str | Path, options: dict[str, Any]) -> Report:
    from xsim import api
    from xsim.suite import journal_of

    chosen = api.Options(**options)
    return api.check_journal(journal_of(path, chosen), chosen)


class Findings(list["Finding"]):
    """Findings that a failed assertion shows as a line each, rather than as records."""

    def __repr__(self) -> str:
        return f"[{'; '.join(_lines(self))}]"


class Checked:
    """A report with assertions that can be read. Whatever the `Report` has is here as well: verdict, delivered, ..."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def __getattr__(self, name: str) -> Any:
        return getattr(self.report, name)

    def __repr__(self) -> str:
        return f"<{self.report.verdict.value}: {self.report.reason}>"

    def findings(self, rule: str = "") -> Findings:
        """The findings that nobody accepted, all or those of a rule: its code, the beginning of it, or of its name.

        Those that the scenario expects are among them. Raises XsimError where no rule is called so: a misspelt one
        would never be found.
        """
        _refuse_unknown(rule)
        there = [each for each in self.report.findings if not each.accepted or each.is_expected]
        return Findings(each for each in there if _is_of(each, rule))

    def assert_clean(self, allow: Collection[str] = ()) -> None:
        """Fails the test where there is an error or a warning, or where the run says nothing, with the whole report.

        Where the scenario says what it expects, a run that comes to that is clean, and any other is not. `allow` names
        rules whose findings do no harm here, by code or by name. Raises XsimError for one that is none.
        """
        __tracebackhide__ = True
        allow = [allow] if isinstance(allow, str) else allow
        for name in allow:
            _refuse_unknown(name)
        from xsim.model import Severity, Verdict

        loud = [each for each in self.findings() if each.severity is not Severity.NOTE and not each.is_expected]
        loud = [each for each in loud if not any(_is_of(each, name) for name in allow)]
        unmet = self.report.expected.missing if self.report.expected else ()
        if loud or unmet or self.report.verdict is Verdict.UNDECIDED:
            raise AssertionError("\n".join([*_lines(loud), *unmet, "", _page(self.report)]).strip())


def _is_of(finding: Finding, rule: str) -> bool:
    from xsim.check import is_meant

    return is_meant(finding.code, finding.rule, rule)


def _refuse_unknown(given: str) -> None:
    from xsim.check import refuse_unmeant

    refuse_unmeant([given])


def _lines(findings: Collection[Finding]) -> Iterator[str]:
    for finding in findings:
        where = f" ({finding.place.path}:{finding.place.line})" if finding.place else ""
        yield f"{finding.code} {finding.message}{where}"


def _first_lines(report: Report) -> list[str]:
    """What failed, for where there is room for a line: its findings, or what is not as the scenario expects."""
    from xsim.model import Severity

    loud = [each for each in report.findings if not each.accepted and each.severity is not Severity.NOTE]
    told = report.expected.differences if report.expected else tuple(_lines(loud))
    return [*told] or [f"{report.verdict.value}: {report.reason}"]


def _page(report: Report) -> str:
    from xsim.report import render

    return render(report, "text")


# --- scenario files as tests --------------------------------------------------------------------------------


class ScenarioFile(pytest.File):
    """A scenario file; it is one test."""

    def collect(self) -> Iterator[ScenarioTest]:
        yield ScenarioTest.from_parent(self, name="scenario")


class ScenarioTest(pytest.Item):
    """A scenario's run. It passes where `xsim run` would leave with 0."""

    def runtest(self) -> None:
        from tempfile import TemporaryDirectory

        from xsim.load import integration_for
        from xsim.model import Verdict

        target = integration_for(self.path)
        with TemporaryDirectory(prefix="xsim-") as state:
            scenario = None if target == self.path else self.path
            report = _run(target, {"scenario": scenario, "state": Path(state), **_process_options(self.config)})
            if report.verdict is not Verdict.PASSED:
                raise ScenarioFailedError("\n".join([*_first_lines(report), "", _page(report)]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from xsim.errors import XsimError

        error = excinfo.value
        if isinstance(error, ScenarioFailedError):
            return str(error)
        if isinstance(error, XsimError):
            return "\n".join([f"Error: {error.message}", *([f"  {error.hint}"] if error.hint else [])])
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"xsim: {self.path.parent.name}/{self.path.name}"


class ScenarioFailedError(Exception):
    """The run of a scenario did not pass; the message is its report."""
