"""The records that flow from stage to stage: load -> simulate -> record -> check -> report.

All are frozen. Times are aware UTC datetimes, spans are timedeltas; text appears only at the edges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from xsim.integration import Integration, Parameters
from xsim.world import Endpoint, Event, Fault, Hatch, JsonValue, Listing, Login, Quota


class Outcome(Enum):
    """How one fetch ended, as the platform would see it."""

    OK = "ok"
    FAILED = "failed"  # the script raised
    REFUSED = "refused"  # the platform cannot decode what it got
    TIMED_OUT = "timed out"  # over the command's time limit
    UNSUPPORTED = "unsupported"  # it needs something that xsim does not simulate


class Severity(Enum):
    """SARIF's levels: error loses or corrupts data, warning will under load or time, note never fails a run."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Verdict(Enum):
    """What a run, or a rule, says of the integration."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


# --- scenario -----------------------------------------------------------------------------------------------


LEAST_MEMORY = 64 * 1024**2
"""Bytes without which no script starts."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Platform behaviour that no source settles (server-semantics 12), with the default that xsim takes."""

    on_malformed: str = "refuse"
    """"refuse" the whole batch for one incident that cannot be decoded, or "accept" the rest."""
    without_incidents_call: str = "empty"
    """A fetch that never calls demisto.incidents() counts as an "empty" list, or "fail"s."""
    several_incidents_calls: str = "add"
    """Several calls are "add"ed up, or the "first" or "last" one counts."""
    command_timeout: timedelta = timedelta(minutes=5)
    """The command's time limit, in simulated time (server-semantics 3)."""
    hang_limit: timedelta = timedelta(seconds=10)
    """Real time after which a cycle counts as hanging."""
    latency: timedelta = timedelta(milliseconds=200)
    """Simulated time that the vendor takes to answer."""
    memory: int = 2 * 1024**3
    """Bytes that the script may take beyond what xsim itself takes, where the system can hold it to them."""
    keep_answers: bool = False
    """Record the beginning of every answer, for a reader of the report."""
    script_seed: int | None = None
    """What the script's own chance comes from; None: the scenario's seed."""
    renews_common_server: bool = False
    """Execute CommonServerPython anew in each command, as the server does; else it is loaded once a process."""


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """What a scenario says about its judgement. The rules' names are the check stage's to know."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    """Rule and the severity that its findings get instead of their own."""
    fail_on: Severity | None = None
    strict: bool | None = None
    requests_per_cycle: int | None = None
    """What the vendor allows in one fetch; None: nothing is stated."""
    accepted: Mapping[str, str] = field(default_factory=dict)
    """Fingerprints of findings that a baseline accepts, each with the finding's rule."""


