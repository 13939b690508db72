"""Simulated time: the one owner of now, and the only module that knows freezegun.

Between two moments a script's `datetime` goes on by a microsecond each time it is read, as no real clock says the same
twice; what the simulation itself does stays at the moment.

freezegun freezes `time`, `datetime` and `uuid`. What it leaves open is closed here, because a script must not be able
to tell: `sleep` moves the clock, values are plain `datetime`s, asyncio's timers are simulated, and worker threads,
names bound early and modules of any name see the same time. Waits on real threads and sockets keep the real clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import copyreg
import datetime as datetime_module
import math
import operator
import os
import sys
import threading
import time as time_module
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date as real_date
from datetime import datetime as real_datetime
from datetime import timedelta, timezone, tzinfo
from typing import Any

import freezegun

from xsim.events import EPOCH, MICROSECOND, microseconds
from xsim.simulate.rebinding import is_waiting, rebind
from xsim.simulate.threads import Threads, lending, stamping

_TIME_NAMES = (
    *("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "gmtime", "localtime"),
    *("ctime", "asctime", "strftime", "clock_gettime", "clock_gettime_ns", "sleep"),
)
_REAL = {name: getattr(time_module, name) for name in _TIME_NAMES if hasattr(time_module, name)}

# Where other threads may be at work a sleeper first lets them run, so that sleeps that overlap do so here too.
_THREADS_TURN = 0.001
# A job in an executor is known to end: its loop waits for it as long as a real one would, up to this bound.
_EXECUTOR_PATIENCE = 5.0
# From epoch seconds to microseconds a float is exact to a quarter of a microsecond; asyncio assumes a nanosecond.
_LOOP_RESOLUTION = 1e-6


class TimeLimitReached(BaseException):
    """The command's simulated time limit passed while the script slept or waited.

    A BaseException, as scripts catch every Exception.
    """


class Clock:
    """Simulated time, UTC. It moves only when told to, so two runs of a scenario agree.

    `deadline`: the moment that no sleep, `advance` or asyncio timer passes; they move to it and raise TimeLimitReached.
    `patience`: how long, in real seconds, an asyncio loop with open sockets or with threads beside it waits for them
    before simulated time jumps to its next timer. Raise it where a script talks to a real network.
    """

    def __init__(self, starts: real_datetime) -> None:
        if starts.utcoffset() is None:
            raise ValueError(f"the clock starts at a time with a zone, not at {starts.isoformat()}")
        self.deadline: real_datetime | None = None
        self.patience = 0.05
        self.now = starts.astimezone(timezone.utc)
        """The simulated moment: a plain aware datetime in UTC. To be read alone; `move_to` moves it."""
        self._read = EPOCH
        """What a script's `datetime` said last."""
        self._freezer: Any = None
        self._undo = ExitStack()
        self._lock = threading.Lock()
        self._threads_before = 1
        self._threads = Threads()
        self._jobs: set[asyncio.Future[Any]] = set()
        self._pools: Any = None

    def start(self) -> None:
        """Freeze this process: one clock at a time, once a run. Threads started before are taken for xsim's own."""
        if _running or freezegun.api.freeze_factories:
            raise RuntimeError("time is frozen already; a process has one clock at a time")
        try:
            self._freeze()
        except BaseException:
            self.stop()
            raise

    def move_to(self, moment: real_datetime) -> None:
        """Go to a moment, forwards or back. `deadline` does not hold it: it is xsim that moves, not the script."""
        if moment.tzinfo is not timezone.utc:
            moment = moment.astimezone(timezone.utc)
        if moment < self.now:
            self._read = EPOCH
        self.now = moment
        if self._freezer is not None:
            # As its own move_to, which looks at all that a moment may be given as.
            self._freezer.time_to_freeze = moment.replace(tzinfo=None)
        self._threads.wake(moment)

    def read(self) -> real_datetime:
        """The moment as a script's `datetime` reads it: later than the time before, by a microsecond at least.

        Scripts begin with a token that ends "now", and ask at once whether it has ended.
        """
        self._read = max(self.now, self._read + MICROSECOND)
        return self._read

    def begin_command(self, moment: real_datetime, deadline: real_datetime) -> None:
        """A command begins. Threads of earlier ones take no time of it."""
        for stand_in in (Datetime, Date) if self._freezer is not None else ():
            # A script may have taken it away. Another class in its place stays, as in a container that is used again.
            if not isinstance(getattr(datetime_module, stand_in.__name__, None), type):
                setattr(datetime_module, stand_in.__name__, stand_in)
        self.deadline = None
        self._read = EPOCH
        self._threads.begin()
        self.move_to(moment)
        self.deadline = deadline

    def end_command(self) -> None:
        """It is over; so are its threads, as far as its time is concerned."""
        self._threads.end()
        if (pools := sys.modules.get("concurrent.futures.thread")) is not None and self._pools is None:
            self._pools = pools
            self._replace(pools.ThreadPoolExecutor, "submit", lending(pools.ThreadPoolExecutor.submit, self._threads))

    def advance(self, span: timedelta) -> None:
        """Let time pass that the script waits for; at `deadline` raise TimeLimitReached."""
        self._reach(self.now + span)

    def sleep(self, seconds: float) -> None:
        """What `time.sleep` becomes: the clock moves by so many seconds, and no real time passes."""
        target = self.now + _span_slept(seconds)
        if threading.active_count() > self._threads_before:
            _REAL["sleep"](min(float(seconds), _THREADS_TURN))
        self._reach(target)

    def stop(self) -> None:
        """Thaw the process and undo every change to it. Safe to call twice, and after a failed start."""
        self._undo.close()

    def real_monotonic(self) -> float:
        """Real seconds, for xsim's own time-outs."""
        seconds: float = _REAL["monotonic"]()
        return seconds

    def _reach(self, target: real_datetime, is_disturbed: Callable[[], object] = lambda: False) -> None:
        """Let time pass up to there: as far as it is the running command's, by moving the clock."""
        while self._threads.is_left() and self.now < target:
            if self._threads.park(target, lambda: self.now, lambda: self._freezer is None or is_disturbed()):
                break
            if self._freezer is None:
                raise SystemExit  # The simulation is over, and this thread with it.
            if is_disturbed():
                return
        self._move_on(target)

    def _move_on(self, target: real_datetime) -> None:
        with self._lock:
            if self.deadline is not None and target > self.deadline:
                self.move_to(max(self.now, self.deadline))
                raise TimeLimitReached(f"the time limit passed at {self.deadline.isoformat()}")
            if target > self.now:
                self.move_to(target)

    def _freeze(self) -> None:
        global _running
        undo = self._undo
        self._threads_before = threading.active_count()
        undo.callback(_set_zone, os.environ.get("TZ"))
        # The server runs in UTC. Set first, so that naive local times agree with it.
        _set_zone("UTC")
        # The empty prefix makes freezegun leave all modules alone: its walk reads every attribute of each (35 ms, and
        # it wakes lazy modules) and misses default arguments and namespaces outside sys.modules. `rebind` does that.
        freezer = freezegun.freeze_time(self.now, ignore=[""])
        self._freezer = freezer.start()
        undo.callback(_thaw, self, freezer)
        for name, simulated in _SIMULATED.items():
            undo.callback(setattr, time_module, name, _REAL[name])
            setattr(time_module, name, simulated)
        datetime_module.datetime = Datetime  # type: ignore[misc]
        datetime_module.date = Date  # type: ignore[misc]
        # Pickle looks a class up by name and would not find the real one there; freezegun's stop drops both entries.
        copyreg.dispatch_table[real_datetime] = _reduced
        copyreg.dispatch_table[real_date] = _reduced
        undo.callback(rebind, {simulated: real for real, simulated in _stand_ins()}, spare_waiting=False)
        rebind(dict(_stand_ins()), spare_waiting=True)
        self._replace(asyncio.BaseEventLoop, "_run_once", _run_once)
        self._replace(asyncio.BaseEventLoop, "run_in_executor", _run_in_executor)
        self._replace(threading.Thread, "start", stamping(threading.Thread.start, self._threads))
        _running = self

    def _replace(self, owner: Any, name: str, replacement: Any) -> None:
        self._undo.callback(setattr, owner, name, getattr(owner, name))
        setattr(owner, name, replacement)

    def _pass_idle_time(self, loop: Any) -> None:
        """Before a loop would wait for its next timer: let what is outstanding come first, then jump to the timer."""
        if loop._ready or loop._stopping:
            return
        due = min((timer._when for timer in loop._scheduled if not timer._cancelled), default=None)
        span = math.inf if due is None else due - loop.time()
        patience, is_alone = self._patience_with(loop)
        if span < _LOOP_RESOLUTION or loop._selector.select(min(span, patience)):
            return
        if due is not None:
            # The loop must not round what is left up to a millisecond of real waiting.
            loop.call_soon(_nothing)
            self._reach(self.now + timedelta(microseconds=round(span * 1e6)), lambda: loop._selector.select(0))
        elif is_alone and self.deadline is not None:
            # Nothing can ever wake this loop: a real one would wait until the server ends the command.
            self._reach(max(self.now, self.deadline) + MICROSECOND)

    def _patience_with(self, loop: Any) -> tuple[float, bool]:
        """How many real seconds to wait for others, and whether there are none."""
        # One selector key is the loop's own: the pipe through which threads wake it.
        has_company = len(loop._selector.get_map()) > 1 or threading.active_count() > self._threads_before
        if loop._executor_shutdown_called or any(job.get_loop() is loop for job in list(self._jobs)):
            return _EXECUTOR_PATIENCE, False
        return (self.patience, False) if has_company else (0.0, True)


