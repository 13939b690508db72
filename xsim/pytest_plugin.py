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

    `hang_limit` and `memory` may be texts, "30s" and "512MB". Each call starts over, in a state folder of its own below
    the test's `tmp_path`.
    """
    calls = iter(range(1_000_000))

    def run(path: str | Path, scenario: str | Path | None = None, **options: Any) -> Checked:
        from xsim import api

        options.setdefault("state", tmp_path / f"xsim-{next(calls)}")
        options.setdefault("fresh", True)
        if scenario is not None:
            options["scenario"] = Path(scenario)
        options = {**_process_options(pytestconfig), **options, **_limits(options)}
        # A process has one clock: where the test has frozen it, the run gets a process of its own.
        return Checked(_run_apart(path, options) if _is_frozen() else api.run(path, **options))

    return run


def _process_options(config: pytest.Config) -> dict[str, Any]:
    """Where scripts run, as pytest's configuration says."""
    cold, in_process = config.getini("xsim_cold"), config.getini("xsim_in_process")
    return {"cold": cold, "supervised": False if in_process else None}


def _limits(options: Mapping[str, Any]) -> dict[str, Any]:
    """The limits among the options that are texts, as what they stand for. Raises XsimError."""
    from xsim.errors import XsimError
    from xsim.load import duration_of, size_of

    found = {}
    readers: dict[str, Callable[[Any], Any]] = {"hang_limit": duration_of, "memory": size_of}
    for name, read in readers.items():
        if isinstance(options.get(name), str):
            found[name] = read(options[name])
            if found[name] is None:
                example = {"hang_limit": '"30s"', "memory": '"512MB"'}[name]
                raise XsimError(f"{name}={options[name]!r}: expected a number with a unit, such as {example}")
    return found


def _is_frozen() -> bool:
    freezegun = sys.modules.get("freezegun.api")
    return bool(freezegun and freezegun.freeze_factories)


def _run_apart(path: str | Path, options: dict[str, Any]) -> Report:
    from xsim import api
    from xsim.suite import journal_of

    chosen = api.Options(**options)
    return api.check_journal(journal_of(path, chosen), chosen)


class Checked:
    """A report with assertions that can be read. Whatever the `Report` has is here as well: verdict, delivered, ..."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def __getattr__(self, name: str) -> Any:
        return getattr(self.report, name)

    def __repr__(self) -> str:
        return f"<{self.report.verdict.value}: {self.report.reason}>"

    def findings(self, rule: str = "") -> list[Finding]:
        """The findings that nobody accepted, all or those of a rule: its code, the beginning of it, or of its name.

        Those that the scenario expects are among them. Raises XsimError where no rule is called so: a misspelt one
        would never be found.
        """
        _refuse_unknown(rule)
        return [each for each in self.report.findings if (not each.accepted or each.is_expected) and _is_of(each, rule)]

    def assert_clean(self, allow: Collection[str] = ()) -> None:
        """Fails the test where there is an error or a warning, or where the run says nothing, with the whole report.

        Where the scenario says what it expects, a run that comes to that is clean, and any other is not. `allow` names
        rules whose findings do no harm here, by code or by name. Raises XsimError for one that is none.
        """
        __tracebackhide__ = True
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

        from xsim import api
        from xsim.load import integration_for
        from xsim.model import Verdict

        target = integration_for(self.path)
        with TemporaryDirectory(prefix="xsim-") as state:
            scenario = None if target == self.path else self.path
            report = api.run(target, scenario=scenario, state=Path(state), **_process_options(self.config))
            if report.verdict is not Verdict.PASSED:
                raise ScenarioFailedError(_page(report))

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