@dataclass(frozen=True, slots=True)
class ExpectedFinding:
    """A finding that a scenario expects; what it does not name may be anything."""

    rule: str = ""
    """A rule's code, the beginning of codes, a name or the beginning of one; "" where `kind` says it."""
    kind: str = ""
    """Instead of it, in plain words: "duplicate", "missed", "malformed", "last-run", "fetch-error"."""
    event: str = ""
    cycle: int = 0
    """One of the cycles that the finding names; 0: any."""
    cause: str = ""
    field: str = ""
    """A field that its message or its evidence names."""
    line: int = 0
    """Where it stands in the scenario's file; 0: not known."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a scenario says that its run comes to."""

    verdict: Verdict | None = None
    delivered: int | None = None
    must: tuple[ExpectedFinding, ...] = ()
    may: tuple[ExpectedFinding, ...] = ()
    verdict_line: int = 0
    delivered_line: int = 0
    """Where the two stand in the scenario's file; 0: not known."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """All that we choose about the world. One seed; nothing else is left to chance."""

    starts: datetime
    interval: timedelta = timedelta(minutes=1)
    cycles: int = 10
    seed: int = 1
    name: str = ""
    instance: str = "instance_1"
    parameters: Parameters = field(default_factory=lambda: Parameters({}))
    identity: tuple[str, ...] = ()
    """Dotted paths in rawJSON that together name an event; empty: detected."""
    first_cycle: int = 1
    """Number of the first cycle: above 1 where the run goes on from a stored one."""
    last_run: JsonValue = field(default_factory=dict)
    context: JsonValue = field(default_factory=dict)
    delivered: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Identities delivered by the runs that this one goes on from: cycle, and digest of the rawJSON."""
    settings: Settings = field(default_factory=Settings)
    path: Path | None = None
    """The scenario file; None: there is none."""
    events: Sequence[Event] = ()
    """In order of `visible`, then of the file."""
    endpoints: tuple[Endpoint, ...] = ()
    hatch: Hatch | None = None
    time_field: str = ""
    """Dotted path of the event's own time in its record."""
    part: tuple[str, ...] = ()
    """Dotted paths in rawJSON that tell several incidents of one event apart."""
    pauses: tuple[tuple[int, timedelta], ...] = ()
    """Behind cycle n, the span to the next tick instead of the interval."""
    skipped: tuple[int, ...] = ()
    """Cycles that the platform leaves out: their number is used up, nothing runs."""
    drain: int = 60
    """At most so many extra cycles while a wanted event is outstanding; 0: none."""
    drain_interval: timedelta | None = None
    """Time between them; None: the interval."""
    check: CheckSettings = field(default_factory=CheckSettings)
    """How its author wants it judged; what the command line says goes before it."""
    faults: tuple[Fault, ...] = ()
    logins: tuple[Login, ...] = ()
    quotas: tuple[Quota, ...] = ()
    other_identities: tuple[tuple[str, ...], ...] = ()
    """As `identity`, of lists whose records are named by other fields; a record is named by the first that it has."""
    vendor_state: JsonValue = None
    """What the vendor remembers at the start, where the run goes on from a stored one."""
    expect: Expectation | None = None
    """None: its author says nothing, and the run is judged by itself."""
    struck: Mapping[str, int] = field(default_factory=dict)
    """How often faults, by their names, have struck in the runs that this one goes on from."""
    drafted: bool = False
    """Made by `xsim init`, and nobody has looked at what it guesses of the vendor: what rests on that is no proof."""

    def next_start(self, number: int, started: datetime, ended: datetime) -> datetime:
        """When the cycle behind this one begins: an overrun skips the ticks that it covers (server-semantics 3)."""
        following = started + dict(self.pauses).get(number, self.interval)
        missed = max(0, -((following - ended) // self.interval))
        return following + missed * self.interval

    @property
    def has_vendor(self) -> bool:
        """Whether somebody answers the script's calls."""
        return bool(self.endpoints) or self.hatch is not None


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario file, read and checked. `scenario` has no parameters and no instance yet."""

    path: Path
    scenario: Scenario
    integration: Path | None = None
    """The file or folder that it names, from the working folder; None: it names none."""
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    """As they stand in the file; `env:NAME` and `file:PATH` are not looked up."""
    secrets: tuple[str, ...] = ()
    """Texts among them that must never be shown."""
    check: CheckSettings = field(default_factory=CheckSettings)
    expect: Mapping[str, JsonValue] = field(default_factory=dict)
    stated: tuple[str, ...] = ()
    """Which of starts, interval, cycles and seed the file (or who loaded it) states, and which of hang_limit and memory
    the file does; the others are defaults."""


# --- simulate -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """What the script sent. `headers` keep their order and repetitions."""

    method: str
    url: str
    """scheme://host[:port]/path?query"""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """What the vendor answers."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    listing: Listing | None = None
    """What of the vendor's events the answer shows, where the vendor knows."""
    login: str = ""
    """What the vendor made of the caller: "granted" a token, or refused a request as "missing" or "expired"."""
    fault: str = ""
    """Name of the scenario's fault that struck."""
    breaks: str = ""
    """How the exchange ends before the whole answer is there: "timeout", "refused", "reset" or "cut"."""
    delay: timedelta = timedelta(0)
    """How much later than usual the answer comes."""


Vendor = Callable[[Request, datetime], "Response | None"]
"""The product's API: from request and time to answer. None: no endpoint answers this request."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One round trip to the vendor, as it is kept: the answer by its digest."""

    at: datetime
    method: str
    url: str
    request_body: str = ""
    """At most 2,000 characters of it."""
    status: int | None = None
    """None: nobody answered."""
    size: int = 0
    digest: str = ""
    line: int | None = None
    listing: Listing | None = None
    answer: str = ""
    """The beginning of an answer that says what went wrong: status 400 and above, or a fault."""
    login: str = ""
    """As of the Response."""
    fault: str = ""
    """Name of the scenario's fault that struck; with it `status` is None where no answer came."""
    retry_after: str = ""
    """The answer's Retry-After header."""
    waited: timedelta = timedelta(0)
    """How long the script waited for it, the vendor's usual latency included."""
    body: str = ""
    """The answer's first 2,048 characters, where `Settings.keep_answers` asks for them."""


@dataclass(frozen=True, slots=True)
class HostCall:
    """One call on `demisto` that matters to a fetch. `arguments` is JSON text, cut at 2,000 characters."""

    at: datetime
    name: str
    arguments: str = ""
    line: int | None = None
    error: str | None = None
    """What the call raised inside the script, as "TypeError: ..."."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the cycle's log: level is "debug", "info", "error", "print", "stdout" or "stderr"."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a cycle did not end OK. `frames` are the script's own, outermost first, as "line 12, in main: code"."""

    kind: str
    """The exception's type, or "refused", "time limit", "hang", "died", "memory", "killed", "unsupported"."""
    message: str
    frames: tuple[str, ...] = ()
    line: int | None = None
    function: str | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that the server cannot decode in what it was handed (server-semantics 2.3).

    `index` is the incident's place in the batch (all calls of the cycle counted on), None for the batch as a whole.
    """

    index: int | None
    field: str
    message: str
    """The server's kind of message."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One fetch with all that we recorded of it."""

    number: int
    started: datetime
    ended: datetime
    outcome: Outcome
    failure: Failure | None = None
    last_run_before: JsonValue = field(default_factory=dict)
    last_run_after: JsonValue = field(default_factory=dict)
    context_before: JsonValue = field(default_factory=dict)
    context_after: JsonValue = field(default_factory=dict)
    incidents: tuple[str, ...] = ()
    """The text of each demisto.incidents() call, a JSON array where the script is right; also of failed cycles."""
    refusals: tuple[Refusal, ...] = ()
    files: tuple[str, ...] = ()
    """Names of the files in the working folder when the command ended."""
    exchanges: tuple[Exchange, ...] = ()
    host_calls: tuple[HostCall, ...] = ()
    results: tuple[JsonValue, ...] = ()
    """Entries handed to demisto.results(), other than incidents."""
    log: tuple[LogLine, ...] = ()
    vendor_state: JsonValue = None
    """What the vendor remembers behind it, where it remembers anything."""

    @property
    def strikes(self) -> tuple[str, ...]:
        """Names of the scenario's faults that struck in it, each as often as it did."""
        killed = (self.failure.hint,) if self.failure is not None and self.failure.kind == "killed" else ()
        return (*(each.fault for each in self.exchanges if each.fault), *killed)


@dataclass(frozen=True, slots=True)
class Probe:
    """One fetch on a copy of the state, for rules to read; nothing of it is stored.

    kind "ageing": the clock far ahead of cycle `from_cycle`, no new events. "fresh": the first cycle once more, from an
    empty last run, where the scenario starts from another one. "wanted": from an empty last run, or from
    what a fetch before the event left behind, the vendor holds only `event`; the last one of an event counts.
    "control": as the first "wanted", the vendor holds nothing. "witness": as "wanted", of an event that was delivered.
    "state": from the state stored after `from_cycle`, the vendor holds only `event`, and a vendor function remembers
    nothing. "remembering": as the last "state" one, and it remembers all. "drain": an extra cycle behind the schedule,
    no new events. "cold": cycle `from_cycle` once more from what was stored before it, in a process in which nothing
    ran before; a second one draws other chance. "reused": the same cycle in another process, behind some of the cycles
    before it, CommonServerPython anew in each.
    """

    kind: str
    from_cycle: int
    at: datetime
    outcome: Outcome
    last_run_after: JsonValue = None
    failure: Failure | None = None
    event: str = ""
    incidents: tuple[str, ...] = ()
    """What the fetch handed over, as in a Cycle."""
    requests: int | None = None
    """How many requests it sent: a fetch that did not ask shows nothing of an event. None: not recorded."""
    context_after: JsonValue = None
    """Like what is below, only recorded where a cycle is run once more."""
    ended: datetime | None = None
    exchanges: tuple[Exchange, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftedCall:
    """A call that the script makes while its scenario is drafted, and what it was answered with."""

    cycle: int
    request: Request
    path: str
    """The URL's path, parts that are ids or times in braces: "/alerts/{id}"."""
    answer: JsonValue
    kind: str
    """"sample": of the real API; "login": a made-up session; "guess": made up after what the script reads of it."""


# --- record -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Journal:
    """The history of one simulation. `cycles` and `probes` can be walked as often as needed."""

    integration: Integration
    scenario: Scenario
    cycles: Iterable[Cycle] = ()
    probes: Iterable[Probe] = ()
    complete: bool = True
    """False where the simulation was cut off before its end line."""
    command: str = ""
    """The command that repeats the run."""
    path: Path | None = None
    xsim_version: str = ""