# A frozen process is one frozen process: the functions that stand in for the real ones have to find their clock, also
# where a library keeps one of them for good. Without a clock they are the real ones.
_running: Clock | None = None


def _set_zone(name: str | None) -> None:
    if name is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = name
    if hasattr(time_module, "tzset"):
        time_module.tzset()


def _thaw(clock: Clock, freezer: Any) -> None:
    global _running
    _running = None
    clock._freezer = clock._pools = None
    clock._jobs.clear()
    clock._threads.wake(None)
    freezer.stop()
    # freezegun puts back Python 2's time.clock as None, for which old code asks with hasattr.
    with contextlib.suppress(AttributeError):
        del time_module.clock  # type: ignore[attr-defined]


def _span_slept(seconds: float) -> timedelta:
    """Refuse what time.sleep refuses, in its words."""
    number = seconds if isinstance(seconds, float) else operator.index(seconds)
    if number != number:
        raise ValueError("Invalid value NaN (not a number)")
    if number < 0:
        raise ValueError("sleep length must be non-negative")
    try:
        span = timedelta(seconds=number)
        EPOCH + 2 * span
    except OverflowError:
        raise OverflowError("timestamp out of range for platform time_t") from None
    # A sleep below the clock's resolution still ends a loop that counts on time to pass.
    return max(span, MICROSECOND) if number else span


