"""The platform's side: the object that an integration knows as `demisto` (server-semantics 6)."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from xsim.errors import CallUnsupported
from xsim.model import HostCall
from xsim.simulate.decode import decode_batch, decode_text_entry
from xsim.simulate.recording import Command, Handover, Recording, calling_context
from xsim.world import JsonValue

ARGUMENTS_KEPT = 2_000
"""Characters of a call's arguments that the journal keeps."""

_NOTE, _ERROR = 1, 4


class Host:
    """`demisto`, one object for the whole run and made anew inside for each command, as on the server.

    Method names and parameters are the platform's. Both the mock's and the server's keyword names are taken.
    """

    is_debug = False

    def begin(
        self, command: Command, recording: Recording, now: Callable[[], datetime], line: Callable[[], int | None]
    ) -> None:
        """Forget the command before, whatever a script hung on this object, and serve the next one."""
        wrapper = self.__dict__.get("_params_wrapper", dict)
        object.__setattr__(self, "__class__", Host)
        self.__dict__.clear()
        self._params_wrapper = wrapper
        params = _copied(command.params)
        self._command = command
        self._recording = recording
        self._now = now
        self._line = line
        self.lock = threading.Lock()
        self.callingContext = calling_context(command, _wrapped(params, wrapper), now())

    def settle_params_wrapper(self) -> None:
        """CommonServerPython is loaded: the wrapper that it laid round params is laid round those to come, too."""
        self._params_wrapper = type(self.callingContext["params"])

    def enable_multithreading(self) -> None:
        """The server's newer class locks its channel from here on; here every call is one of this process."""

    # --- what the script was asked, and how ---

    def command(self) -> str:
        return self._command.name

    def params(self) -> Any:
        # The same mutable object each time: CommonServerPython replaces it (server-semantics 4.3).
        return self.callingContext["params"]

    def args(self) -> Any:
        return self.callingContext["args"]

    def getParam(self, param: str) -> Any:
        return self.get(self.params(), param)

    def getArg(self, arg: str, defaultParam: Any = None) -> Any:
        return self.get(self.args(), arg, defaultParam)

    def isFetch(self) -> bool:
        return self._command.name == "fetch-incidents"

    def integrationInstance(self) -> str:
        return self._command.instance

    def isTimeSensitive(self) -> bool:
        return False

    def context(self) -> Any:
        return self.callingContext["context"].get("ExecutionContext", {})

    def investigation(self) -> Any:
        return self.callingContext["context"]["Inv"]

    def parentEntry(self) -> Any:
        return self.callingContext["context"]["ParentEntry"]

    def get_incidents(self) -> Any:
        return self.callingContext["context"]["Incidents"]

    get_alerts = alerts = get_incidents

    def incident(self) -> Any:
        return (self.get_incidents() or [{}])[0]

    alert = incident

    # --- last run and integration context ---

    def getLastRun(self) -> Any:
        # A new copy each call, through JSON (server-semantics 1.1).
        self._note("getLastRun")
        return json.loads(self._recording.last_run)

    def setLastRun(self, value: Any = None, **named: Any) -> None:
        """Stores JSON: what cannot be written as JSON raises TypeError here, in the script (server-semantics 1.2)."""
        value = named.pop("obj", value)
        kill = self._recording.kill
        if kill is not None:
            kill.before_call("setLastRun", self._now(), self._line())
        text = self._written("setLastRun", value)
        self._recording.last_run = text
        if kill is not None:
            kill.after_call("setLastRun")

    def getIntegrationContext(self) -> Any:
        self._note("getIntegrationContext")
        return self._context()

    def setIntegrationContext(self, context: Any = None, **named: Any) -> None:
        self._set_context("setIntegrationContext", named.pop("value", context), version=-1, sync=False)

    def getIntegrationContextVersioned(self, refresh: bool = False) -> Any:
        self._note("getIntegrationContextVersioned")
        return {"context": self._context(), "version": self._recording.context_version}

    def setIntegrationContextVersioned(
        self, context: Any = None, version: int = -1, sync: bool = False, **named: Any
    ) -> None:
        self._set_context("setIntegrationContextVersioned", named.pop("value", context), version=version, sync=sync)

    def getLastMirrorRun(self) -> Any:
        return json.loads(self.__dict__.get("_last_mirror_run", "{}"))

    def setLastMirrorRun(self, obj: Any = None, **named: Any) -> None:
        self._last_mirror_run = self._written("setLastMirrorRun", named.pop("value", obj))

    def getAssetsLastRun(self) -> Any:
        return json.loads(self.__dict__.get("_assets_last_run", "{}"))

    def setAssetsLastRun(self, obj: Any = None, **named: Any) -> None:
        self._assets_last_run = self._written("setAssetsLastRun", named.pop("value", obj))

    # --- what the script hands over ---

    def incidents(self, incidents: Any = None) -> None:
        """Hands over a batch. What cannot be written as JSON raises TypeError before anything is sent (2.3)."""
        kill = self._recording.kill
        if kill is not None:
            kill.before_call("incidents", self._now(), self._line())
        try:
            text, is_strict = _written_strictly(incidents)
        except BaseException as error:
            self._note("incidents", "", error=error)
            raise
        count, refusals = decode_batch(text, incidents, is_strict=is_strict)
        self._recording.handovers.append(Handover(text, count, refusals))
        self._note("incidents", str(count))
        if kill is not None:
            kill.after_call("incidents")

    fetchResults = incidents

    def credentials(self, credentials: Any) -> None:
        self._note("credentials", str(len(json.loads(json.dumps(credentials)) or ())))

    def results(self, results: Any) -> None:
        """War room entries. In a fetch the server reads a text entry as the list of incidents (2.3)."""
        if self._recording.kill is not None:
            self._recording.kill.refuse_the_dead()
        entries = results if isinstance(results, (list, tuple)) else [results]
        for entry in entries:
            kept = json.loads(json.dumps(_as_entry(entry)))
            self._recording.results.append(kept)
            if self._command.name == "fetch-incidents" and isinstance(kept["Contents"], str):
                self._text_entry_in_fetch(kept)
        self._note("results", self._cut(self._recording.results[-1]) if entries else "[]")

    def _text_entry_in_fetch(self, entry: Mapping[str, JsonValue]) -> None:
        if entry["Type"] not in (_NOTE, _ERROR):
            return
        refusals = decode_text_entry(entry["Contents"])
        if refusals:
            self._recording.text_entry_refusals += refusals
        else:
            text = entry["Contents"]
            self._recording.handovers.append(Handover(text, len(json.loads(text) or ())))

    def createIndicators(self, indicators_batch: Any = None, *more: Any, **named: Any) -> None:
        batch = named.pop("indicators", indicators_batch)
        self._note("createIndicators", self._cut(json.loads(json.dumps(batch))))

    def updateModuleHealth(self, data: Any = None, is_error: bool = False, **named: Any) -> None:
        self._note("updateModuleHealth", self._cut(json.loads(json.dumps([named.pop("err", data), is_error]))))

    # --- logs ---

    def log(self, msg: Any) -> None:
        self._recording.write_log("info", f"Integration log: {msg}")

    def info(self, *args: Any, **named: Any) -> None:
        self._log("info", args, named)

    def debug(self, *args: Any, **named: Any) -> None:
        self._log("debug", args, named)

    def error(self, *args: Any, **named: Any) -> None:
        self._log("error", args, named)

    def print(self, *args: Any) -> None:
        # Positional arguments only, and never standard output (server-semantics 5).
        self._recording.write_log("print", " ".join(map(str, args)))

    def _log(self, level: str, args: tuple[Any, ...], named: dict[str, Any]) -> None:
        # The server prints the arguments one after the other and formats nothing (server-semantics 5).
        self._recording.write_log(level, " ".join(map(str, (*args, *named.values()))))

    def heartbeat(self, msg: Any = "") -> None:
        return None

    # --- local look-ups ---

    @staticmethod
    def get(obj: Any, field: str, defaultParam: Any = None) -> Any:
        for part in field.split("."):
            if not (obj and isinstance(obj, dict) and part in obj):
                return defaultParam
            obj = obj[part]
        return obj

    @staticmethod
    def gets(obj: Any, field: str) -> str:
        return str(Host.get(obj, field))

    @staticmethod
    def uniqueFile() -> str:
        return str(uuid.uuid4())

    @staticmethod
    def demistoVersion() -> dict[str, str]:
        # `platform` is there at load: CommonServerPython's is_xsoar() fails without it (server-semantics 5).
        # A single-digit major version: the CommonServerPython of 2022 compares versions as text.
        return {"version": "8.8.0", "buildNumber": "1271082", "platform": "xsoar"}

    @staticmethod
    def demistoUrls() -> dict[str, str]:
        server = "https://xsoar.example"
        return {
            "server": server,
            "evidenceBoard": f"{server}/#/EvidenceBoard",
            "investigation": f"{server}/#/Details",
            "relatedIncidents": f"{server}/#/Cluster",
            "warRoom": f"{server}/#/WarRoom",
            "workPlan": f"{server}/#/WorkPlan",
        }

    @staticmethod
    def getLicenseID() -> str:
        return "xsim-license"

    @staticmethod
    def getLicenseCustomField(key: str) -> str:
        return ""

    @staticmethod
    def getIndexHash() -> str:
        return ""

    @staticmethod
    def unifiedConnectorMetadata() -> dict[str, Any]:
        return {}  # "not enabled": secrets stay in params

    def getFilePath(self, id: str) -> dict[str, str]:
        """A file that this command wrote into its working folder; the server knows no other in a fetch."""
        wanted = Path(str(id)).name
        # fileResult() writes "<investigation id>_<file id>" (server-semantics 5).
        for name in (wanted, f"{self.investigation()['id']}_{wanted}"):
            if Path(name).is_file():
                return {"id": wanted, "path": name, "name": name}
        raise ValueError(f"file with id {id} was not found")

    # A server that holds nothing yet: searches are empty, users unknown.

    def searchIndicators(self, *args: Any, **named: Any) -> dict[str, Any]:
        return {"total": 0, "iocs": [], "searchAfter": None}

    def searchRelationships(self, *args: Any, **named: Any) -> dict[str, Any]:
        return {"total": 0, "data": [], "searchAfter": None}

    def findUser(self, username: str = "", email: str = "") -> dict[str, Any]:
        return {}

    # --- what an integration may not call, and what xsim does not simulate ---

    def executeCommand(self, *args: Any, **named: Any) -> NoReturn:
        self._refuse_in_integration("executeCommand")

    def execute(self, *args: Any, **named: Any) -> NoReturn:
        self._refuse_in_integration("execute")

    def exception(self, *args: Any, **named: Any) -> NoReturn:
        self._refuse_in_integration("exception")

    def setContext(self, *args: Any, **named: Any) -> NoReturn:
        self._refuse_in_integration("setContext")

    def getAllSupportedCommands(self) -> NoReturn:
        self._refuse_in_integration("getAllSupportedCommands")

    def getModules(self) -> NoReturn:
        self._refuse_in_integration("getModules")

    def createIncidents(self, incidents: Any = None, lastRun: Any = None, userID: Any = None) -> NoReturn:
        self._unsupported("createIncidents", "it creates incidents at once, for long-running integrations")

    def createAlerts(self, *args: Any, **named: Any) -> NoReturn:
        self._unsupported("createAlerts", "it creates alerts at once, for long-running integrations")

    def dt(self, obj: Any = None, trnsfrm: Any = None) -> NoReturn:
        self._unsupported("dt", "the server evaluates DT expressions")

    def mapObject(self, *args: Any, **named: Any) -> NoReturn:
        self._unsupported("mapObject", "the server's mappers are not at hand")

    def internalHttpRequest(self, method: str = "", uri: str = "", body: Any = None) -> NoReturn:
        self._unsupported("internalHttpRequest", f"{method} {uri} asks the server's own API")

    def _apiCall(self, *args: Any, **named: Any) -> NoReturn:
        self._unsupported("_apiCall", "it asks the server's own API")

    def getAutoFocusApiKey(self) -> NoReturn:
        self._unsupported("getAutoFocusApiKey", "it is part of the server's license")

    def addEntry(self, *args: Any, **named: Any) -> NoReturn:
        self._unsupported("addEntry", "there is no war room")

    def mirrorInvestigation(self, *args: Any, **named: Any) -> NoReturn:
        self._unsupported("mirrorInvestigation", "there is no chat")

    def directMessage(self, *args: Any, **named: Any) -> NoReturn:
        self._unsupported("directMessage", "there is no chat")

    def handleEntitlementForUser(self, *args: Any, **named: Any) -> NoReturn:
        self._unsupported("handleEntitlementForUser", "there is no chat")

    def _Demisto__do(self, cmd: Any) -> NoReturn:
        # support_multithreading() wraps this private channel in a lock, so it has to be there (server-semantics 5).
        self._unsupported(f"raw channel command {cmd!r}"[:200], "use the functions of demisto")

    def _Demisto__do_no_res(self, cmd: Any) -> NoReturn:
        self._unsupported(f"raw channel command {cmd!r}"[:200], "use the functions of demisto")

    # --- inside ---

    def _context(self) -> Any:
        return json.loads(self._recording.context) if self._command.keeps_context else {}

    def _set_context(self, name: str, value: Any, *, version: int, sync: bool) -> None:
        text = self._written(name, value)
        if not self._command.keeps_context:
            return
        recording = self._recording
        if version not in (-1, recording.context_version):
            raise ValueError(
                f"version mismatch: the integration context has version {recording.context_version}, not {version}"
            )
        recording.context = text
        recording.context_version += 1
        if sync:
            recording.context_synced = text

    def _written(self, name: str, value: Any) -> str:
        try:
            text = json.dumps(value)
        except BaseException as error:
            self._note(name, repr(value), error=error)
            raise
        self._note(name, text)
        return text

    def _note(self, name: str, arguments: str = "", *, error: BaseException | None = None) -> None:
        if self._recording.kill is not None:
            self._recording.kill.refuse_the_dead()
        told = None if error is None else f"{type(error).__name__}: {error}"
        self._recording.host_calls.append(HostCall(self._now(), name, arguments[:ARGUMENTS_KEPT], self._line(), told))

    @staticmethod
    def _cut(value: JsonValue) -> str:
        return json.dumps(value)[:ARGUMENTS_KEPT]

    def _refuse_in_integration(self, name: str) -> NoReturn:
        # The server's own class refuses script-only functions in an integration (server-semantics 6).
        self._note(name)
        raise Exception(f"Demisto object has no function `{name}`.")

    def _unsupported(self, name: str, why: str) -> NoReturn:
        self._note(name)
        what = f"demisto.{name}() is not simulated: {why}"
        self._recording.note_unsupported(what, "leave this call out of the fetch, or out of what you simulate")
        raise CallUnsupported(what)


