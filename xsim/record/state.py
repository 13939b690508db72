"""The state folder of an instance: the last run as a person can edit it, the integration context, the journal."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from xsim.errors import InvalidState
from xsim.integration import Integration
from xsim.model import Cycle, Journal, Outcome, Scenario
from xsim.record.journal import read_journal, refuse_foreign
from xsim.secrets import MASKED, masker
from xsim.world import JsonValue

FOLDER = ".xsim"
FORMAT = 1
SECONDS_BETWEEN_SAVES = 1.0
SECONDS_TO_LET_GO = 2.0
"""What the script's process gets to follow an xsim that was killed: till then it holds the state too."""
# The clock of the process is simulated while cycles are recorded; held in a tuple, the real one stays real.
_REAL = (time.monotonic, time.sleep)


def state_folder(integration: Integration, instance: str, *, root: Path | None = None) -> Path:
    """Where an instance's state lives: `.xsim/<slug>_<instance>/` beside the script, or below `root`."""
    slug = re.sub(r"[^a-z0-9]+", "_", integration.name.lower()).strip("_") or "integration"
    return (root or integration.path.parent / FOLDER) / f"{slug}_{instance}"


class State:
    """One instance's state on disk. It first catches up with a journal whose run was killed.

    `starts_over`: what the journal there holds does not matter, as it is replaced; it must be xsim's all the same.
    """

    def __init__(self, folder: Path, *, starts_over: bool = False) -> None:
        self.folder = folder
        self._starts_over = starts_over
        self._last_run_path = folder / "last_run.json"
        self._context_path = folder / "integration_context.json"
        self._own_path = folder / "state.json"
        self.journal_path = folder / "journal.jsonl"
        self._lock: Any = None
        self._saved_at = 0.0
        self._unsaved: Cycle | None = None
        self._journal: tuple[Any, Journal] | None = None
        """As it was read last, with what tells whether the file is still the same."""
        self._mask: Callable[[str], str] | None = None

    # --- reading ---

    def open(self) -> State:
        """Make the folder, hold it against a second xsim, and catch up. Raises InvalidState with the place."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._ignore_in_git()
            self._take_lock()
        except OSError as error:
            raise InvalidState(
                f"{self.folder}: the state folder cannot be written ({error.strerror})",
                hint="give a folder of your own with --state DIR",
            ) from error
        try:
            self._catch_up()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> State:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def exists(self) -> bool:
        """Whether an earlier run left a journal here."""
        return self.journal_path.exists()

    def journal(self) -> Journal:
        """The stored one; its beginning, which may tell of a million events, is read once."""
        status = self.journal_path.stat() if self.exists() else None
        now = (status.st_ino, status.st_size, status.st_mtime_ns) if status is not None else None
        if self._journal is None or self._journal[0] != now:
            self._journal = now, read_journal(self.journal_path)
        return self._journal[1]

    @property
    def last_run(self) -> JsonValue:
        return _read_json(self._last_run_path, default={})

    @property
    def last_run_shown(self) -> JsonValue:
        """The stored last run for people to see: as the journal tells it, where that hides a secret in it."""
        stored, own = self.last_run, self._own()
        if not self.exists() or _digest(stored) != own["last_run"]:
            return stored
        last = _last_of(self.journal())
        is_same = last is not None and last.number == own["applied"] and _is_masked(last.last_run_after)
        return last.last_run_after if last is not None and is_same else stored

    @property
    def context(self) -> JsonValue:
        return _read_json(self._context_path, default={})

    @property
    def vendor_state(self) -> JsonValue:
        """What the vendor remembered behind the last cycle of the journal that counts; None: nothing."""
        if not self.exists():
            return None
        journal = self.journal()
        state = journal.scenario.vendor_state
        for cycle in journal.cycles:
            if cycle.outcome is Outcome.UNSUPPORTED:
                break  # It is tried again, from what was there before it.
            state = cycle.vendor_state
        return state

    # --- writing ---

    def begin(self, scenario: Scenario) -> None:
        """A run starts: its journal has just taken the old one's place, or is about to."""
        self._journal = None
        self._mask = masker(scenario.parameters.secrets) if scenario.parameters.secrets else None
        own = _own(scenario.last_run, scenario.context, applied=scenario.first_cycle - 1)
        # First, unlike behind a cycle: whoever is killed before the new journal is there leaves the old run's state,
        # which the next command takes from the old journal. Files without this one would pass for a person's edit.
        _write_json(self._own_path, own)
        self._save(scenario.last_run, scenario.context, applied=scenario.first_cycle - 1)
        self._saved_at = _REAL[0]()

    def follow(self, cycle: Cycle) -> None:
        """A cycle is committed: bring the files up to date once a second, at once where the journal hides something."""
        self._unsaved = cycle
        if _REAL[0]() - self._saved_at >= SECONDS_BETWEEN_SAVES or self._is_hidden_in_journal(cycle):
            self.catch_up_now()

    def catch_up_now(self) -> None:
        """Bring the files up to date with the last committed cycle."""
        if self._unsaved is not None:
            cycle, self._unsaved = self._unsaved, None
            self._save(cycle.last_run_after, cycle.context_after, applied=cycle.number)
            self._saved_at = _REAL[0]()

    def set_last_run(self, value: JsonValue) -> None:
        self._save(value, self.context, applied=self._own()["applied"])

    def set_context(self, value: JsonValue) -> None:
        self._save(self.last_run, value, applied=self._own()["applied"])

    # --- inside ---

    def _catch_up(self) -> None:
        """Apply what a killed run had committed to its journal, unless a person edited the last run since."""
        own = self._own()
        last_run, context = self.last_run, self.context
        if not self.exists():
            return
        if self._starts_over:
            refuse_foreign(self.journal_path)
            return
        last = _last_of(self.journal())
        if last is None or last.number <= own["applied"]:
            return
        if _digest(last_run) == own["last_run"] and not _is_masked(last.last_run_after):
            last_run = last.last_run_after
        if _digest(context) == own["context"] and not _is_masked(last.context_after):
            context = last.context_after
        self._save(last_run, context, applied=last.number)

    def _is_hidden_in_journal(self, cycle: Cycle) -> bool:
        if self._mask is None:
            return False
        text = json.dumps([cycle.last_run_after, cycle.context_after])
        return self._mask(text) != text

    def _own(self) -> dict[str, Any]:
        own = _read_json(
            self._own_path, default={"xsim": FORMAT, "applied": 0, "last_run": _digest({}), "context": _digest({})}
        )
        if not isinstance(own, dict) or not isinstance(own.get("xsim"), int):
            raise InvalidState(f"{self._own_path}: not a state file of xsim", hint="it is left as it is; move it away")
        if own["xsim"] > FORMAT:
            raise InvalidState(f"{self._own_path}: written by a newer xsim", hint="install the newer xsim")
        if not all(key in own for key in ("applied", "last_run", "context")):
            raise InvalidState(f"{self._own_path}: the state file is damaged", hint="it is left as it is; move it away")
        return own

    def _save(self, last_run: JsonValue, context: JsonValue, *, applied: int) -> None:
        _write_json(self._last_run_path, last_run)
        _write_json(self._context_path, context)
        _write_json(self._own_path, _own(last_run, context, applied=applied))

    def _ignore_in_git(self) -> None:
        ignore = self.folder.parent / ".gitignore"
        if self.folder.parent.name == FOLDER and not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")

    def _take_lock(self) -> None:
        path = self.folder / "lock"
        # Opened without truncation: the text in it names the holder.
        self._lock = open(path, "a+", encoding="utf-8")  # noqa: SIM115
        try:
            import fcntl
        except ImportError:  # Windows: the open file is lock enough for now.
            return
        until = _REAL[0]() + SECONDS_TO_LET_GO
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                self._lock.seek(0)
                holder = self._lock.read().strip() or "unknown"
                if not _is_gone(holder) or _REAL[0]() >= until:
                    self.close()
                    raise InvalidState(
                        f"{self.folder}: in use by another xsim (process {holder})",
                        hint="wait for it, or give this run a state of its own with --instance NAME or --state DIR",
                    ) from error
            _REAL[1](0.01)
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()