def _seconds(clock: Clock) -> float:
    return max(clock.now, clock._read).timestamp()


def _nanoseconds(clock: Clock) -> int:
    return microseconds(max(clock.now, clock._read)) * 1000


def _converted(name: str) -> Callable[..., Any]:
    """For gmtime and its like, which take now where no seconds are given."""
    convert = _REAL[name]
    return lambda clock, seconds=None: convert(_seconds(clock) if seconds is None else seconds)


def _asctime(clock: Clock, *moment: Any) -> Any:
    return _REAL["asctime"](*(moment or (_REAL["localtime"](_seconds(clock)),)))


def _strftime(clock: Clock, *arguments: Any) -> Any:
    if len(arguments) == 1:
        arguments = (*arguments, _REAL["localtime"](_seconds(clock)))
    return _REAL["strftime"](*arguments)


def _clock_read(name: str, read: Callable[[Clock], float]) -> Callable[..., Any]:
    # The clocks of processor time go on: what they measure is not time that a scenario has.
    clocks = ("CLOCK_REALTIME", "CLOCK_MONOTONIC", "CLOCK_MONOTONIC_RAW", "CLOCK_BOOTTIME", "CLOCK_TAI")
    simulated = {getattr(time_module, clock) for clock in clocks if hasattr(time_module, clock)}
    real = _REAL.get(name)
    return lambda clock, which: read(clock) if which in simulated else real(which)  # type: ignore[misc]


_CONVERSIONS = {"gmtime": 1, "localtime": 1, "ctime": 1, "asctime": 1, "strftime": 2}
"""How many arguments make them a mere conversion, which is the same at any time."""


def _unless_waiting(name: str, simulated: Callable[..., Any]) -> Callable[..., Any]:
    real = _REAL[name]
    frame_of = sys._getframe
    whole = _CONVERSIONS.get(name)

    def function(*arguments: Any) -> Any:
        # Told first: each datetime.strftime() comes through here.
        if len(arguments) == whole and arguments[-1] is not None:
            return real(*arguments)
        clock = _running
        if clock is None or is_waiting(frame_of(1).f_globals):
            return real(*arguments)
        return simulated(clock, *arguments)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "time"
    function.__doc__ = real.__doc__
    return function