def _as_entry(result: Any) -> dict[str, Any]:
    # As the server's class does: text becomes a text entry, a bare dict a json entry (server-semantics 6).
    if isinstance(result, Mapping):
        if "Contents" in result and "ContentsFormat" in result:
            return {"Type": _NOTE, **result}
        return {"Type": _NOTE, "Contents": json.dumps(result), "ContentsFormat": "json"}
    return {"Type": _NOTE, "Contents": result if isinstance(result, str) else str(result), "ContentsFormat": "text"}


def _written_strictly(value: JsonValue) -> tuple[str, bool]:
    """The JSON text of a value, and whether it is known to hold no NaN or Infinity, which Python writes bare."""
    try:
        return _STRICT.encode(value), True
    except ValueError:  # Out of range, or circular: the second try tells which.
        return json.dumps(value), False


_STRICT = json.JSONEncoder(allow_nan=False)
_UNCHANGEABLE = frozenset({str, int, float, bool, type(None)})


def _copied(value: JsonValue) -> Any:
    """A copy of what JSON can hold, in a tenth of deepcopy's time."""
    if type(value) in _UNCHANGEABLE:  # Told first: whether something is a Mapping takes longer than all else here.
        return value
    if isinstance(value, Mapping):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, (list, tuple)) else value


def _wrapped(params: dict[str, Any], wrapper: type) -> Any:
    return params if wrapper is dict else wrapper(params)