def _own(last_run: JsonValue, context: JsonValue, *, applied: int) -> dict[str, Any]:
    """What tells, later, up to which cycle the files beside it are, and whether a person edited them."""
    return {"xsim": FORMAT, "applied": applied, "last_run": _digest(last_run), "context": _digest(context)}


def next_tick(journal: Journal) -> tuple[int, datetime]:
    """Number and time of the cycle that a run going on from this journal begins with.

    A cycle that xsim could not simulate does not count: it is tried again.
    """
    scenario = journal.scenario
    number, moment = scenario.first_cycle, scenario.starts
    for cycle in journal.cycles:
        if cycle.outcome is Outcome.UNSUPPORTED:
            return cycle.number, cycle.started
        number, moment = cycle.number + 1, scenario.next_start(cycle.number, cycle.started, cycle.ended)
    return number, moment


def _last_of(journal: Journal) -> Cycle | None:
    last: Cycle | None = None
    for cycle in journal.cycles:
        last = cycle
    return last


def _is_masked(value: JsonValue) -> bool:
    """Whether the journal holds something else than what was stored: the file, a cycle older at most, is the better."""
    return MASKED in json.dumps(value)


def _read_json(path: Path, *, default: JsonValue) -> JsonValue:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default
    except json.JSONDecodeError as error:
        raise InvalidState(
            f"{path}:{error.lineno}:{error.colno}: not valid JSON ({error.msg})",
            hint="it is left as it is; mend it or move it away",
        ) from error
    except (OSError, ValueError, RecursionError) as error:  # A number of thousands of digits is a ValueError.
        raise InvalidState(
            f"{path}: cannot be read ({error})", hint="it is left as it is; mend it or move it away"
        ) from error


def _write_json(path: Path, value: JsonValue) -> None:
    """Written aside and moved into place, so that the file is whole at any moment."""
    aside = path.with_name(path.name + ".new")
    try:
        # A last run or context may hold what the journal hides: the file is its owner's alone.
        with open(aside, "w", encoding="utf-8", newline="\n", opener=_open_as_own) as file:
            file.write(json.dumps(value, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        raise InvalidState(
            f"{path}: cannot be written ({error.strerror})", hint="give another folder with --state DIR"
        ) from error


def _open_as_own(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_gone(process: str) -> bool:
    """Whether there is no process of that number any more."""
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return process.isdigit()
    except OSError:  # It is another user's.
        return False
    return False


def _digest(value: JsonValue) -> str:
    return hashlib.blake2b(json.dumps(value).encode(), digest_size=16).hexdigest()