_ANSWERS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("time", "monotonic", "perf_counter"), _seconds),
    **dict.fromkeys(("time_ns", "monotonic_ns", "perf_counter_ns"), _nanoseconds),
    **{name: _converted(name) for name in ("gmtime", "localtime", "ctime")},
    "asctime": _asctime,
    "strftime": _strftime,
    "clock_gettime": _clock_read("clock_gettime", _seconds),
    "clock_gettime_ns": _clock_read("clock_gettime_ns", _nanoseconds),
    "sleep": Clock.sleep,
}
_SIMULATED = {name: _unless_waiting(name, _ANSWERS[name]) for name in _REAL}


class _Plain(type):
    """Makes a stand-in equal to the class it stands for, in all but identity.

    `isinstance`, `type(x) == datetime` and look-ups by type, as yaml and singledispatch make them, then hold both ways.
    A script's own subclass is an ordinary class.
    """

    def __instancecheck__(cls, instance: Any) -> bool:
        return type.__instancecheck__(_stood_for(cls), instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return type.__subclasscheck__(_stood_for(cls), subclass)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is _stood_for(cls)

    def __hash__(cls) -> int:
        return type.__hash__(_stood_for(cls))


class Date(real_date, metaclass=_Plain):
    """What `datetime.date` is while time is frozen. Its instances are real dates."""

    def __new__(cls, *arguments: Any, **named: Any) -> Any:
        return real_date.__new__(_stood_for(cls), *arguments, **named)

    @classmethod
    def today(cls) -> Any:
        today = Datetime.now()
        return cls(today.year, today.month, today.day)


class Datetime(real_datetime, metaclass=_Plain):
    """What `datetime.datetime` is while time is frozen. Its instances are real datetimes."""

    def __new__(cls, *arguments: Any, **named: Any) -> Any:
        return real_datetime.__new__(real_datetime if cls is Datetime else cls, *arguments, **named)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        if tz is not None:
            return cls._of(_now().astimezone(tz))
        if time_module.timezone or time_module.daylight:  # The script has set a zone of its own.
            return cls._of(_now().astimezone().replace(tzinfo=None))
        return cls.utcnow()

    @classmethod
    def today(cls) -> Any:
        return cls.now()

    @classmethod
    def utcnow(cls) -> Any:
        return cls._of(_now().replace(tzinfo=None))

    @classmethod
    def _of(cls, moment: real_datetime) -> Any:
        return moment if cls is Datetime else cls.combine(moment, moment.timetz())


def _now() -> real_datetime:
    return real_datetime.now(timezone.utc) if _running is None else _running.read()


def _stood_for(cls: type) -> type:
    if cls is Datetime:
        return real_datetime
    return real_date if cls is Date else cls


for _stand_in, _name in ((Date, "date"), (Datetime, "datetime")):
    _stand_in.__name__ = _stand_in.__qualname__ = _name
    _stand_in.__module__ = "datetime"
    _stand_in.__doc__ = _stood_for(_stand_in).__doc__


def _stand_ins() -> list[tuple[Any, Any]]:
    return [(_REAL[name], simulated) for name, simulated in _SIMULATED.items()] + [
        (real_datetime, Datetime),
        (real_date, Date),
    ]


def _reduced(moment: Any) -> tuple[Any, ...]:
    # The class by the name that `datetime` has now: what is written names nothing of ours, and is read anywhere.
    return (Datetime if isinstance(moment, real_datetime) else Date, *moment.__reduce_ex__(4)[1:])


_real_run_once = asyncio.BaseEventLoop._run_once  # type: ignore[attr-defined]
_real_run_in_executor = asyncio.BaseEventLoop.run_in_executor


def _run_once(loop: Any) -> None:
    if _running is not None:
        loop._clock_resolution = _LOOP_RESOLUTION
        _running._pass_idle_time(loop)
    _real_run_once(loop)


def _run_in_executor(loop: Any, executor: Any, function: Callable[..., Any], *arguments: Any) -> Any:
    future = _real_run_in_executor(loop, executor, function, *arguments)
    if _running is not None:
        _running._jobs.add(future)
        future.add_done_callback(_running._jobs.discard)
    return future


def _nothing() -> None:
    """Keeps a loop from waiting."""
