"""What `from CommonServerPython import *` gives an integration where no content checkout is at hand.

Written for xsim from the public documentation and from the behaviour of the original, with the look-back
helpers, platform helpers and version comparison in their newest behaviour; XSIM_LOOK_BACK=2022 in the environment
gives the look-back helpers of April 2022. The text may be executed many times in one process, so it imports nothing
of xsim and leaves nothing behind. A docstring's `Page:` names the page of the public documentation (xsoar.pan.dev)
that describes the name. docs/commonserver.md says how it compares with the original.
"""

import base64
import binascii
import gc
import gzip
import json
import logging
import os
import re
import socket
import ssl
import sys
import time
import traceback
import types
import urllib
import warnings
import xml.etree.ElementTree as ET
from abc import abstractmethod
from collections import OrderedDict
from datetime import datetime, timedelta, timezone
from functools import wraps
from inspect import currentframe
from random import randint
from threading import Lock
from typing import Any, Dict, List, Optional, Set, Union, cast

import dateparser
import demistomock as demisto
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3 import disable_warnings
from urllib3.util.retry import Retry
from urllib3.util.ssl_ import create_urllib3_context

# Names without an underscore reach the integration through the star import, as they do on the server. What the
# server's module does not offer is therefore imported under an underscore, or where it is used.

# `verify=False` is a choice of the instance's owner; a warning with each request would only fill the log.
disable_warnings()

CONTENT_RELEASE_VERSION = "0.0.0"
CONTENT_BRANCH_NAME = "master"
IS_PY3 = True
PY_VER_MINOR = sys.version_info[1]
STRING_TYPES = (str, bytes)
STRING_OBJ_TYPES = (str,)
OS_LINUX = sys.platform.startswith("linux")
OS_MAC = sys.platform.startswith("darwin")
OS_WINDOWS = sys.platform.startswith("win32")
ZERO = timedelta(0)
HOUR = timedelta(hours=1)
SAFE_SLEEP_START_TIME = datetime.now()

_FETCHES_THAT_RAISE = ("fetch-incidents", "fetch-credentials", "fetch-indicators", "long-running-execution")
MAX_ERROR_MESSAGE_LENGTH = 50000
MIN_VERSION_FOR_VERSIONED_CONTEXT = "6.0.0"
CONTEXT_UPDATE_RETRY_TIMES = 3
PROFILING_DUMP_ROWS_LIMIT = 20
NUM_OF_WORKERS = 20
MASK = "<XX_REPLACED>"
STIX_PREFIX = "STIX "
EVENTS = "events"
ASSETS = "assets"
DATA_TYPES = [EVENTS, ASSETS]
SEND_PREFIX = "send_"
XSIAM_EVENT_CHUNK_SIZE = 2**20
XSIAM_EVENT_CHUNK_SIZE_LIMIT = 9 * 10**6
MAX_ALLOWED_ENTRY_SIZE = 5 * 10**6
HAVE_SUPPORT_MULTITHREADING_CALLED_ONCE = False
EXECUTION_METRICS_SCRIPT_SKIP_MSG = "Execution metrics were not sent: the server records them for integrations only."
FETCH_COMMANDS = ["fetch-incidents", "fetch-credentials", "fetch-indicators", "fetch-events", "fetch-assets"]


class SmartGetDict(dict):
    """A dict whose `get` takes a value of None for a missing key, so that unset parameters get their defaults."""

    def get(self, key, default=None):
        value = dict.get(self, key)
        return default if value is None else value


def _wrap_params():
    """Make `demisto.params()` answer with a SmartGetDict, unless the environment forbids it."""
    # The server hands over each declared parameter and unset ones as null, which would defeat `get(name, default)`.
    if os.getenv("COMMON_SERVER_NO_AUTO_PARAMS_REMOVE_NULLS"):
        return
    context = getattr(demisto, "callingContext", None) or {}
    if isinstance(context.get("params"), dict) and not isinstance(context["params"], SmartGetDict):
        context["params"] = SmartGetDict(context["params"])


_wrap_params()


# --- Entries, formats and other constants of the platform -------------------------------------------------------

entryTypes = {
    "note": 1,
    "downloadAgent": 2,
    "file": 3,
    "error": 4,
    "pinned": 5,
    "userManagement": 6,
    "image": 7,
    "playgroundError": 8,
    "entryInfoFile": 9,
    "warning": 11,
    "map": 15,
    "widget": 17,
}

formats = {
    "html": "html",
    "table": "table",
    "json": "json",
    "text": "text",
    "dbotResponse": "dbotCommandResponse",
    "markdown": "markdown",
}

brands = {"xfe": "xfe", "vt": "virustotal", "wf": "WildFire", "cy": "cylance", "cs": "crowdstrike-intel"}
providers = {
    "xfe": "IBM X-Force Exchange",
    "vt": "VirusTotal",
    "wf": "WildFire",
    "cy": "Cylance",
    "cs": "CrowdStrike",
}
thresholds = {"xfeScore": 4, "vtPositives": 10, "vtPositiveUrlsForIP": 30}

_HASH_KEYS = ("MD5", "SHA1", "SHA256", "SHA512", "CRC32", "CTPH", "SSDeep")


def _same(*keys):
    """The context filter that finds an object again by any of its `keys`."""
    return " || ".join(f"val.{key} && val.{key} == obj.{key}" for key in keys)


outputPaths = {
    "file": f"File({_same(*_HASH_KEYS)})",
    "ip": f"IP({_same('Address')})",
    "url": f"URL({_same('Data')})",
    "domain": f"Domain({_same('Name')})",
    "cve": f"CVE({_same('ID')})",
    "email": f"Account.Email({_same('Address')})",
    "dbotscore": "DBotScore",
}

INDICATOR_TYPE_TO_CONTEXT_KEY = {
    "ip": "Address",
    "email": "Address",
    "url": "Data",
    "domain": "Name",
    "cve": "ID",
    **dict.fromkeys(("md5", "sha1", "sha256", "crc32", "sha512", "ctph", "ssdeep"), "file"),
}

ENDPOINT_STATUS_OPTIONS = ["Online", "Offline"]
ENDPOINT_ISISOLATED_OPTIONS = ["Yes", "No", "Pending isolation", "Pending unisolation"]


class _Choices:
    """Base of the constant classes: `is_valid_type(value)` tells whether a value is one of the constants."""

    @classmethod
    def _values(cls):
        return [
            value
            for part in reversed(cls.__mro__)
            for name, value in vars(part).items()
            if not name.startswith("_") and not callable(value) and not isinstance(value, (staticmethod, classmethod))
        ]

    @classmethod
    def is_valid_type(cls, _type):
        return _type in cls._values()


class EntryType(_Choices):
    """What an entry is, as the platform numbers it. Page: Python Code Conventions."""

    NOTE = 1
    DOWNLOAD_AGENT = 2
    FILE = 3
    ERROR = 4
    PINNED = 5
    USER_MANAGEMENT = 6
    IMAGE = 7
    PLAYGROUND_ERROR = 8
    ENTRY_INFO_FILE = 9
    VIDEO_FILE = 10
    WARNING = 11
    MAP_ENTRY_TYPE = 15
    WIDGET = 17
    EXECUTION_METRICS = 19


class EntryFormat(_Choices):
    """How the contents of an entry are to be read. Page: Python Code Conventions."""

    HTML = "html"
    TABLE = "table"
    JSON = "json"
    TEXT = "text"
    DBOT_RESPONSE = "dbotCommandResponse"
    MARKDOWN = "markdown"


class FileAttachmentType(_Choices):
    """The media type key of an incident's attachment."""

    ATTACHED = "attached_file"


class IncidentStatus:
    """An incident's status number. Page: Mirroring Integration."""

    PENDING = 0
    ACTIVE = 1
    DONE = 2
    ARCHIVE = 3


class IncidentSeverity:
    """An incident's severity number. Page: Fetching Incidents."""

    UNKNOWN = 0
    INFO = 0.5
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class DBotScoreType(_Choices):
    """The kinds of indicator that can carry a DBot score. Page: Context and Outputs."""

    IP = "ip"
    FILE = "file"
    DOMAIN = "domain"
    URL = "url"
    CVE = "cve"
    ACCOUNT = "account"
    CIDR = ("cidr",)
    DOMAINGLOB = "domainglob"
    CERTIFICATE = "certificate"
    CRYPTOCURRENCY = "cryptocurrency"
    EMAIL = "email"
    ATTACKPATTERN = "attackpattern"
    CUSTOM = "custom"


class DBotScoreReliability(_Choices):
    """How far a source is to be trusted. Page: Python Code Conventions."""

    A_PLUS = "A+ - 3rd party enrichment"
    A = "A - Completely reliable"
    B = "B - Usually reliable"
    C = "C - Fairly reliable"
    D = "D - Not usually reliable"
    E = "E - Unreliable"
    F = "F - Reliability cannot be judged"

    @staticmethod
    def get_dbot_score_reliability_from_str(reliability_str):
        """Return the reliability that the text names. Raises Exception for any other text."""
        if DBotScoreReliability.is_valid_type(reliability_str):
            return reliability_str
        raise Exception(f"{reliability_str!r} is none of the reliabilities {DBotScoreReliability._values()}")


class FeedIndicatorType(_Choices):
    """The indicator types that a feed can create. Page: Feed Integrations."""

    Account = "Account"
    CVE = "CVE"
    Domain = "Domain"
    DomainGlob = "DomainGlob"
    Email = "Email"
    File = "File"
    FQDN = "Domain"
    Host = "Host"
    IP = "IP"
    CIDR = "CIDR"
    IPv6 = "IPv6"
    IPv6CIDR = "IPv6CIDR"
    Registry = "Registry Key"
    SSDeep = "ssdeep"
    URL = "URL"
    AS = "ASN"
    MUTEX = "Mutex"
    Identity = "Identity"
    Location = "Location"
    Software = "Software"
    X509 = "X509 Certificate"

    @staticmethod
    def list_all_supported_indicators():
        """Return the values of all types."""
        return FeedIndicatorType._values()

    @staticmethod
    def ip_to_indicator_type(ip):
        """Return IP, CIDR, IPv6 or IPv6CIDR for an address or network in text, None for anything else."""
        address, slash, length = str(ip).partition("/")
        if slash and not length.isdigit():
            return None
        if is_ip_valid(address):
            return FeedIndicatorType.CIDR if slash else FeedIndicatorType.IP
        if is_ipv6_valid(address):
            return FeedIndicatorType.IPv6CIDR if slash else FeedIndicatorType.IPv6
        return None

    @staticmethod
    def indicator_type_by_server_version(indicator_type):
        """Return the type as this server spells it: before 6.2.0 some types carried the prefix `STIX `."""
        if is_demisto_version_ge("6.2.0") and indicator_type.startswith(STIX_PREFIX):
            return indicator_type[len(STIX_PREFIX) :]
        return indicator_type


class ErrorTypes(_Choices):
    """The kinds of outcome that execution metrics count."""

    SUCCESS = "Successful"
    QUOTA_ERROR = "QuotaError"
    GENERAL_ERROR = "GeneralError"
    AUTH_ERROR = "AuthError"
    SERVICE_ERROR = "ServiceError"
    CONNECTION_ERROR = "ConnectionError"
    PROXY_ERROR = "ProxyError"
    SSL_ERROR = "SSLError"
    TIMEOUT_ERROR = "TimeoutError"
    RETRY_ERROR = "RetryError"


class ParameterTypes:
    """The numbers of the parameter types in an integration's YAML. Page: Generate YML from Python."""

    STRING = 0
    NUMBER = 1
    ENCRYPTED = 4
    BOOLEAN = 8
    AUTH = 9
    DOWNLOAD_LINK = 11
    TEXT_AREA = 12
    INCIDENT_TYPE = 13
    TEXT_AREA_ENCRYPTED = 14
    SINGLE_SELECT = 15
    MULTI_SELECT = 16


class ThreatIntel:
    """Names and scores of the threat intelligence objects."""

    class ObjectsNames:
        CAMPAIGN = "Campaign"
        ATTACK_PATTERN = "Attack Pattern"
        REPORT = "Report"
        MALWARE = "Malware"
        COURSE_OF_ACTION = "Course of Action"
        INTRUSION_SET = "Intrusion Set"
        TOOL = "Tool"
        THREAT_ACTOR = "Threat Actor"
        INFRASTRUCTURE = "Infrastructure"

    class ObjectsScore:
        CAMPAIGN = 3
        ATTACK_PATTERN = 2
        REPORT = 3
        MALWARE = 3
        COURSE_OF_ACTION = 0
        INTRUSION_SET = 3
        TOOL = 2
        THREAT_ACTOR = 3
        INFRASTRUCTURE = 2

    class KillChainPhases:
        BUILD_CAPABILITIES = "Build Capabilities"
        PRIVILEGE_ESCALATION = "Privilege Escalation"
        ADVERSARY_OPSEC = "Adversary Opsec"
        CREDENTIAL_ACCESS = "Credential Access"
        EXFILTRATION = "Exfiltration"
        LATERAL_MOVEMENT = "Lateral Movement"
        DEFENSE_EVASION = "Defense Evasion"
        PERSISTENCE = "Persistence"
        COLLECTION = "Collection"
        IMPACT = "Impact"
        INITIAL_ACCESS = "Initial Access"
        DISCOVERY = "Discovery"
        EXECUTION = "Execution"
        INSTALLATION = "Installation"
        DELIVERY = "Delivery"
        WEAPONIZATION = "Weaponization"
        ACT_ON_OBJECTIVES = "Actions on Objectives"
        COMMAND_AND_CONTROL = "Command & Control"


# --- Errors ------------------------------------------------------------------------------------------------------


class DemistoException(Exception):
    """The error of integrations: `message`, the `exception` that caused it, the `requests` response in `res`.

    Page: Create an Integration.
    """

    def __init__(self, message, exception=None, res=None, error_type=None, *args):
        self.res = res
        self.message = message
        self.exception = exception
        self.error_type = error_type
        super().__init__(message, exception, *args)

    def __str__(self):
        return str(self.message)


# --- Which server, which command ---------------------------------------------------------------------------------


class GetDemistoVersion:
    """Called, returns the server's version dict; asks the server once."""

    def __init__(self):
        self._version = None

    def __call__(self):
        if self._version is None:
            if not hasattr(demisto, "demistoVersion"):
                raise AttributeError("The server version cannot be read: demistoVersion is missing.")
            self._version = demisto.demistoVersion()
        return self._version


get_demisto_version = GetDemistoVersion()


def get_demisto_version_as_str():
    """Return `version-build` of the server, or an empty text if it cannot be read."""
    try:
        version = get_demisto_version()
    except AttributeError:
        return ""
    return "{}-{}".format(version.get("version"), version.get("buildNumber"))


def _version_parts(version):
    return [int(digits) for digits in re.findall(r"\d+", str(version))]


def is_demisto_version_ge(version, build_number=""):
    """Tell whether the server's version is at least `version`, compared number by number.

    With `build_number`, a server of exactly that version has to have at least that build.
    """
    server = get_demisto_version()
    ours, asked = _version_parts(server.get("version")), _version_parts(version)
    length = max(len(ours), len(asked))
    ours, asked = (parts + [0] * (length - len(parts)) for parts in (ours, asked))
    if ours != asked or not build_number:
        return ours >= asked
    try:
        return int(server.get("buildNumber")) >= int(build_number)
    except (TypeError, ValueError):
        demisto.log(f"is_demisto_version_ge: build {build_number!r} cannot be compared with {server}")
        return True


def _platform():
    # Servers older than the field are all XSOAR.
    return get_demisto_version().get("platform") or "xsoar"


def is_xsoar():
    """Tell whether the server is Cortex XSOAR of any kind."""
    return "xsoar" in _platform()


def is_xsoar_on_prem():
    """Tell whether the server is XSOAR that is not hosted by the vendor."""
    return _platform() == "xsoar"


def is_xsoar_hosted():
    """Tell whether the server is XSOAR 6 hosted by the vendor."""
    return _platform() == "xsoar_hosted"


def is_xsoar_saas():
    """Tell whether the server is XSOAR 8 or later."""
    return is_xsoar() and is_demisto_version_ge("8.0.0")


def is_platform():
    """Tell whether the server is the unified Cortex platform."""
    return _platform() == "unified_platform"


def is_xsiam():
    """Tell whether the server is Cortex XSIAM."""
    return _platform() in ("x2", "unified_platform")


def is_xsiam_or_xsoar_saas():
    """Tell whether the server is XSIAM or XSOAR 8."""
    return is_xsiam() or is_xsoar_saas()


def is_ucp_enabled():
    """Tell whether the server hands out credentials through the Unified Connector. Never: it is not simulated."""
    return False


def should_use_ucp_auth(*args, **kwargs):
    """Tell whether requests are to be signed with the Unified Connector's credentials. Never: see is_ucp_enabled."""
    return False


def is_using_engine():
    """Tell whether the instance runs on an engine rather than on the server."""
    return bool(get_demisto_version().get("engine"))


def is_integration_instance_running_on_engine():
    """Return the engine's id if the instance runs on an engine, else an empty text."""
    return get_demisto_version().get("engine") or ""


def get_ucp_credentials(method_unique_id=None):
    """Not simulated, as the Unified Connector: raises DemistoException. Integrations ask should_use_ucp_auth first."""
    raise DemistoException("There are no Unified Connector credentials here: should_use_ucp_auth() is False.")


def interpolate_ucp_params(connector_metadata=None):
    """Write the Unified Connector's values into the parameters; return whether there were any: never, here."""
    return False


def get_engine_base_url(engine_id):
    """Return the address of an engine. Always empty: xsim has no engines."""
    return ""


def get_server_config():
    """Return the server's configuration as a dict; empty where it cannot be read."""
    try:
        response = demisto.internalHttpRequest(method="GET", uri="/system/config")
        return parse_json_string(response.get("body")).get("sysConf", {})
    except Exception as error:
        demisto.debug(f"The server configuration cannot be read: {error}")
        return {}


def _calling_context():
    return (getattr(demisto, "callingContext", None) or {}).get("context") or {}


def get_integration_name():
    """Return the integration's name (its brand), or an empty text."""
    return _calling_context().get("IntegrationBrand", "")


def get_integration_instance_name():
    """Return the name of the instance, or an empty text."""
    return _calling_context().get("IntegrationInstance", "")


def get_script_name():
    """Return the name of the running script, or an empty text."""
    return _calling_context().get("ScriptName", "")


def get_pack_version(pack_name=""):
    """Return the installed version of a pack. Empty where the server does not tell, as in xsim."""
    demisto.debug("The pack's version is not known here.")
    return ""


def get_tenant_account_name():
    """Return the tenant's account name (`acc_` and the rest of the path in the server's address), or ''."""
    url = (demisto.demistoUrls() or {}).get("server", "")
    return url.rsplit("/", 1)[-1] if "/acc_" in url else ""


def get_x_content_info_headers():
    """Return the headers by which content names itself to the vendor's own services."""
    name = _calling_context().get("IntegrationBrand") or get_script_name() or "Name not found"
    return {
        "X-Content-Version": CONTENT_RELEASE_VERSION,
        "X-Content-Name": name,
        "X-Content-LicenseID": demisto.getLicenseID(),
        "X-Content-Branch": CONTENT_BRANCH_NAME,
        "X-Content-Server-Version": get_demisto_version_as_str(),
    }


def is_integration_command_execution():
    """Tell whether an integration is running, not a script."""
    context = _calling_context()
    try:
        return context["ExecutedCommands"][0]["moduleBrand"] != "Scripts"
    except (KeyError, IndexError, TypeError):
        return context.get("ScriptName", "") == ""


def is_debug_mode():
    """Tell whether the command was run with debug-mode."""
    return bool(getattr(demisto, "is_debug", False))


def is_time_sensitive():
    """Tell whether someone waits for the answer, so that retries should be short."""
    return bool(hasattr(demisto, "isTimeSensitive") and demisto.isTimeSensitive())


def get_schedule_metadata(context):
    """Return the polling facts of the parent entry: is_polling, times_ran, start_date and the like; {} if none."""
    parent = (context or {}).get("ParentEntry") or {}
    if not parent:
        return {}
    found = {
        "is_polling": bool(parent.get("polling")),
        "polling_command": parent.get("pollingCommand"),
        "polling_args": parent.get("pollingArgs"),
        "times_ran": int(parent.get("timesRan") or 0) + 1,
        "start_date": parent.get("startDate"),
        "end_date": parent.get("endingDate"),
    }
    return assign_params(**found)


def is_scheduled_command_retry():
    """Tell whether this is a later run of a polling command."""
    return bool((_calling_context().get("ParentEntry") or {}).get("polling", False))


# --- Logging -----------------------------------------------------------------------------------------------------

_SECRET_NAMES = ("key", "private", "password", "secret", "token", "credentials", "service_account")


def _secrets_in(params, named=False):
    """Yield the texts of `params` that stand under a name that speaks of a secret."""
    for name, value in params.items():
        secret = named or any(word in str(name).lower() for word in _SECRET_NAMES)
        if isinstance(value, dict):
            yield from _secrets_in(value)
        elif isinstance(value, str) and value and secret:
            yield value


class IntegrationLogger:
    """Collects messages with the secrets masked; `print_log` writes them to the server's log in one piece."""

    def __init__(self, debug_logging=False):
        self.messages = []
        self.write_buf = []
        self.replace_strs = []
        self.curl = []
        self.buffering = True
        self.debug_logging = debug_logging
        self._learn_secrets()

    def _learn_secrets(self):
        params = demisto.params() if hasattr(demisto, "params") else None
        if not isinstance(params, dict):
            return
        self.add_replace_strs(*_secrets_in(params))
        self._iter_sensistive_dict_obj(params, None)

    def _iter_sensistive_dict_obj(self, dict_obj, sensitive_params):
        # A basic Authorization header shows user and password as one base64 text.
        for value in dict_obj.values():
            if isinstance(value, dict):
                user, password = value.get("identifier"), value.get("password")
                if user and password:
                    self.add_replace_strs(b64_encode(f"{user}:{password}"))

    def encode(self, message):
        """Return the message as text with the known secrets masked."""
        text = message if isinstance(message, str) else str(message)
        for secret in self.replace_strs:
            text = text.replace(secret, MASK)
        return text

    def __call__(self, message):
        text = self.encode(message)
        self.messages.append(text)
        return text

    def add_replace_strs(self, *args):
        """Mask these texts from now on, also where they appear as base64 or url-quoted."""
        from urllib.parse import quote_plus

        for text in filter(None, args):
            for form in (text, b64_encode(text)):
                for written in (form, quote_plus(form)):
                    if written not in self.replace_strs:
                        self.replace_strs.append(written)

    def set_buffering(self, state):
        """Switch the collecting of written messages on or off; switching it off lets them out."""
        self.buffering = state
        if not state and self.write_buf:
            demisto.info("\n".join(self.write_buf))
            self.write_buf = []

    def write(self, msg):
        """Take what http.client prints in debug mode."""
        text = self.encode(msg)
        if self.debug_logging:
            self.build_curl(text)
        if self.buffering:
            self.write_buf.append(text)
        else:
            demisto.info(text)

    def build_curl(self, text):
        """Remember a sent request as a line that names method and path."""
        match = re.search(r"send: b['\"]?(GET|POST|PUT|DELETE|PATCH|HEAD) (\S+) HTTP", text)
        if match:
            host = re.search(r"Host: ([^\\\s]+)", text)
            self.curl.append(f"curl -X {match[1]} https://{host[1] if host else ''}{match[2]}")

    def print_log(self, verbose=False):
        """Write what has been collected to the server's log and forget it."""
        if self.write_buf:
            self.messages.append("".join(self.write_buf))
        if self.messages:
            text = "Full Integration Log:\n" + "\n".join(self.messages)
            (demisto.log if verbose else demisto.info)(text)
        self.messages, self.write_buf = [], []

    def print_override(self, *args, **kwargs):
        """Stand in for print: only what goes to standard output becomes a log message."""
        if kwargs.get("file", sys.stdout) is sys.stdout:
            self.write(" ".join(map(str, args)))
        else:
            print(*args, **kwargs)


def formatAllArgs(args, kwds):
    """Return the arguments of a call as one line of text, the named ones without blanks."""
    named = repr(kwds)[1:-1].replace(":", "=").replace(" ", "")
    return ",".join(map(repr, args)) + "," + named


def logger(func):
    """Decorator: note each call of the function, with its arguments, in LOG. Page: Python Code Conventions."""

    @wraps(func)
    def logged(*args, **kwargs):
        LOG(f"calling {func.__name__}({formatAllArgs(args, kwargs)})")
        return func(*args, **kwargs)

    return logged


class DemistoHandler(logging.Handler):
    """Sends records of Python's logging to the server's debug log."""

    def __init__(self, int_logger=None):
        super().__init__()
        self.int_logger = int_logger

    def emit(self, record):
        try:
            text = self.format(record)
            demisto.debug(self.int_logger.encode(text) if self.int_logger else text)
        except Exception as error:
            demisto.debug(f"A log record could not be formatted: {error}")


class DebugLogger:
    """In debug mode, sends everything that Python's logging gets to the server's debug log."""

    def __init__(self):
        self.int_logger = IntegrationLogger(debug_logging=True)
        self.handler = None
        self.root_logger = logging.getLogger()
        self.previous_level = self.root_logger.level
        self._take_over_from_earlier_handlers()
        self.handler = DemistoHandler(self.int_logger)
        self.handler.previous_level = self.previous_level
        self.root_logger.addHandler(self.handler)
        self.root_logger.setLevel(logging.DEBUG)

    def _take_over_from_earlier_handlers(self):
        # This text may run many times in one process; the handler of the time before must not stay.
        for handler in list(self.root_logger.handlers):
            if type(handler).__name__ == "DemistoHandler":
                self.previous_level = getattr(handler, "previous_level", self.previous_level)
                self.root_logger.removeHandler(handler)

    def __del__(self):
        if self.handler:
            self.root_logger.removeHandler(self.handler)
            self.root_logger.setLevel(self.previous_level)

    def log_start_debug(self):
        """Write what is known of the run to the debug log."""
        demisto.debug(f"debug-mode started.\npython: {sys.version}\nserver: {get_demisto_version_as_str()}")


class WarningsHandler:
    """Sends Python's warnings to the server's debug log while an object of it lives."""

    def __init__(self):
        self.org_handler = warnings.showwarning
        warnings.showwarning = WarningsHandler.handle_warning

    def __del__(self):
        if warnings is not None and warnings.showwarning is WarningsHandler.handle_warning:
            warnings.showwarning = self.org_handler

    @staticmethod
    def handle_warning(message, category, filename, lineno, file=None, line=None):
        """Write one warning, in the way of warnings.showwarning, to the debug log."""
        try:
            text = warnings.formatwarning(message, category, filename, lineno, line)
            demisto.debug(f"python warning: {text.strip()}")
        except Exception:
            # A warning must never be what breaks a command.
            pass


# Not installed at load: this text is executed each cycle, and a replaced showwarning would outlive its cycle.
_warnings_handler = None


def add_sensitive_log_strs(sensitive_str):
    """Mask this text in all logs from now on."""
    if _requests_logger:
        _requests_logger.int_logger.add_replace_strs(sensitive_str)
    LOG.add_replace_strs(sensitive_str)


def find_and_remove_sensitive_text(text, pattern):
    """Mask, from now on, each text that the regular expression finds in `text`."""
    for found in set(re.findall(pattern, text)):
        add_sensitive_log_strs(found)


def censor_request_logs(request_log):
    """Return the log of a request without the value of its Authorization, Cookie and similar headers."""
    return re.sub(r"(?i)((?:authorization|cookie|x-api-key|token)\s*:\s*)[^\\\r\n]+", rf"\1{MASK}", request_log)


# --- What a command hands back -----------------------------------------------------------------------------------


def _shortened(message):
    """Cut the middle out of a message that is too long for an entry."""
    if len(message) <= MAX_ERROR_MESSAGE_LENGTH:
        return message
    half = MAX_ERROR_MESSAGE_LENGTH // 2
    return f"{message[:half]}\n...the middle of the message is left out...\n{message[-half:]}"


def return_error(message, error="", outputs=None):
    """End the command with an error entry and exit code 0.

    In fetch-incidents, fetch-credentials, fetch-indicators and long-running-execution it raises
    Exception(message) instead, since there an entry would be read as the fetched data.

    Page: Python Code Conventions.
    """
    command = demisto.command() if hasattr(demisto, "command") else None
    message = str(message)
    LOG(message)
    if error:
        LOG(str(error))
    LOG.print_log()
    message = LOG.encode(_shortened(message))
    if command in _FETCHES_THAT_RAISE:
        raise Exception(message)
    if command == "get-modified-remote-data":
        # Without this phrase the server goes on updating the incidents that were found before the error.
        message = "skip update. error: " + message
    entry = {"Type": EntryType.ERROR, "ContentsFormat": EntryFormat.TEXT, "Contents": message, "EntryContext": outputs}
    demisto.results(entry)
    sys.exit(0)


def return_warning(message, exit=False, warning="", outputs=None, ignore_auto_extract=False):
    """Return a warning entry; with `exit` also end the command, with exit code 0."""
    LOG(message)
    if warning:
        LOG(warning)
    LOG.print_log()
    demisto.results(
        {
            "Type": EntryType.WARNING,
            "ContentsFormat": EntryFormat.TEXT,
            "IgnoreAutoExtract": ignore_auto_extract,
            "Contents": str(message),
            "EntryContext": outputs,
        }
    )
    if exit:
        sys.exit(0)


def return_outputs(readable_output, outputs=None, raw_response=None, timeline=None, ignore_auto_extract=False):
    """Return one entry from its parts (readable text, context dict, raw answer). Older than return_results.

    Page: Python Code Conventions.
    """
    for fact in timeline or []:
        fact.setdefault("Category", "Integration Update")
    contents = outputs if raw_response is None else raw_response
    if readable_output and not outputs and not contents:
        contents = readable_output
    demisto.results(
        {
            "Type": EntryType.NOTE,
            "HumanReadable": readable_output,
            "ContentsFormat": EntryFormat.TEXT if isinstance(contents, STRING_TYPES) else EntryFormat.JSON,
            "Contents": contents,
            "EntryContext": outputs,
            "IgnoreAutoExtract": ignore_auto_extract,
            "IndicatorTimeline": timeline,
        }
    )


def return_results(results):
    """Hand one result or a list of them to the server: CommandResults, texts, entries, mirroring responses.

    Page: Python Code Conventions.
    """
    if isinstance(results, list) and results:
        return _return_each(results)
    return demisto.results(_entry_of(results))


def _return_each(results):
    together = []
    for result in results:
        if isinstance(result, (dict, str)):
            together.append(result)
        elif isinstance(result, list):
            return_results(result)
        else:
            demisto.results(_entry_of(result))
    if together:
        demisto.results(together)


def _entry_of(result):
    """Turn a result object into what demisto.results takes; anything else passes unchanged."""
    for kind, convert in _RESULT_CONVERSIONS:
        if isinstance(result, kind()):
            return convert(result)
    return result


_RESULT_CONVERSIONS = (
    (lambda: CommandResults, lambda result: result.to_context()),
    (lambda: ExecutionMetrics, lambda result: result.metrics.to_context() if result.metrics else None),
    (lambda: GetMappingFieldsResponse, lambda result: result.extract_mapping()),
    (lambda: GetRemoteDataResponse, lambda result: result.extract_for_local()),
    (lambda: GetModifiedRemoteDataResponse, lambda result: result.to_entry()),
    (lambda: BaseWidget, lambda result: result.to_display()),
)


class IndicatorsTimeline:
    """Notes for the timelines of indicators: lists `indicators`, `category` and `message`, or one text for all.

    Page: Python Code Conventions.
    """

    def __init__(self, indicators=None, category=None, message=None):
        indicators = argToList(indicators)
        in_integration = is_integration_command_execution()
        default = "Integration Update" if in_integration else "Automation Update"
        self.indicators_timeline = []
        for number, indicator in enumerate(indicators):
            fact = {"Value": indicator, "Category": self._nth(category, number) or default}
            if self._nth(message, number):
                fact["Message"] = self._nth(message, number)
            self.indicators_timeline.append(fact)

    @staticmethod
    def _nth(values, number):
        if isinstance(values, (list, tuple)):
            return values[number] if number < len(values) else None
        return values


class CommandResults:
    """The result of a command: context `outputs` below `outputs_prefix`, readable text, raw answer, indicators.

    `outputs_key_field` (text or list of texts, dotted paths allowed) names the keys by which the context finds an
    object again. Raises TypeError and ValueError for arguments of the wrong kind.

    Page: Context and Outputs.
    """

    def __init__(
        self,
        outputs_prefix=None,
        outputs_key_field=None,
        outputs=None,
        indicators=None,
        readable_output=None,
        raw_response=None,
        indicators_timeline=None,
        indicator=None,
        ignore_auto_extract=False,
        mark_as_note=False,
        scheduled_command=None,
        relationships=None,
        entry_type=None,
        content_format=None,
        execution_metrics=None,
        replace_existing=False,
        tags=None,
    ):
        if raw_response is None:
            raw_response = outputs
        if outputs is not None and not isinstance(outputs, dict) and not outputs_prefix:
            raise ValueError("outputs_prefix is missing: outputs that are not a dict need one")
        if indicators and indicator:
            raise ValueError("give either indicator or the older indicators, not both")
        if content_format is not None and not EntryFormat.is_valid_type(content_format):
            raise TypeError(f"content_format must be one of EntryFormat, not {content_format!r}")
        self.outputs_prefix = outputs_prefix
        self.outputs_key_field = outputs_key_field
        self._outputs_key_field = self._key_fields(outputs_key_field)
        self.outputs = outputs
        self.indicators = indicators
        self.indicator = indicator
        self.readable_output = readable_output
        self.raw_response = raw_response
        self.indicators_timeline = indicators_timeline
        self.ignore_auto_extract = ignore_auto_extract
        self.mark_as_note = mark_as_note
        self.scheduled_command = scheduled_command
        self.relationships = relationships
        self.entry_type = EntryType.NOTE if entry_type is None else entry_type
        self.content_format = content_format
        self.execution_metrics = execution_metrics
        self.replace_existing = replace_existing
        self.tags = tags

    @staticmethod
    def _key_fields(outputs_key_field):
        if not outputs_key_field:
            return None
        if isinstance(outputs_key_field, str):
            return [outputs_key_field]
        if isinstance(outputs_key_field, list):
            return outputs_key_field
        raise TypeError(f"outputs_key_field must be a text or a list of texts, not {outputs_key_field!r}")

    def to_context(self):
        """Return the entry, as demisto.results takes it."""
        if self.execution_metrics:
            return self._metrics_entry()
        entry = {
            "Type": self.entry_type,
            "ContentsFormat": self._format(),
            "Contents": self.raw_response or None,
            "HumanReadable": self._readable(),
            "EntryContext": {**self._indicator_context(), **self._output_context()},
            "IndicatorTimeline": self.indicators_timeline.indicators_timeline if self.indicators_timeline else [],
            "IgnoreAutoExtract": bool(self.ignore_auto_extract),
            "Note": self.mark_as_note,
            "Relationships": [found.to_entry() for found in self.relationships or [] if found.to_entry()],
        }
        if self.tags:
            entry["Tags"] = self.tags
        if self.scheduled_command:
            entry.update(self.scheduled_command.to_results())
        return entry

    def _metrics_entry(self):
        return {
            "Type": EntryType.EXECUTION_METRICS,
            "ContentsFormat": EntryFormat.JSON,
            "Contents": "Metrics reported successfully.",
            "HumanReadable": None,
            "EntryContext": {},
            "APIExecutionMetrics": self.execution_metrics,
        }

    def _format(self):
        if self.content_format:
            return self.content_format
        # Whole numbers and True count as text, as in the original.
        is_text = self.raw_response and isinstance(self.raw_response, (*STRING_TYPES, int))
        return EntryFormat.TEXT if is_text else EntryFormat.JSON

    def _has_outputs(self):
        return self.outputs is not None and self.outputs != []

    def _readable(self):
        if not self.readable_output and self._has_outputs():
            return tableToMarkdown("Results", self.outputs)
        return self.readable_output or None

    def _output_context(self):
        if not self._has_outputs():
            return {}
        if not self.outputs_prefix:
            return self.outputs
        if self.replace_existing:
            return {f"{self.outputs_prefix}(true)": self.outputs}
        if not self._outputs_key_field:
            return {self.outputs_prefix: self.outputs}
        same = " && ".join(_same(key) for key in self._outputs_key_field)
        return {f"{self.outputs_prefix}({same})": self.outputs}

    def _indicator_context(self):
        context = {}
        for indicator in self.indicators or ([self.indicator] if self.indicator else []):
            for path, value in indicator.to_context().items():
                context.setdefault(path, []).append(value)
        return context


class PollResult:
    """What a polling function returns: `response`, whether to go on, the arguments of the next run.

    Page: Scheduled Commands.
    """

    def __init__(self, response, continue_to_poll=False, args_for_next_run=None, partial_result=None):
        self.response = response
        self.continue_to_poll = continue_to_poll
        self.args_for_next_run = args_for_next_run
        self.partial_result = partial_result


class ScheduledCommand:
    """A command that the server is to run again in `next_run_in_seconds` (at least 10). Needs server 6.2.0.

    Page: Scheduled Commands.
    """

    VERSION_MISMATCH_ERROR = "Scheduled commands need XSOAR 6.2.0 or later."

    def __init__(self, command, next_run_in_seconds, args=None, timeout_in_seconds=None):
        self.raise_error_if_not_supported()
        self._command = command
        if next_run_in_seconds < 10:
            demisto.info(f"{command}: the next run in {next_run_in_seconds} seconds is moved to 10, the least allowed.")
            next_run_in_seconds = 10
        self._next_run = str(next_run_in_seconds)
        self._args = args
        self._timeout = None if timeout_in_seconds is None else str(timeout_in_seconds)

    @staticmethod
    def raise_error_if_not_supported():
        """Raise DemistoException on a server before 6.2.0."""
        if not is_demisto_version_ge("6.2.0"):
            raise DemistoException(ScheduledCommand.VERSION_MISMATCH_ERROR)

    def to_results(self):
        """Return the keys that an entry carries for the server's scheduler."""
        return assign_params(
            PollingCommand=self._command, NextRun=self._next_run, PollingArgs=self._args, Timeout=self._timeout
        )


def polling_function(
    name,
    interval=30,
    timeout=600,
    poll_message="Fetching Results:",
    polling_arg_name="polling",
    requires_polling_arg=True,
):
    """Decorator for a function that returns PollResult: schedules the command `name` again until it is done.

    The command's arguments are the function's first positional dict, or its keyword argument `args`.

    The command's arguments `interval_in_seconds` and `timeout_in_seconds` win over `interval` and `timeout`.

    Page: Scheduled Commands.
    """

    def decorate(func):
        @wraps(func)
        def polled(*given, **kwargs):
            # Content of 2022 hands over (client, args), newer content (args, client).
            args = kwargs["args"] if "args" in kwargs else next(each for each in given if isinstance(each, dict))
            if requires_polling_arg and not argToBoolean(args.get(polling_arg_name) or False):
                return func(*given, **kwargs).response
            ScheduledCommand.raise_error_if_not_supported()
            result = func(*given, **kwargs)
            if not result.continue_to_poll:
                return result.response
            return _next_poll(result, args)

        return polled

    def _next_poll(result, args):
        readable = poll_message if not args.get("hide_polling_output") else None
        answer = result.partial_result or CommandResults(readable_output=readable)
        again = dict(result.args_for_next_run or args)
        again["hide_polling_output"] = True
        answer.scheduled_command = ScheduledCommand(
            command=name,
            next_run_in_seconds=arg_to_number(args.get("interval_in_seconds", interval)),
            args=again,
            timeout_in_seconds=arg_to_number(args.get("timeout_in_seconds", args.get("timeout", timeout))),
        )
        return answer

    return decorate


def fileResult(filename, data, file_type=None):
    """Write `data` (text or bytes) to a file of this run and return its entry; its path is `FileID`.

    Page: Python Code Conventions.
    """
    if isinstance(data, str):
        data = data.encode("utf-8")
    unique = demisto.uniqueFile()
    with open(demisto.investigation()["id"] + "_" + unique, "wb") as file:
        file.write(data)
    return _file_entry(filename, unique, file_type)


def file_result_existing_file(filename, saveFilename=None):
    """Make an existing file one of this run's and return its entry, named `saveFilename` or as the file."""
    unique = demisto.uniqueFile()
    os.rename(filename, demisto.investigation()["id"] + "_" + unique)
    return _file_entry(saveFilename or filename, unique, None)


def _file_entry(filename, unique, file_type):
    return {
        "Contents": "",
        "ContentsFormat": EntryFormat.TEXT,
        "Type": file_type or EntryType.FILE,
        "File": filename,
        "FileID": unique,
    }


def is_filename_valid(filename):
    """Tell whether the text can be the name of a file: not empty, no path separators or reserved characters."""
    return bool(filename) and not re.search(r'[\x00-\x1f<>:"/\\|?*]', filename)


def is_error(execute_command_result):
    """Tell whether the result of execute_command holds an error entry. Raises KeyError for a dict without a Type."""
    entries = execute_command_result if isinstance(execute_command_result, list) else [execute_command_result]
    return any(isinstance(entry, dict) and entry["Type"] == EntryType.ERROR for entry in entries)


isError = is_error


def get_error(execute_command_result):
    """Return the texts of the error entries, one a line. Raises ValueError where there is none."""
    if not is_error(execute_command_result):
        raise ValueError("there is no error entry in this result: ask is_error before get_error")
    if isinstance(execute_command_result, dict):
        return execute_command_result["Contents"]
    errors = [entry for entry in execute_command_result if is_error(entry)]
    return "\n".join(str(entry["Contents"]) for entry in errors)


def execute_command(command, args, extract_contents=True, fail_on_error=True):
    """Run another command (scripts only) and return its contents, or its entries.

    With `fail_on_error` false, returns (succeeded, contents or error text) and does not end on an error.
    """
    entries = demisto.executeCommand(command, args)
    failed = is_error(entries)
    if failed and fail_on_error:
        return_error(f"{command} failed: {get_error(entries)}")
    if failed:
        return False, get_error(entries)
    answer = entries
    if extract_contents:
        contents = [entry.get("Contents", {}) for entry in entries if isinstance(entry, dict)]
        answer = contents[0] if len(contents) == 1 else contents
    return answer if fail_on_error else (True, answer)


def execute_polling_command(command_name, args=None, using_brand=None, using_instance=None, **kwargs):
    """Run a polling command to its end (scripts only); return a list with the CommandResults of its last run.

    Their `outputs` are the entry's context. Between two runs it sleeps as long as the command asks for, and gives
    up, with DemistoException, when the command's time-out (seconds; else 600) has passed. An error entry raises
    DemistoException. The arguments are those that published scripts pass; the original's further ones are ignored.
    """
    using = assign_params(**{"using-brand": using_brand, "using": using_instance})
    command, args = command_name, {**(args or {}), **using}
    waited = 0.0
    while True:
        entries = demisto.executeCommand(command, args) or []
        if is_error(entries):
            raise DemistoException(get_error(entries))
        entries = [entry for entry in entries if isinstance(entry, dict)]
        again = next((entry for entry in entries if entry.get("PollingCommand")), None)
        if again is None:
            return [_results_of_entry(entry) for entry in entries]
        pause = float(again.get("NextRun") or 10)
        waited += pause
        if waited > float(again.get("Timeout") or 600):
            raise DemistoException(f"{command_name} was not done after {waited - pause:g} seconds of polling")
        time.sleep(pause)
        command, args = again["PollingCommand"], {**(again.get("PollingArgs") or {}), **using}


def _results_of_entry(entry):
    return CommandResults(
        outputs=entry.get("EntryContext") or None,
        readable_output=entry.get("HumanReadable"),
        raw_response=entry.get("Contents"),
        entry_type=entry.get("Type"),
    )


def isCommandAvailable(cmd):
    """Tell whether an enabled instance offers the command."""
    return cmd in (demisto.getAllSupportedCommands() or {}).values()


def appendContext(key, data, dedup=False):
    """Add `data` to what the context holds under `key` (scripts only)."""
    if data is None:
        return
    existing = demisto.get(demisto.context(), key)
    if not existing:
        demisto.setContext(key, data)
        return
    values = existing if isinstance(existing, list) else [existing]
    values = values + (data if isinstance(data, list) else [data])
    if dedup:
        values = [value for number, value in enumerate(values) if value not in values[:number]]
    demisto.setContext(key, values)


class CommandRunner:
    """Runs one command on several instances (scripts only) and sorts the results from the errors.

    Page: Python Code Conventions.
    """

    class Command:
        """A command, or several, with the arguments of each call."""

        def __init__(self, commands, args_lst, brand=None, instance=None):
            if isinstance(commands, str):
                commands = [commands] * (len(args_lst) if isinstance(args_lst, list) else 1)
            if isinstance(args_lst, dict):
                args_lst = [args_lst] * len(commands)
            self._is_valid(commands, args_lst)
            self.commands = commands
            self.brand = brand
            self.instance = instance
            using = assign_params(**{"using-brand": brand, "using": instance})
            self.args_lst = [{**args, **using} for args in args_lst]

        @staticmethod
        def _is_valid(commands, args_lst):
            if len(commands) != len(args_lst):
                raise DemistoException(f"{len(commands)} commands do not match {len(args_lst)} lists of arguments")

    class Result:
        """What one call returned."""

        def __init__(self, command, args, brand, instance, result):
            self.command = command
            self.args = args
            self.brand = brand
            self.instance = instance
            self.result = result

    @staticmethod
    def execute_commands(command, extract_contents=True):
        """Run all calls of a Command; return (results, errors), lists of Result."""
        results, errors = [], []
        for name, args in zip(command.commands, command.args_lst):
            for entry in demisto.executeCommand(name, args) or []:
                failed = is_error(entry)
                found = get_error([entry]) if failed else entry.get("Contents") if extract_contents else entry
                metadata = entry.get("Metadata", {}) or {}
                brand = command.brand or metadata.get("brand", "Unknown")
                instance = command.instance or metadata.get("instance", "Unknown")
                (errors if failed else results).append(CommandRunner.Result(name, args, brand, instance, found))
        return results, errors

    @staticmethod
    def get_results_summary(results, errors):
        """Return a table that tells how each call ended."""
        rows = [(result, "Success") for result in results] + [(error, error.result) for error in errors]
        table = [
            {"Instance": f"{row.brand}: {row.instance}", "Command": row.command, "Result": told} for row, told in rows
        ]
        return tableToMarkdown("Results Summary", table, headers=["Instance", "Command", "Result"])

    @staticmethod
    def run_commands_with_summary(commands):
        """Run Commands; return [contents of all results, entry with the summary]. An error if all failed."""
        results, errors = [], []
        for command in commands:
            good, bad = CommandRunner.execute_commands(command)
            results += good
            errors += bad
        summary = CommandRunner.get_results_summary(results, errors)
        if not results:
            return_error(summary)
        return [result.result for result in results], CommandResults(readable_output=summary)


# --- Arguments ---------------------------------------------------------------------------------------------------


def argToList(arg, separator=",", transform=None):
    """Return a list from a list, a JSON list in text, a separated text or a single value; [] for nothing.

    `transform` is applied to each element.

    Page: Fetching Credentials.
    """
    values = _split_argument(arg, separator)
    return [transform(value) for value in values] if transform else values


def _split_argument(arg, separator):
    if not arg:
        return []
    if isinstance(arg, list):
        return arg
    if not isinstance(arg, STRING_TYPES):
        return [arg]
    if arg[0] == "[" and arg[-1] == "]":
        try:
            return json.loads(arg)
        except ValueError:
            pass
    return [part.strip() for part in arg.split(separator)]


def argToBoolean(value):
    """Return the boolean of a bool or of `yes`, `no`, `true`, `false` in any case. Raises ValueError otherwise."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, STRING_OBJ_TYPES):
        raise ValueError("Argument is neither a string nor a boolean")
    known = {"y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}
    answer = known.get(value.lower()) if len(value) > 1 else None
    if answer is None:
        raise ValueError("Argument does not contain a valid boolean-like value")
    return answer


def _missing(arg_name):
    return ValueError(f'Missing "{arg_name}"' if arg_name else "Missing required argument")


def _invalid(kind, arg, arg_name):
    return ValueError(f'Invalid {kind}: "{arg_name}"="{arg}"' if arg_name else f'"{arg}" is not a valid {kind}')


def arg_to_number(arg, arg_name=None, required=False):
    """Return an int from an int or a text (a fraction is cut off); None for None and ''.

    Raises ValueError for anything else, and for nothing where the argument is required.

    Page: Generate YML from Python.
    """
    if arg is None or arg == "":
        if required:
            raise _missing(arg_name)
        return None
    if isinstance(arg, int):
        return arg
    if isinstance(arg, str):
        try:
            return int(arg) if arg.isdigit() else int(float(arg))
        except (ValueError, OverflowError):
            pass
    raise _invalid("number", arg, arg_name)


_MILLISECONDS_FROM = 2_000_000_000
_SPAN = re.compile(r"([0-9]{1,4}) (second|minute|hour|day|week)s?(?: ago)?")
_ISO = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3}(?:[0-9]{3})?)?")


def _parse_date(text, settings):
    """dateparser.parse for UTC, with a short way for plain spans and ISO times, where it gives the same answer."""
    if settings is None:
        span = _SPAN.fullmatch(text)
        if span:
            return _utc_now() - timedelta(**{span[2] + "s": int(span[1])})
        if _ISO.fullmatch(text):
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                # Such as a 32nd day: dateparser has an opinion on that too.
                pass
    return dateparser.parse(text, settings=settings or {"TIMEZONE": "UTC"})


def arg_to_datetime(arg, arg_name=None, is_utc=True, required=False, settings=None):
    """Return a datetime from epoch seconds or milliseconds (number or digits), a date or a span such as `3 days`.

    Numbers give aware UTC times (naive local ones if not `is_utc`); texts are read by dateparser with `settings`,
    as UTC, and are naive unless they name a zone. None for None. Raises ValueError for what is no date.

    Page: Fetching Incidents.
    """
    if arg is None:
        if required:
            raise _missing(arg_name)
        return None
    if isinstance(arg, (int, float)) or (isinstance(arg, str) and arg.isdigit()):
        moment = float(arg)
        if moment > _MILLISECONDS_FROM:
            moment /= 1000.0
        return datetime.fromtimestamp(moment, tz=timezone.utc) if is_utc else datetime.fromtimestamp(moment)
    date = _parse_date(arg, settings) if isinstance(arg, str) else None
    if date is None:
        raise _invalid("date", arg, arg_name)
    return date


def assign_params(keys_to_ignore=None, values_to_ignore=None, **kwargs):
    """Return the keyword arguments as a dict, without empty values (None, '', [], {}, ()).

    `keys_to_ignore` and `values_to_ignore` (in place of the empty values) are lists.
    """
    if values_to_ignore is None:
        values_to_ignore = (None, "", [], {}, ())
    skipped = keys_to_ignore or ()
    return {key: value for key, value in kwargs.items() if value not in values_to_ignore and key not in skipped}


def remove_nulls_from_dictionary(data):
    """Remove, in place, the keys whose value is None, '', [], {} or ()."""
    for key in [key for key, value in data.items() if value in (None, "", [], {}, ())]:
        del data[key]


def remove_empty_elements(d):
    """Return a copy without None, [] and {} at any depth; empty texts, zeros and False stay."""
    if isinstance(d, list):
        return [value for value in map(remove_empty_elements, d) if not _is_void(value)]
    if isinstance(d, dict):
        cleaned = ((key, remove_empty_elements(value)) for key, value in d.items())
        return {key: value for key, value in cleaned if not _is_void(value)}
    return d


def _is_void(value):
    return value is None or value == {} or value == []


def dict_safe_get(dict_object, keys, default_return_value=None, return_type=None, raise_return_type=True):
    """Return what lies at the path `keys` (keys and indices) of nested dicts and lists, or the default.

    With `return_type`, a value of another type raises TypeError, or gives the default if not `raise_return_type`.
    """
    if not isinstance(keys, (list, tuple)):
        keys = [keys]
    value = dict_object
    try:
        for key in keys:
            value = value[key]
    except (KeyError, TypeError, IndexError, AttributeError):
        value = default_return_value
    if return_type and not isinstance(value, return_type):
        if raise_return_type:
            raise TypeError(f"{keys} holds {value!r} of type {type(value)}, expected {return_type}: {dict_object}")
        value = default_return_value
    return value


def safe_load_json(json_object):
    """Return what a JSON text, or the file of an entry id, holds; ends with return_error if it is no JSON."""
    if not isinstance(json_object, dict) and (json_object.startswith(("{", "[")) and json_object.endswith(("}", "]"))):
        try:
            return json.loads(json_object)
        except ValueError as error:
            return_error(f"Unable to parse JSON text - {error}")
    if isinstance(json_object, dict):
        return json_object
    try:
        with open(demisto.getFilePath(json_object)["path"], "rb") as file:
            return json.load(file)
    except Exception as error:
        return_error(f"Unable to parse JSON file. Is {json_object!r} the id of an entry with a JSON file? - {error}")


def parse_json_string(json_string):
    """Return the value of a JSON text, also one that was written as a JSON text twice."""
    value = json.loads(json_string)
    return json.loads(value) if isinstance(value, str) else value


def comma_separated_mapping_to_dict(raw_text):
    """Return the dict of a text such as `key1=value1,key2=value2`. Raises DemistoException for anything else."""
    mapping = {}
    for pair in argToList(raw_text):
        key, equals, value = str(pair).partition("=")
        if not equals:
            raise DemistoException(f"{pair!r} is not of the form key=value")
        mapping[key.strip()] = value.strip()
    return mapping


def batch(iterable, batch_size=1):
    """Yield slices of the sequence, each of at most `batch_size` elements. Page: Feed Integrations."""
    whole = len(iterable)
    if batch_size < 1:
        return
    for start in range(0, whole, batch_size):
        yield iterable[start : min(start + batch_size, whole)]


def merge_lists(original_list, updated_list, key):
    """Return the dicts of both lists; where both have the same value under `key`, the updated one."""
    merged = {item[key]: item for item in original_list}
    merged.update({item[key]: item for item in updated_list})
    return list(merged.values())


def remove_duplicates_from_list_arg(args, field):
    """Return the values of the list argument `field`, each once, in their first order."""
    return list(dict.fromkeys(argToList(args.get(field))))


def convert_dict_values_bytes_to_str(input_dict):
    """Return a copy in which bytes, at any depth, have become text."""
    if isinstance(input_dict, dict):
        return {key: convert_dict_values_bytes_to_str(value) for key, value in input_dict.items()}
    if isinstance(input_dict, list):
        return [convert_dict_values_bytes_to_str(value) for value in input_dict]
    return input_dict.decode("utf-8") if isinstance(input_dict, bytes) else input_dict


def replace_spaces_in_credential(credential):
    """Return a PEM text whose line breaks were turned into blanks (as text fields do) with its lines restored."""
    if not credential:
        return credential
    match = re.match(r"\s*(-----BEGIN [^-]+-----)(.*?)(-----END [^-]+-----)\s*", credential, re.DOTALL)
    if not match:
        return credential
    return "\n".join([match[1], *match[2].split(), match[3]])


# --- Time --------------------------------------------------------------------------------------------------------


def _utc_now():
    """Return the time now, naive, in UTC."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def get_current_time(time_zone=0):
    """Return the time now in UTC, moved by `time_zone` hours, aware (marked as UTC)."""
    return datetime.now(timezone.utc) + timedelta(hours=time_zone)


def date_to_timestamp(date_str_or_dt, date_format="%Y-%m-%dT%H:%M:%S"):
    """Return epoch milliseconds of a datetime or a text; both are read as local time, whole seconds only."""
    if isinstance(date_str_or_dt, STRING_OBJ_TYPES):
        moment = time.strptime(date_str_or_dt, date_format)
    else:
        moment = date_str_or_dt.timetuple()
    return int(time.mktime(moment) * 1000)


def timestamp_to_datestring(timestamp, date_format="%Y-%m-%dT%H:%M:%S.000Z", is_utc=False):
    """Return the text of epoch milliseconds (number or digits); local time unless `is_utc` or the default format.

    Page: Fetching Incidents.
    """
    use_utc = is_utc or date_format.endswith("Z")
    seconds = int(timestamp) / 1000.0
    date = datetime.fromtimestamp(seconds, tz=timezone.utc) if use_utc else datetime.fromtimestamp(seconds)
    return date.strftime(date_format)


def parse_date_range(date_range, date_format=None, to_timestamp=False, timezone=0, utc=True):
    """Return (start, end) of a span up to now such as `3 days`: naive datetimes, UTC or local if not `utc`.

    `date_format` gives texts, `to_timestamp` epoch milliseconds (read as local time). `timezone` adds hours.
    Units: minutes, hours, days, months (30 days), years (365 days); return_error for anything else.
    """
    number, unit = _span_of(date_range)
    if not isinstance(timezone, (int, float)):
        return_error(f"timezone must be a number of hours, not {timezone!r}")
    end = (_utc_now() if utc else datetime.now()) + timedelta(hours=timezone)
    start = end - number * unit
    if to_timestamp:
        return date_to_timestamp(start), date_to_timestamp(end)
    if date_format:
        return datetime.strftime(start, date_format), datetime.strftime(end, date_format)
    return start, end


_RANGE_UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}


def _span_of(date_range):
    """Return (number, timedelta) of a text such as `3 days`."""
    parts = date_range.strip().split(" ")
    if len(parts) != 2:
        return_error(f'date_range must be a number and a unit, such as "3 days" or "2 hours"; got "{date_range}"')
    number, name = parts
    try:
        number = int(number)
    except ValueError:
        return_error(f'The number of date_range is not an integer: "{date_range}"')
    unit = _RANGE_UNITS.get(re.sub(r"s$", "", name.lower()))
    if unit is None:
        return_error(f'The unit of date_range must be minutes, hours, days, months or years; got "{date_range}"')
    return number, unit


def parse_date_string(date_string, date_format="%Y-%m-%dT%H:%M:%S"):
    """Return a naive datetime of a text; in ISO texts a fraction and an offset beyond the format are tolerated.

    The offset is dropped, a fraction longer than six digits is cut. Raises ValueError if the text does not fit.
    """
    try:
        return datetime.strptime(date_string, date_format).replace(tzinfo=None)
    except ValueError as error:
        clock = _ISO_LOOSE.fullmatch(date_string)
        if clock is None or not _may_be_loose(clock, date_format, error):
            raise
        parsed = datetime.strptime(clock["whole"], "%Y-%m-%dT%H:%M:%S")
        return parsed.replace(microsecond=int((clock["fraction"] or "0")[:6].ljust(6, "0")))


_ISO_LOOSE = re.compile(
    r"(?P<whole>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(?P<fraction>\d+))?(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)


def _may_be_loose(clock, date_format, error):
    """Tell whether the original, too, reads an ISO text that does not fit the format."""
    fraction, zone = clock["fraction"], clock["zone"]
    if fraction and zone:
        return not date_format.endswith(".%f")
    return bool(fraction or zone) or "unconverted" in str(error)


def FormatIso8601(t):
    """Return `YYYY-MM-DDTHH:MM:SS` of a datetime."""
    return t.strftime("%Y-%m-%dT%H:%M:%S")


def formatEpochDate(t):
    """Return the local time of epoch seconds in the words of time.ctime; '' for nothing."""
    return time.ctime(t) if t else ""


def epochToTimestamp(epoch):
    """Return `YYYY-MM-DD HH:MM:SS` (UTC) of epoch milliseconds."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(epoch / 1000.0))


def datetime_to_string(datetime_obj):
    """Return the text of a datetime, None for anything else; made for `json.dumps(default=...)`."""
    return str(datetime_obj) if isinstance(datetime_obj, datetime) else None


def FormatADTimestamp(ts):
    """Return the UTC time of an Active Directory timestamp (100 ns since 1601) in the words of time.ctime."""
    return time.asctime(time.gmtime(int(ts) / 10000000 - 11644473600))


def PrettifyCompactedTimestamp(x):
    """Return `YYYY-MM-DDTHH:MM:SS` of the digits YYYYMMDDHHMMSS."""
    return f"{x[:4]}-{x[4:6]}-{x[6:8]}T{x[8:10]}:{x[10:12]}:{x[12:]}"


def formatTimeColumns(data, timeColumnNames):
    """Replace, in place, epoch milliseconds in these columns of the rows by text."""
    for row in data:
        for name in timeColumnNames:
            row[name] = epochToTimestamp(row[name])


def has_passed_time_threshold(timestamp_str, seconds_threshold):
    """Tell whether more than that many seconds have passed since the time in the text."""
    then = dateparser.parse(timestamp_str, settings={"TIMEZONE": "UTC", "RETURN_AS_TIMEZONE_AWARE": True})
    return (datetime.now(timezone.utc) - then).total_seconds() > seconds_threshold


def safe_sleep(duration_seconds):
    """Sleep, unless the command would then outlive its time-out (`runDuration` minutes): then raise ValueError."""
    minutes = _calling_context().get("runDuration")
    if minutes:
        spent = (datetime.now() - SAFE_SLEEP_START_TIME).total_seconds()
        if spent + duration_seconds > float(minutes) * 60:
            raise ValueError(f"a sleep of {duration_seconds} s after {spent:.0f} s would pass the time-out")
    time.sleep(duration_seconds)


class _TimeIsUp(TimeoutError):
    """What leaves the block of an ExecutionTimeout; the block's own `except Exception` can catch it."""


class ExecutionTimeout:
    """Context manager that leaves its block, without an error behind it, once `seconds` of it have passed.

    Time is the clock's, so a simulated one counts: vendor latency, sleeps. It is looked at whenever the script or
    this text calls or returns, in the thread that entered the block; a loop that calls nothing is not left.
    """

    def __init__(self, seconds):
        self.seconds = seconds
        self._entered = []

    def __enter__(self):
        before = sys.getprofile()
        leaving = ExecutionTimeout.__exit__.__code__
        own = (leaving.co_filename, sys._getframe(1).f_code.co_filename)
        deadline = time.monotonic() + float(self.seconds)
        up = _TimeIsUp(f"the {self.seconds} seconds of the block have passed")

        def look(frame, event, arg):
            if before is not None:
                before(frame, event, arg)
            # Only where a script's own frame is on top: libraries are not left half way through their work.
            code = frame.f_code
            if code.co_filename in own and code is not leaving and time.monotonic() >= deadline:
                raise up

        self._entered.append((before, up))
        sys.setprofile(look)
        return self

    def __exit__(self, kind, error, trace):
        before, up = self._entered.pop()
        sys.setprofile(before)
        if error is up:
            demisto.debug(f"A block was left: {up}")
        return error is up


# --- Text and keys -----------------------------------------------------------------------------------------------

MARKDOWN_CHARS = r"\`*_{}[]()#+-!|"

pascalRegex = re.compile(r"([A-Z]?[a-z]+)")


def pascalToSpace(s):
    """Return the words of a PascalCase text, each with a capital, with blanks between them."""
    if not isinstance(s, STRING_OBJ_TYPES):
        return s
    words = pascalRegex.sub(r" \1 ", s).split()
    return " ".join(word[0].upper() + word[1:] if word[0].isascii() else word for word in words)


def string_to_table_header(string):
    """Return `Hello World` of `hello_world`. Raises Exception for anything but text. Page: Python Code Conventions."""
    if not isinstance(string, STRING_OBJ_TYPES):
        raise Exception(f"The key is not a string: {string}")
    return " ".join(word.capitalize() for word in string.replace("_", " ").split())


def string_to_context_key(string):
    """Return `HelloWorld` of `hello_world`. Raises Exception for anything but text."""
    if not isinstance(string, STRING_OBJ_TYPES):
        raise Exception(f"The key is not a string: {string}")
    return "".join(word.capitalize() for word in string.split("_"))


def underscoreToCamelCase(s, upper_camel=True):
    """Return `HelloWorld` (or `helloWorld`) of `hello_world`; anything but text unchanged.

    Page: Python Code Conventions.
    """
    return camelize_string(s, "_", upper_camel) if isinstance(s, STRING_OBJ_TYPES) else s


def camelize_string(src_str, delim="_", upper_camel=True):
    """Return the words between the delimiters joined in CamelCase (or camelCase)."""
    if not src_str:
        return src_str
    first, *rest = src_str.split(delim)
    tail = "".join(word.title() for word in rest)
    return (first.title() if upper_camel else first.lower()) + tail


def camel_case_to_underscore(s):
    """Return `hello_world` of `helloWorld` or `HelloWorld`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])", "_", s).lower()


def _with_keys(src, change):
    """Return a dict, or each of a list of dicts, with its own keys changed; nested ones stay."""
    if isinstance(src, list):
        return [_with_keys(each, change) for each in src]
    return {change(key): value for key, value in src.items()}


def camelize(src, delim=" ", upper_camel=True):
    """Return the dict, or list of dicts, with its keys in CamelCase (or camelCase)."""
    return _with_keys(src, lambda key: camelize_string(key, delim, upper_camel))


def snakify(src):
    """Return the dict, or list of dicts, with its keys in snake_case."""
    return _with_keys(src, camel_case_to_underscore)


def replace_in_keys(src, existing=".", new="_"):
    """Return the dict, or list of dicts, with `existing` replaced by `new` in its keys."""
    return _with_keys(src, lambda key: key.replace(existing, new))


def stringEscape(st):
    """Return the text with line breaks and tabs written as escapes."""
    return st.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")


def stringUnEscape(st):
    """Undo stringEscape."""
    return st.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t")


def doubleBackslashes(st):
    """Return the text with each backslash doubled."""
    return st.replace("\\", "\\\\")


def stringEscapeMD(st, minimal_escaping=False, escape_multiline=False):
    """Return the text with Markdown's characters escaped (only `|` if minimal), line breaks as <br> if asked."""
    if escape_multiline:
        st = re.sub(r"\r\n|\r|\n", "<br>", st)
    if minimal_escaping:
        return st.replace("|", "\\|")
    return "".join("\\" + char if char in MARKDOWN_CHARS else char for char in st)


def b64_encode(text):
    """Return the base64 text of a text or of bytes; '' for nothing."""
    if not text:
        return ""
    return base64.b64encode(text if isinstance(text, bytes) else text.encode("utf-8")).decode("utf-8")


def b64_decode(b64_string):
    """Return the bytes of a base64 text."""
    return base64.b64decode(b64_string)


def encode_string_results(text):
    """Return the value as it is: only Python 2 had text to encode."""
    return text


def hash_djb2(s, seed=5381):
    """Return Bernstein's hash (32 bits) of a text."""
    value = seed
    for char in s:
        value = (value * 33 + ord(char)) & 0xFFFFFFFF
    return value


def shorten_string_for_printing(source_string, max_length=64):
    """Return the text, with `...` in its middle where it is longer than `max_length`."""
    if not source_string or len(source_string) <= max_length:
        return source_string
    kept = max_length - 3
    tail = kept // 2
    return source_string[: kept - tail] + "..." + source_string[len(source_string) - tail :]


def get_size_of_object(input_object):
    """Return the bytes of an object with all that it holds."""
    seen, waiting, size = set(), [input_object], 0
    while waiting:
        found = waiting.pop()
        if id(found) in seen or isinstance(found, (type, types.ModuleType, types.FunctionType)):
            continue
        seen.add(id(found))
        size += sys.getsizeof(found)
        waiting.extend(gc.get_referents(found))
    return size


def urljoin(url, suffix=""):
    """Return the two joined by exactly one slash. Page: Python Code Conventions."""
    return (url if url[-1:] == "/" else url + "/") + (suffix[1:] if suffix.startswith("/") else suffix)


def createContextSingle(obj, id=None, keyTransform=None, removeNull=False):
    """Return the context of one dict: dotted keys become nested dicts, `id` goes in as ID."""
    context = {}
    for key in obj.keys():
        if removeNull and obj[key] in (None, "", [], {}, ()):
            continue
        *parents, last = key.split(".")
        place = context
        for parent in parents:
            place = place.setdefault(parent, {})
        place[keyTransform(last) if keyTransform else last] = obj[key]
    if id:
        context.setdefault("ID", id)
    return context


def createContext(data, id=None, keyTransform=None, removeNull=False):
    """Return the context of a dict or of a list of dicts; see createContextSingle."""
    if isinstance(data, (list, tuple)):
        return [createContextSingle(each, id, keyTransform, removeNull) for each in data]
    return createContextSingle(data, id, keyTransform, removeNull)


# --- Tables ------------------------------------------------------------------------------------------------------


class JsonTransformer:
    """How a nested value is shown in a table's cell: only some `keys`, flat, or by a function of one's own.

    Page: Python Code Conventions.
    """

    def __init__(self, flatten=False, keys=None, is_nested=False, func=None):
        self.keys = set(keys or ())
        self.is_nested = is_nested
        self.func = func
        self.flatten = flatten

    def json_to_str(self, json_input, is_pretty=True):
        """Return the text of a cell."""
        if self.func:
            return self.func(json_input)
        if isinstance(json_input, STRING_TYPES):
            return json_input
        if not isinstance(json_input, (dict, list)):
            return flattenCell(json_input, is_pretty)
        if self.flatten:
            if isinstance(json_input, dict):
                return "\n".join(f"{key}: {flattenCell(value, is_pretty)}" for key, value in json_input.items())
            return flattenCell(json_input, is_pretty)
        return "\n".join(self._lines(json_input))

    def _lines(self, json_input, depth=0):
        """Yield the lines of a cell: leaves as `***key***: text`, what holds others in bold, elements of lists as -."""
        tabs = "\t" * depth
        if isinstance(json_input, dict):
            for key, value in json_input.items():
                if not isinstance(value, (dict, list)):
                    if self._shows(key):
                        yield f"{tabs}***{key}***: {flattenCell(value)}"
                    continue
                inner = list(self._inner(key)._lines(value, depth + 1)) if self._shows(key) or self.is_nested else []
                yield from [f"{tabs}**{key}**:", *inner] if inner else []
        elif json_input and isinstance(json_input[0], (dict, list)):
            for each in json_input:
                inner = list(self._lines(each, depth + 1)) if isinstance(each, (dict, list)) else []
                yield from [f"{tabs}**-**\t" + inner[0].lstrip("\t"), *inner[1:]] if inner else []
        else:
            yield f"{tabs}***values***: " + ", ".join(map(str, json_input))

    def _shows(self, key):
        return not self.keys or key in self.keys

    def _inner(self, key):
        # Below a key that was asked for, everything is shown.
        return JsonTransformer() if self._shows(key) else self

    def json_to_path_generator(self, json_input, path=None):
        """Yield (path, key, value) of each leaf that is to be shown; a list of plain values has the key `values`."""
        path = path or []
        if isinstance(json_input, dict):
            for key, value in json_input.items():
                if not isinstance(value, (dict, list)):
                    if self._shows(key):
                        yield path, key, value
                elif self._shows(key) or self.is_nested:
                    yield from self._inner(key).json_to_path_generator(value, [*path, key])
        elif json_input and isinstance(json_input[0], (dict, list)):
            for number, each in enumerate(json_input):
                yield from self.json_to_path_generator(each, [*path, f"[{number}]"])
        else:
            yield path, "values", json_input


def flattenCell(data, is_pretty=True):
    """Return the text of a value: texts as they are, lists one element a line, dicts as JSON."""
    if isinstance(data, STRING_TYPES):
        return data
    if isinstance(data, list):
        return ",\n".join(each.decode() if isinstance(each, bytes) else str(each) for each in data)
    return json.dumps(data, indent=4 if is_pretty else None, ensure_ascii=False)


def formatCell(data, is_pretty=True, json_transform=None):
    """Return the text of a cell; `json_transform` (JsonTransformer) says how nested values are shown."""
    return (json_transform or JsonTransformer(flatten=True)).json_to_str(data, is_pretty)


def flattenRow(rowDict):
    """Return the row with each value as text."""
    return {key: formatCell(value) for key, value in rowDict.items()}


def flattenTable(tableDict):
    """Return the rows with each value as text."""
    return [flattenRow(row) for row in tableDict]


def create_clickable_url(url):
    """Return a Markdown link to the address, or a list of them; None for nothing."""
    if not url:
        return None
    if isinstance(url, list):
        return [f"[{each}]({each})" for each in url]
    return f"[{url}]({url})"


def url_to_clickable_markdown(data, url_keys):
    """Return the data with the values under `url_keys`, at any depth, as Markdown links."""
    if isinstance(data, list):
        return [url_to_clickable_markdown(each, url_keys) for each in data]
    if isinstance(data, dict):
        return {
            key: create_clickable_url(value) if key in url_keys else url_to_clickable_markdown(value, url_keys)
            for key, value in data.items()
        }
    return data


def tableToMarkdown(
    name,
    t,
    headers=None,
    headerTransform=None,
    removeNull=False,
    metadata=None,
    url_keys=None,
    date_fields=None,
    json_transform_mapping=None,
    is_auto_json_transform=False,
    sort_headers=True,
):
    """Return a Markdown table of a dict or a list of dicts (or of values, with one header).

    Headers default to the first row's keys, sorted. `date_fields` hold epoch milliseconds, `url_keys` addresses.
    Raises Exception where rows are no dicts and no header is given.

    Page: Python Code Conventions.
    """
    rows = _rows_of(t)
    if isinstance(t, dict) and len(t) == 1 and not headers and isinstance([*t.values()][0], (list, dict)):
        # A dict of one thing is a table of that thing, under its name.
        [(key, value)] = t.items()
        rows = value if isinstance(value, list) else [value]
        if rows and not isinstance(rows[0], dict):
            rows = [{key: row} for row in rows]
        headers, url_keys = [key], None
    title = (f"### {name}\n" if name else "") + (f"{metadata}\n" if metadata else "")
    if not rows:
        return title + "**No entries.**\n"
    if not isinstance(rows[0], dict):
        rows, url_keys = _rows_from_values(rows, headers), None
    if isinstance(headers, str):
        headers = [headers]
    if not headers:
        headers = sorted(rows[0]) if sort_headers else list(rows[0])
    if not headers:
        return title + "**No entries.**\n"
    if url_keys:
        rows = url_to_clickable_markdown(rows, url_keys)
    if removeNull:
        headers = [header for header in headers if any(not _is_blank(row.get(header)) for row in rows)]
        if not headers:
            return title + "**No entries.**\n"
    transforms = json_transform_mapping or {}
    default = JsonTransformer() if is_auto_json_transform else None
    shown = [headerTransform(header) if headerTransform else stringEscapeMD(header, True, True) for header in headers]
    lines = ["|" + "|".join(shown) + "|", "|" + "---|" * len(headers)]
    for row in rows:
        cells = (
            _cell(row.get(header), header in (date_fields or ()), transforms.get(header, default)) for header in headers
        )
        lines.append("| " + " | ".join(cells) + " |")
    return title + "\n".join(lines) + "\n"


tblToMd = tableToMarkdown


def _rows_of(t):
    if not t:
        return []
    if isinstance(t, (int, float)):
        raise TypeError(f"a table is made of dicts, not of {t!r}")
    return t if isinstance(t, list) else [t]


def _rows_from_values(values, headers):
    if not headers:
        raise Exception("tableToMarkdown needs a header, such as headers=['Id'], for rows that are no dicts")
    header = headers if isinstance(headers, str) else headers[0]
    return [{header: value} for value in values]


def _is_blank(value):
    return value is None or value in ("", [], {}, ())


def _cell(value, is_date, transform):
    if _is_blank(value) and not (transform and value == []):
        return ""
    if is_date:
        try:
            value = epochToTimestamp(int(value))
        except (TypeError, ValueError):
            pass
    return stringEscapeMD(formatCell(value, False, transform), minimal_escaping=True, escape_multiline=True)


def sectionsToMarkdown(root):
    """Return a table for each key of the dict."""
    tables = ((name, _rows_of(rows)) for name, rows in root.items())
    return "".join(tableToMarkdown(name, flattenTable(rows)) for name, rows in tables)


def aws_table_to_markdown(response, table_header):
    """Return a table of an AWS answer; where it has one key only, of what lies under that."""
    if isinstance(response, dict) and len(response) == 1:
        [(key, value)] = response.items()
        if isinstance(value, list) and value and not isinstance(value[0], dict):
            return tableToMarkdown(table_header, value, headers=[key])
        if isinstance(value, (dict, list)):
            return tableToMarkdown(table_header, value)
    return tableToMarkdown(table_header, response)


# --- HTTP --------------------------------------------------------------------------------------------------------

_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


def skip_proxy():
    """Remove the proxies from the environment."""
    for name in _PROXY_VARIABLES:
        os.environ.pop(name, None)


def add_http_prefix_if_missing(address=""):
    """Return the address with `http://` before it, unless it is empty or names http, https or a socks version."""
    prefixes = ("http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://")
    return address if not address or address.startswith(prefixes) else "http://" + address


def ensure_proxy_has_http_prefix():
    """Write `http://` before the proxies in the environment that name no scheme."""
    for name in _PROXY_VARIABLES:
        if os.environ.get(name):
            os.environ[name] = add_http_prefix_if_missing(os.environ[name])


def skip_cert_verification():
    """Remove the variables that name a bundle of certificates from the environment. Page: Trust Any Certificate."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        os.environ.pop(name, None)


def handle_insecure(insecure_param_name=None):
    """Forget the bundle of certificates if the instance trusts any certificate."""
    params = demisto.params()
    names = (insecure_param_name,) if insecure_param_name else ("insecure", "unsecure")
    if any(params.get(name) for name in names):
        skip_cert_verification()


_forget_certificates_if_insecure = handle_insecure


def handle_proxy(
    proxy_param_name="proxy", checkbox_default_value=False, handle_insecure=True, insecure_param_name=None
):
    """Return {'http': ..., 'https': ...} of the environment if the instance uses the proxy.

    If it does not, return {} and remove the proxies from the environment. Also sees to the insecure parameter.
    """
    proxies = {}
    if demisto.params().get(proxy_param_name, checkbox_default_value):
        ensure_proxy_has_http_prefix()
        proxies = {
            scheme: os.environ.get(f"{scheme.upper()}_PROXY") or os.environ.get(f"{scheme}_proxy", "")
            for scheme in ("http", "https")
        }
    else:
        skip_proxy()
    if handle_insecure:
        _forget_certificates_if_insecure(insecure_param_name)
    return proxies


def handle_proxy_for_long_running(proxy_param_name="proxy", checkbox_default_value=False, handle_insecure=True):
    """As handle_proxy, for long-running commands, whose proxy is in CRTX_HTTP_PROXY. Returns (proxies, verify)."""
    proxies = handle_proxy(proxy_param_name, checkbox_default_value, handle_insecure)
    own = os.environ.get("CRTX_HTTP_PROXY")
    if own and proxies:
        proxies = dict.fromkeys(("http", "https"), own)
    return proxies, not demisto.params().get("insecure")


CIPHERS_STRING = "DEFAULT:@SECLEVEL=1"


class SSLAdapter(HTTPAdapter):
    """A transport for old servers: weaker ciphers and, if `verify` is off, legacy renegotiation.

    Page: Trust Any Certificate.
    """

    def __init__(self, verify=True, **kwargs):
        self.verify = verify
        super().__init__(**kwargs)

    def _context(self):
        # Built where it is needed: a context costs more time than all the rest of a client.
        context = create_urllib3_context(ciphers=CIPHERS_STRING)
        if not self.verify:
            context.check_hostname = False
            context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
        return context

    def init_poolmanager(self, *args, **kwargs):
        kwargs["ssl_context"] = self._context()
        return super().init_poolmanager(*args, **kwargs)

    def proxy_manager_for(self, *args, **kwargs):
        kwargs["ssl_context"] = self._context()
        return super().proxy_manager_for(*args, **kwargs)


class BaseClient:
    """Base of clients for a vendor's HTTP API: `_http_request` sends, checks the status and decodes the answer.

    `timeout` is in seconds; the environment variables REQUESTS_TIMEOUT, REQUESTS_TIMEOUT.<integration> and
    REQUESTS_TIMEOUT.<integration>.<command> win over it.

    Page: Python Code Conventions.
    """

    REQUESTS_TIMEOUT = 60

    def __init__(
        self, base_url, verify=True, proxy=False, ok_codes=(), headers=None, auth=None, timeout=REQUESTS_TIMEOUT
    ):
        self._base_url = base_url
        self._verify = verify
        self._ok_codes = ok_codes
        self._headers = headers
        self._auth = auth
        self._session = requests.Session()
        self.execution_metrics = ExecutionMetrics()
        if proxy:
            ensure_proxy_has_http_prefix()
        else:
            skip_proxy()
        if not verify:
            skip_cert_verification()
            self._session.mount("https://", self._adapter())
        self.timeout = self._timeout_from_environment(timeout)

    @staticmethod
    def _timeout_from_environment(timeout):
        name = "REQUESTS_TIMEOUT"
        integration = get_integration_name()
        names = [f"{name}.{integration}.{demisto.command()}", f"{name}.{integration}"] if integration else []
        found = next((os.environ[each] for each in [*names, name] if os.environ.get(each)), timeout)
        return float(found)

    def __del__(self):
        try:
            self._return_execution_metrics_results()
            self._session.close()
        except Exception:
            # A subclass may not have called __init__, and at the end of a process names are gone.
            pass

    def _return_execution_metrics_results(self):
        if self.execution_metrics.metrics:
            return_results(self.execution_metrics)

    def _implement_retry(
        self,
        retries=0,
        status_list_to_retry=None,
        backoff_factor=5,
        backoff_jitter=0.0,
        raise_on_redirect=False,
        raise_on_status=False,
    ):
        """Retry https requests: failures to connect or read, and answers of the listed status codes."""
        try:
            adapter = self._adapter(
                max_retries=Retry(
                    total=retries,
                    read=retries,
                    connect=retries,
                    status=retries,
                    backoff_factor=backoff_factor,
                    status_forcelist=status_list_to_retry or [],
                    allowed_methods=frozenset(["GET", "POST", "PUT", "PATCH", "DELETE"]),
                    raise_on_status=raise_on_status,
                    raise_on_redirect=raise_on_redirect,
                    **({"backoff_jitter": backoff_jitter} if backoff_jitter else {}),
                )
            )
            self._session.mount("https://", adapter)
        except NameError as error:
            demisto.debug(f"Requests are sent without retries: {error}")

    def _adapter(self, **kwargs):
        return HTTPAdapter(**kwargs) if self._verify else SSLAdapter(verify=False, **kwargs)

    def _http_request(
        self,
        method,
        url_suffix="",
        full_url=None,
        headers=None,
        auth=None,
        json_data=None,
        params=None,
        data=None,
        files=None,
        timeout=None,
        resp_type="json",
        ok_codes=None,
        return_empty_response=False,
        retries=0,
        status_list_to_retry=None,
        backoff_factor=5,
        raise_on_redirect=False,
        raise_on_status=False,
        error_handler=None,
        empty_valid_codes=None,
        params_parser=None,
        with_metrics=False,
        backoff_jitter=0.0,
        **kwargs,
    ):
        """Send a request and return the answer as `resp_type`: json, text, content, xml or response.

        Codes outside `ok_codes` (else the client's, else those of 400 and above) go to `error_handler(response)`
        or raise DemistoException, as do failures to connect, to verify and to decode. `empty_valid_codes` (204)
        with `return_empty_response` give the response. `retries` are for https; `timeout` is in seconds.
        """
        if retries:
            self._implement_retry(
                retries, status_list_to_retry, backoff_factor, backoff_jitter, raise_on_redirect, raise_on_status
            )
        if params_parser and params:
            from urllib.parse import urlencode

            params = urlencode(params, quote_via=params_parser)
        try:
            response = self._session.request(
                method,
                full_url if full_url else urljoin(self._base_url, url_suffix),
                verify=self._verify,
                params=params,
                data=data,
                json=json_data,
                files=files,
                headers=headers if headers else self._headers,
                auth=auth if auth else self._auth,
                timeout=timeout if timeout else getattr(self, "timeout", self.REQUESTS_TIMEOUT),
                **kwargs,
            )
        except requests.exceptions.RequestException as error:
            raise self._translated(error, with_metrics) from error
        if not self._is_status_code_valid(response, ok_codes):
            self._handle_error(error_handler, response, with_metrics)
        elif with_metrics:
            self.execution_metrics.success += 1
        return self._decoded(response, resp_type, return_empty_response, empty_valid_codes or [204])

    def _translated(self, error, with_metrics=False):
        """Return the DemistoException for a request that got no answer; errors of other kinds as they are."""
        if isinstance(error, requests.exceptions.SSLError) and not self._verify:
            # The advice to trust any certificate would be of no use.
            return error
        for kind, error_type, told in _NO_ANSWER:
            if isinstance(error, kind):
                if with_metrics:
                    self.execution_metrics.update_metrics(error_type)
                return DemistoException(told(error), exception=error, error_type=error_type)
        return error

    def _handle_error(self, error_handler, res, should_update_metrics=False):
        if should_update_metrics:
            self.execution_metrics.update_metrics(self.determine_error_type(res))
        (error_handler or self.client_error_handler)(res)

    def client_error_handler(self, res):
        """Raise DemistoException `Error in API call [code] - reason` with the body of the answer."""
        message = f"Error in API call [{res.status_code}] - {res.reason}"
        try:
            message += "\n" + json.dumps(res.json())
        except ValueError:
            message += "\n" + res.text
        raise DemistoException(message, res=res, error_type=self.determine_error_type(res))

    @staticmethod
    def determine_error_type(response):
        """Return the ErrorTypes value of a refused request's status code."""
        code = response.status_code
        by_code = {401: ErrorTypes.AUTH_ERROR, 403: ErrorTypes.AUTH_ERROR, 429: ErrorTypes.QUOTA_ERROR}
        return by_code.get(code, ErrorTypes.SERVICE_ERROR if code >= 500 else ErrorTypes.GENERAL_ERROR)

    def _is_status_code_valid(self, response, ok_codes=None):
        """Tell whether the answer's status code is one of the good ones."""
        good = ok_codes if ok_codes else self._ok_codes
        return response.status_code in good if good else response.ok

    def _decoded(self, response, resp_type, return_empty_response, empty_valid_codes):
        if return_empty_response and response.status_code in empty_valid_codes:
            return response
        resp_type = resp_type.lower()
        if resp_type == "json":
            return self._json_of(response)
        if resp_type == "text":
            return response.text
        if resp_type == "content":
            return response.content
        if resp_type == "xml":
            # The tree is not what is returned; it is parsed so that an answer which is no XML raises.
            ET.fromstring(response.text)
        return response

    @staticmethod
    def _json_of(response):
        try:
            return response.json()
        except ValueError as error:
            message = f"Failed to parse json object from response: {response.content}"
            raise DemistoException(message, exception=error, res=response) from error


def _told_of_connection(error):
    return (
        "Connection Error - the server cannot be reached: is the server URL of the instance right, and can this host "
        f"reach it?\nError Type: <{type(error).__module__}.{type(error).__name__}>\n"
        f"Error Number: [{error.errno}]\nMessage: {error.strerror}\n"
    )


# In the order in which they have to be asked, since the later ones are bases of the former.
_NO_ANSWER = (
    (
        requests.exceptions.ConnectTimeout,
        ErrorTypes.TIMEOUT_ERROR,
        lambda error: (
            "Connection Timeout Error - the server did not accept the connection in time: is the server URL "
            "of the instance right, and can this host reach it?"
        ),
    ),
    (
        requests.exceptions.SSLError,
        ErrorTypes.SSL_ERROR,
        lambda error: (
            "SSL Certificate Verification Failed - to go on without verification, select 'Trust any "
            "certificate' in the instance."
        ),
    ),
    (
        requests.exceptions.ProxyError,
        ErrorTypes.PROXY_ERROR,
        lambda error: (
            "Proxy Error - the proxy cannot be used; if the instance need not use it, clear 'Use system proxy'."
        ),
    ),
    (requests.exceptions.ConnectionError, ErrorTypes.CONNECTION_ERROR, _told_of_connection),
    (
        requests.exceptions.RetryError,
        ErrorTypes.RETRY_ERROR,
        lambda error: f"Max Retries Error - the request failed in every attempt: {_reason_of(error)}",
    ),
)


def _reason_of(error):
    return getattr(error.args[0], "reason", error) if error.args else error


def generic_http_request(
    method,
    server_url,
    timeout=60,
    verify=True,
    proxy=False,
    client_headers=None,
    headers=None,
    url_suffix=None,
    data=None,
    ok_codes=None,
    auth=None,
    error_handler=None,
    files=None,
    params=None,
    retries=0,
    resp_type="json",
    status_list_to_retry=None,
    json_data=None,
    return_empty_response=False,
    backoff_factor=5,
    raise_on_redirect=False,
    raise_on_status=False,
    empty_valid_codes=None,
    params_parser=None,
    with_metrics=False,
    **kwargs,
):
    """Send one request through a BaseClient made for it; see BaseClient._http_request."""
    client = BaseClient(server_url, verify=verify, proxy=proxy, ok_codes=ok_codes or (), headers=client_headers)
    return client._http_request(
        method=method,
        url_suffix=url_suffix or "",
        headers=headers,
        auth=auth,
        json_data=json_data,
        params=params,
        data=data,
        files=files,
        timeout=timeout,
        resp_type=resp_type,
        return_empty_response=return_empty_response,
        retries=retries,
        status_list_to_retry=status_list_to_retry,
        backoff_factor=backoff_factor,
        raise_on_redirect=raise_on_redirect,
        raise_on_status=raise_on_status,
        error_handler=error_handler,
        empty_valid_codes=empty_valid_codes,
        params_parser=params_parser,
        with_metrics=with_metrics,
        **kwargs,
    )


def response_to_context(response):
    """Return an answer's keys as context keys, at any depth."""
    if isinstance(response, dict):
        return {underscoreToCamelCase(key): response_to_context(value) for key, value in response.items()}
    if isinstance(response, list):
        return [response_to_context(value) for value in response]
    return response


class ExecutionMetrics:
    """Counts the API calls of a run by outcome; adding to `success`, `quota_error` and so on updates `metrics`.

    Page: API Execution Metric Reporting.
    """

    _COUNTERS = {
        "success": ErrorTypes.SUCCESS,
        "quota_error": ErrorTypes.QUOTA_ERROR,
        "general_error": ErrorTypes.GENERAL_ERROR,
        "auth_error": ErrorTypes.AUTH_ERROR,
        "service_error": ErrorTypes.SERVICE_ERROR,
        "connection_error": ErrorTypes.CONNECTION_ERROR,
        "proxy_error": ErrorTypes.PROXY_ERROR,
        "ssl_error": ErrorTypes.SSL_ERROR,
        "timeout_error": ErrorTypes.TIMEOUT_ERROR,
        "retry_error": ErrorTypes.RETRY_ERROR,
    }

    def __init__(self, **counts):
        self.__dict__.update(dict.fromkeys(self._COUNTERS, 0))
        self.__dict__.update(counts)

    @property
    def _metrics(self):
        return [
            {"Type": error_type, "APICallsCount": getattr(self, name)}
            for name, error_type in self._COUNTERS.items()
            if getattr(self, name)
        ]

    @property
    def metrics(self):
        """The CommandResults that reports the counts, or None where nothing was counted."""
        return CommandResults(execution_metrics=self._metrics) if self._metrics else None

    @staticmethod
    def is_supported():
        """Tell whether the server records metrics (6.8.0)."""
        return is_demisto_version_ge("6.8.0")

    def update_metrics(self, metric_type, metric_value=1):
        """Add to the count of an ErrorTypes value."""
        for name, error_type in self._COUNTERS.items():
            if error_type == metric_type:
                setattr(self, name, getattr(self, name) + metric_value)

    def get_metric_value(self, metric):
        """Return the count of one name, such as `success`."""
        return getattr(self, metric, 0)


def append_metrics(execution_metrics, results):
    """Return the list of results with the metrics, if there are any, at its end."""
    if execution_metrics.metrics is not None:
        results.append(execution_metrics.metrics)
    return results


def support_multithreading():
    """Let one thread at a time talk to the server; to be called before threads use `demisto`."""
    global HAVE_SUPPORT_MULTITHREADING_CALLED_ONCE
    HAVE_SUPPORT_MULTITHREADING_CALLED_ONCE = True
    talk = getattr(demisto, "_Demisto__do", None)
    if talk is None or getattr(talk, "is_locked", False):
        return
    lock = Lock()

    def locked(cmd, *args, **kwargs):
        if not lock.acquire(timeout=60):
            raise RuntimeError("another thread has kept the server busy for a minute")
        try:
            return talk(cmd, *args, **kwargs)
        finally:
            lock.release()

    locked.is_locked = True
    demisto._Demisto__do = locked


def retry(times=3, sleep_time=1, exceptions=Exception):
    """Decorator: call again, up to `times` in all, `sleep_time` seconds apart, while it raises `exceptions`."""

    def decorate(func):
        @wraps(func)
        def retried(*args, **kwargs):
            for attempt in range(1, times + 1):
                try:
                    return func(*args, **kwargs)
                except exceptions as error:
                    demisto.debug(f"{func.__name__} failed in attempt {attempt} of {times}: {error}")
                    if attempt == times:
                        raise
                    time.sleep(sleep_time)

        return retried

    return decorate


def content_profiler(func):
    """Decorator: profile the function and return the profile as a file of the run."""

    @wraps(func)
    def profiled(*args, **kwargs):
        import cProfile
        import marshal

        profile = cProfile.Profile()
        try:
            return profile.runcall(func, *args, **kwargs)
        finally:
            profile.create_stats()
            return_results(fileResult(f"{func.__name__}.prof", marshal.dumps(profile.stats)))

    return profiled


# --- Integration context, last run of feeds and mirroring --------------------------------------------------------


def is_versioned_context_available():
    """Tell whether the server numbers the versions of the integration context (6.0.0)."""
    return is_demisto_version_ge(MIN_VERSION_FOR_VERSIONED_CONTEXT)


def get_integration_context(sync=True, with_version=False):
    """Return the integration context; `with_version` gives {'context': ..., 'version': ...} where supported.

    Page: Integration Cache.
    """
    if not is_versioned_context_available():
        return demisto.getIntegrationContext()
    answer = demisto.getIntegrationContextVersioned(sync)
    if with_version:
        return answer
    # The official mock returns the bare context.
    return answer.get("context", {}) if "version" in answer else answer


def get_integration_context_with_version(sync=True):
    """Return (context, version); the version is -1 where the server has none."""
    answer = get_integration_context(sync=sync, with_version=True)
    if is_versioned_context_available() and "version" in answer:
        return answer.get("context", {}), answer["version"]
    return answer, -1


def set_integration_context(context, sync=True, version=-1):
    """Replace the integration context. Raises ValueError if `version` is given and no longer the newest.

    Page: Integration Cache.
    """
    demisto.debug("Setting integration context")
    if not is_versioned_context_available():
        return demisto.setIntegrationContext(context)
    demisto.debug(f"Storing the integration context over version {version}, {'now' if sync else 'at the end'}")
    return demisto.setIntegrationContextVersioned(context, version, sync)


def update_integration_context(context, object_keys=None, sync=True):
    """Return (stored context with `context` written over it as JSON texts, its version); stores nothing.

    Lists under a key of `object_keys` (dict: key to the id field of its elements) are merged by that id.
    """
    stored, version = get_integration_context_with_version(sync)
    merged = dict(stored)
    for key, value in context.items():
        known = json.loads(stored.get(key) or "null")
        id_field = (object_keys or {}).get(key)
        if id_field and known:
            value = merge_lists(known, value, id_field)
        merged[key] = json.dumps(value)
    return merged, version


def set_to_integration_context_with_retries(
    context, object_keys=None, sync=True, max_retry_times=CONTEXT_UPDATE_RETRY_TIMES
):
    """Write `context` over the stored one, again from the newest version while others write at the same time.

    Raises Exception after `max_retry_times` attempts.
    """
    for attempt in range(max_retry_times):
        merged, version = update_integration_context(context, object_keys, sync)
        try:
            set_integration_context(merged, sync, version)
            return
        except ValueError as error:
            demisto.debug(f"The integration context was changed meanwhile (attempt {attempt + 1}): {error}")
            # A random pause, so that two writers do not meet again.
            time.sleep(randint(1, 100) / 1000)
    raise Exception(f"The integration context could not be written in {max_retry_times} attempts.")


def _keeps_feed_last_run():
    # Before 6.2.0 a feed had no last run of its own and kept its state in the integration context.
    return is_demisto_version_ge("6.2.0")


def get_feed_last_run():
    """Return the feed's last run; what older feeds kept in the integration context is moved there first."""
    if not _keeps_feed_last_run():
        return get_integration_context() or {}
    last_run = demisto.getLastRun() or {}
    if not last_run:
        last_run = get_integration_context() or {}
        if last_run:
            demisto.setLastRun(last_run)
            set_integration_context({})
    return last_run


def set_feed_last_run(last_run_indicators):
    """Store the feed's last run."""
    if _keeps_feed_last_run():
        demisto.setLastRun(last_run_indicators)
    else:
        set_integration_context(last_run_indicators)


def _require_mirror_run(call):
    if not is_demisto_version_ge("6.6.0"):
        raise DemistoException(f"{call} needs server version 6.6.0 or later")


def get_last_mirror_run():
    """Return the last run of mirroring. Raises DemistoException before 6.6.0. Page: Mirroring Integration."""
    _require_mirror_run("getLastMirrorRun")
    return demisto.getLastMirrorRun() or {}


def set_last_mirror_run(last_mirror_run):
    """Store the last run of mirroring. Raises DemistoException before 6.6.0. Page: Mirroring Integration."""
    _require_mirror_run("setLastMirrorRun")
    demisto.setLastMirrorRun(last_mirror_run)


# --- Mirroring ---------------------------------------------------------------------------------------------------


class GetRemoteDataArgs:
    """Arguments of get-remote-data: `remote_incident_id` and `last_update`. Page: Mirroring Integration."""

    def __init__(self, args):
        self.remote_incident_id = args["id"]
        self.last_update = args["lastUpdate"]


class GetModifiedRemoteDataArgs:
    """Arguments of get-modified-remote-data: `last_update`, a UTC time in text. Page: Mirroring Integration."""

    def __init__(self, args):
        self.last_update = args["lastUpdate"]


class UpdateRemoteSystemArgs:
    """Arguments of update-remote-system: the incident's data, what changed (`delta`), entries and status.

    Page: Mirroring Integration.
    """

    def __init__(self, args):
        self.data = args.get("data")
        self.entries = args.get("entries")
        self.incident_changed = args.get("incidentChanged")
        self.remote_incident_id = args.get("remoteId")
        self.inc_status = args.get("status")
        self.delta = args.get("delta")


class GetRemoteDataResponse:
    """Answer of get-remote-data: the incident's dict and a list of entries. Page: Mirroring Integration."""

    def __init__(self, mirrored_object, entries):
        self.mirrored_object = mirrored_object
        self.entries = entries

    def extract_for_local(self):
        """Return the incident followed by the entries, None where there is no incident."""
        return [self.mirrored_object, *self.entries] if self.mirrored_object else None


class GetModifiedRemoteDataResponse:
    """Answer of get-modified-remote-data: the ids (texts) of the incidents that changed.

    Page: Mirroring Integration.
    """

    def __init__(self, modified_incident_ids):
        self.modified_incident_ids = modified_incident_ids

    def to_entry(self):
        """Return the entry for the server."""
        demisto.info(f"Modified incidents: {self.modified_incident_ids}")
        return {
            "Contents": self.modified_incident_ids,
            "Type": EntryType.NOTE,
            "ContentsFormat": EntryFormat.JSON,
        }


class SchemeTypeMapping:
    """One incident type of get-mapping-fields: its name and a dict of fields to descriptions.

    Page: Mirroring Integration.
    """

    def __init__(self, type_name="", fields=None):
        self.type_name = type_name
        self.fields = fields if fields else {}

    def add_field(self, name, description=""):
        """Add a field."""
        self.fields[name] = description

    def extract_mapping(self):
        """Return {type: fields}."""
        return {self.type_name: self.fields}


class GetMappingFieldsResponse:
    """Answer of get-mapping-fields: a list of SchemeTypeMapping. Page: Mirroring Integration."""

    def __init__(self, scheme_types_mapping=None):
        self.scheme_types_mappings = scheme_types_mapping if scheme_types_mapping else []

    def add_scheme_type(self, scheme_type_mapping):
        """Add a type."""
        self.scheme_types_mappings.append(scheme_type_mapping)

    def extract_mapping(self):
        """Return {type: fields} of all types."""
        mapping = {}
        for each in self.scheme_types_mappings:
            mapping.update(each.extract_mapping())
        return mapping


# --- Look-back: fetching again what the vendor may have indexed late ---------------------------------------------
# https://xsoar.pan.dev/docs/integrations/fetch-incidents-lookback

_DEFAULT_DATE_FORMAT = "%Y-%m-%dT%H:%M:%S"
_AS_UTC = {"TIMEZONE": "UTC", "RETURN_AS_TIMEZONE_AWARE": True}


def _parse_aware(text):
    """dateparser.parse to an aware time, UTC unless the text names a zone; None for what is no date."""
    if isinstance(text, str) and (_SPAN.fullmatch(text) or _ISO.fullmatch(text)):
        date = _parse_date(text, None)
        return date if date is None or date.tzinfo else date.replace(tzinfo=timezone.utc)
    return dateparser.parse(text, settings=_AS_UTC)


def get_fetch_run_time_range(last_run, first_fetch, look_back=0, timezone=0, date_format="%Y-%m-%dT%H:%M:%S"):
    """Return (start, end) texts of the window to fetch: from the last run's `time`, else `first_fetch`, to now.

    The window is at least `look_back` minutes wide; `timezone` (hours) is added to now and to `first_fetch`.

    Page: Fetch Missing Incidents with Generic Lookback Methods.
    """
    now = get_current_time(timezone)
    last_time = (last_run or {}).get("time")
    demisto.debug(f"lb: last run {last_time}, look-back {look_back} minutes, now {now}")
    start = _parse_aware(last_time or first_fetch)
    if timezone and not last_time and start is not None:
        start += timedelta(hours=timezone)
    if look_back and look_back > 0 and now - start < timedelta(minutes=look_back):
        start = now - timedelta(minutes=look_back)
        demisto.debug(f"lb: the window begins at {start}")
    return start.strftime(date_format), now.strftime(date_format)


def filter_incidents_by_duplicates_and_limit(incidents_res, last_run, fetch_limit, id_field):
    """Return the first `fetch_limit` incidents whose id is not among the last run's `found_incident_ids`.

    Raises KeyError for an incident without the id field.

    Page: Fetch Missing Incidents with Generic Lookback Methods.
    """
    found = last_run.get("found_incident_ids", {})
    fresh = [incident for incident in incidents_res if incident[id_field] not in found]
    demisto.debug(f"lb: {len(incidents_res)} incidents, {len(fresh)} of them new, limit {fetch_limit}")
    return fresh[:fetch_limit]


def get_latest_incident_created_time(
    incidents, created_time_field, date_format="%Y-%m-%dT%H:%M:%S", increase_last_run_time=False
):
    """Return the text of the latest creation time, one millisecond later if asked.

    Raises ValueError where a time does not have exactly the format, IndexError where there are no incidents.

    Page: Fetch Missing Incidents with Generic Lookback Methods.
    """
    latest = sorted(datetime.strptime(incident[created_time_field], date_format) for incident in incidents)[-1]
    if increase_last_run_time:
        latest += timedelta(milliseconds=1)
    return latest.strftime(date_format)


def remove_old_incidents_ids(found_incidents_ids, current_time, look_back):
    """Return the ids that were added at most twice `look_back` minutes before `current_time` (epoch seconds).

    Page: Fetch Missing Incidents with Generic Lookback Methods.
    """
    keep_for = look_back * 60 * 2
    kept = {each: added for each, added in found_incidents_ids.items() if current_time - added <= keep_for}
    demisto.debug(f"lb: {len(found_incidents_ids) - len(kept)} ids are older than twice the look-back")
    return kept


def get_found_incident_ids(last_run, incidents, look_back, id_field, remove_incident_ids=True):
    """Return the known ids and those of `incidents` (id to epoch seconds when it was added), old ones pruned.

    Page: Fetch Missing Incidents with Generic Lookback Methods.
    """
    found = last_run.get("found_incident_ids", {})
    now = int(time.time())
    for incident in incidents:
        found[incident[id_field]] = now
    return remove_old_incidents_ids(found, now, look_back) if remove_incident_ids else found


def create_updated_last_run_object(
    last_run,
    incidents,
    fetch_limit,
    look_back,
    start_fetch_time,
    end_fetch_time,
    created_time_field,
    date_format="%Y-%m-%dT%H:%M:%S",
    increase_last_run_time=False,
    new_offset=None,
):
    """Return (dict with the new `time` and `limit`, and `offset` if one is given; whether old ids may be pruned).

    With an offset the time stays. While times do not move, ids are kept, however old.

    Page: Fetch Missing Incidents with Generic Lookback Methods.
    """
    may_prune = True
    updated = {"time": end_fetch_time, "limit": fetch_limit}
    if incidents:
        latest = get_latest_incident_created_time(incidents, created_time_field, date_format, increase_last_run_time)
        may_prune = latest != start_fetch_time
        updated["time"] = latest
        if look_back and look_back > 0:
            updated["limit"] = len(last_run.get("found_incident_ids", {})) + len(incidents) + fetch_limit
    if new_offset:
        updated["offset"] = new_offset
        updated["time"] = last_run.get("time") or start_fetch_time
    elif last_run.get("offset"):
        updated["offset"] = 0
    demisto.debug(f"lb: the last run's position becomes {updated}")
    return updated, may_prune


def update_last_run_object(
    last_run,
    incidents,
    fetch_limit,
    start_fetch_time,
    end_fetch_time,
    look_back,
    created_time_field,
    id_field,
    date_format="%Y-%m-%dT%H:%M:%S",
    increase_last_run_time=False,
    new_offset=None,
):
    """Return the last run with new position, limit and `found_incident_ids`; its other keys stay.

    Page: Fetch Missing Incidents with Generic Lookback Methods.
    """
    look_back = look_back or 0
    position, may_prune = create_updated_last_run_object(
        last_run,
        incidents,
        fetch_limit,
        look_back,
        start_fetch_time,
        end_fetch_time,
        created_time_field,
        date_format,
        increase_last_run_time,
        new_offset,
    )
    found = get_found_incident_ids(last_run, incidents, look_back, id_field, may_prune)
    last_run.update(position)
    last_run["found_incident_ids"] = found
    return last_run


def calculate_new_offset(old_offset, num_incidents, total_incidents):
    """Return the offset of the next page; 0 where this one was the last or empty."""
    if not num_incidents or num_incidents + old_offset >= (total_incidents or 0):
        return 0
    return old_offset + num_incidents


# April 2022 had the same names with other habits, and content of that age relies on them: times without a zone, a
# full page keeps the start and raises the limit instead, ids go after exactly twice the look-back, no offset.


def _get_fetch_run_time_range_2022(last_run, first_fetch, look_back=0, timezone=0, date_format="%Y-%m-%dT%H:%M:%S"):
    """get_fetch_run_time_range of April 2022. Raises TypeError for a time with a zone, or no date, or no look-back."""
    last_time = (last_run or {}).get("time")
    now = _utc_now() + timedelta(hours=timezone)
    start = _parse_date(last_time, None) if last_time else _parse_date(first_fetch, None) + timedelta(hours=timezone)
    if look_back > 0 and now - start < timedelta(minutes=look_back):
        start = now - timedelta(minutes=look_back)
    return start.strftime(date_format), now.strftime(date_format)


def _remove_old_incidents_ids_2022(found_incidents_ids, current_time, look_back):
    """remove_old_incidents_ids of April 2022: an id as old as twice the look-back goes; without one, all go."""
    keep_for = look_back * 60 * 2
    return {each: added for each, added in found_incidents_ids.items() if current_time - added < keep_for}


def _get_found_incident_ids_2022(last_run, incidents, look_back, id_field):
    """get_found_incident_ids of April 2022: prunes always."""
    found = last_run.get("found_incident_ids", {})
    now = int(time.time())
    for incident in incidents:
        found[incident[id_field]] = now
    return remove_old_incidents_ids(found, now, look_back)


def _create_updated_last_run_object_2022(
    last_run,
    incidents,
    fetch_limit,
    look_back,
    start_fetch_time,
    end_fetch_time,
    created_time_field,
    date_format="%Y-%m-%dT%H:%M:%S",
    increase_last_run_time=False,
):
    """create_updated_last_run_object of April 2022: returns the dict alone."""
    if not incidents:
        return {"time": end_fetch_time, "limit": fetch_limit}
    if look_back and len(incidents) >= fetch_limit:
        return {"time": start_fetch_time, "limit": last_run.get("limit", fetch_limit) + fetch_limit}
    latest = get_latest_incident_created_time(incidents, created_time_field, date_format, increase_last_run_time)
    return {"time": latest, "limit": fetch_limit}


def _update_last_run_object_2022(
    last_run,
    incidents,
    fetch_limit,
    start_fetch_time,
    end_fetch_time,
    look_back,
    created_time_field,
    id_field,
    date_format="%Y-%m-%dT%H:%M:%S",
    increase_last_run_time=False,
):
    """update_last_run_object of April 2022: `found_incident_ids` is stored only where there are any."""
    found = get_found_incident_ids(last_run, incidents, look_back, id_field)
    position = create_updated_last_run_object(
        last_run,
        incidents,
        fetch_limit,
        look_back,
        start_fetch_time,
        end_fetch_time,
        created_time_field,
        date_format,
        increase_last_run_time,
    )
    last_run.update(position)
    if found:
        last_run["found_incident_ids"] = found
    return last_run


def _choose_look_back(generation):
    """Rebind the look-back helpers where XSIM_LOOK_BACK asks for those of April 2022. Raises ValueError for a typo."""
    if generation not in ("", "newest", "2022"):
        raise ValueError(f"XSIM_LOOK_BACK is {generation!r}; it can be 2022, newest or unset")
    if generation == "2022":
        names = [name for name in globals() if name.endswith("_2022")]
        globals().update({name[1 : -len("_2022")]: globals()[name] for name in names})


_choose_look_back(os.environ.get("XSIM_LOOK_BACK", ""))


# --- Events and assets -------------------------------------------------------------------------------------------


def split_data_to_chunks(data, target_chunk_size):
    """Yield lists of the entries (texts, or lines of one text), each of about `target_chunk_size` bytes."""
    chunk, size = [], 0
    for entry in data.split("\n") if isinstance(data, str) else data:
        length = len(entry.encode("utf-8")) if isinstance(entry, str) else len(json.dumps(entry))
        if chunk and size + length > min(target_chunk_size, XSIAM_EVENT_CHUNK_SIZE_LIMIT):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += length
    if chunk:
        yield chunk


def send_data_to_xsiam(
    data,
    vendor,
    product,
    data_format=None,
    url_key="url",
    num_of_attempts=3,
    chunk_size=XSIAM_EVENT_CHUNK_SIZE,
    data_type=EVENTS,
    should_update_health_module=True,
    add_proxy_to_request=False,
    snapshot_id="",
    items_count=None,
    multiple_threads=False,
    **kwargs,
):
    """Report events or assets as sent. Nothing leaves the machine: the server's collector is not simulated.

    The count goes to demisto.updateModuleHealth, a line to demisto.debug. Raises DemistoException for another
    `data_type`. With `multiple_threads` returns an empty list of futures.
    """
    if data_type not in DATA_TYPES:
        raise DemistoException(f"data_type must be one of {DATA_TYPES}, not {data_type!r}")
    lines = data.split("\n") if isinstance(data, str) else list(data or [])
    count = len([line for line in lines if line])
    demisto.debug(f"{count} {data_type} of vendor {vendor!r}, product {product!r} would be sent now.")
    if should_update_health_module:
        demisto.updateModuleHealth({f"{data_type}Pulled": items_count or count})
    return [] if multiple_threads else None


def send_events_to_xsiam(
    events,
    vendor,
    product,
    data_format=None,
    url_key="url",
    num_of_attempts=3,
    chunk_size=XSIAM_EVENT_CHUNK_SIZE,
    should_update_health_module=True,
    add_proxy_to_request=False,
    multiple_threads=False,
    **kwargs,
):
    """Report events as sent; see send_data_to_xsiam. Page: Event Collection Integrations."""
    return send_data_to_xsiam(
        events,
        vendor,
        product,
        data_format,
        url_key,
        num_of_attempts,
        chunk_size,
        data_type=EVENTS,
        should_update_health_module=should_update_health_module,
        add_proxy_to_request=add_proxy_to_request,
        multiple_threads=multiple_threads,
    )


def xsiam_api_call_with_retries(client, xsiam_url, zipped_data, headers, num_of_attempts, **kwargs):
    """Not simulated: send_data_to_xsiam sends nothing. Raises DemistoException."""
    raise DemistoException("Sending to XSIAM is not simulated.")


# --- Indicators --------------------------------------------------------------------------------------------------

_OCTET = r"(?:25[0-5]|2[0-4]\d|[01]?\d?\d)"
_HEX_GROUPS = r"(?:[0-9a-fA-F]{1,4}(?::|\b)|::?){2,8}"
_DOT = r"(?:\.|\[\.\])"
regexFlags = re.M
ipv4Regex = rf"\b(?:{_OCTET}\.){{3}}{_OCTET}\b(?!/)"
ipv4cidrRegex = rf"\b(?:{_OCTET}{_DOT}){{3}}{_OCTET}/(?:3[0-2]|[12]?\d)\b"
ipv6Regex = rf"(?<![0-9a-fA-F:.])(?=[0-9a-fA-F:]*:[0-9a-fA-F:]*:){_HEX_GROUPS}(?:(?:{_OCTET}\.){{3}}{_OCTET})?(?:%\w+)?"
ipv6cidrRegex = rf"{ipv6Regex}/(?:12[0-8]|1[01]\d|\d?\d)\b"
emailRegex = r"\b[^\s@]{1,64}@[^\s@]{0,252}[^\s@]\.[^\s@]+\b"
hashRegex = r"\b[0-9a-fA-F]+\b"
cveRegex = r"(?i)^cve-\d{4}-(?:\d{4}|[1-9]\d{4,})$"
_LABEL = r"[\w](?:[\w-]{0,61}[\w])?"
_DOMAIN = rf"(?:{_LABEL}{_DOT})+[^\W\d_]{{2,63}}\b"
domainRegex = rf"(?i)(?<![@\w.-]){_DOMAIN}"
urlRegex = (
    rf"(?i)(?:(?:https?|hxxps?|ftps?|sftp|meows)(?:://|\[:\]//)|www{_DOT}|ftp{_DOT})[^\s/?#:]+(?::\d{{1,5}})?(?:[/?#]\S*)?"
    rf"|\b(?:{_LABEL}{_DOT})+(?:[a-z]{{2,63}}|\d{{1,3}})(?::\d{{1,5}})?/\S+"
)
md5Regex = re.compile(r"\b[0-9a-fA-F]{32}\b", regexFlags)
sha1Regex = re.compile(r"\b[0-9a-fA-F]{40}\b", regexFlags)
sha256Regex = re.compile(r"\b[0-9a-fA-F]{64}\b", regexFlags)
sha512Regex = re.compile(r"\b[0-9a-fA-F]{128}\b", regexFlags)


def is_ip_valid(s, accept_v6_ips=False):
    """Tell whether the text is an IPv4 address (or an IPv6 one, if accepted)."""
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", s, re.ASCII):
        return all(int(part) <= 255 for part in s.split("."))
    return accept_v6_ips and is_ipv6_valid(s)


def is_ipv6_valid(address):
    """Tell whether the text is an IPv6 address."""
    try:
        socket.inet_pton(socket.AF_INET6, address)
    except OSError:
        return False
    return True


def is_mac_address(mac):
    """Tell whether the text starts with a MAC address written with colons."""
    return re.match(r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}", mac) is not None


def get_hash_type(hash_file):
    """Return md5, sha1, sha256 or sha512 by the text's length, else Unknown."""
    return {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}.get(len(hash_file), "Unknown")


def detect_file_indicator_type(indicator_value):
    """Return FeedIndicatorType.File (or SSDeep) for a hash, None for anything else."""
    if re.fullmatch(r"\d+:[^\s:]+:[^\s:]+", indicator_value):
        return FeedIndicatorType.SSDeep
    if any(regex.fullmatch(indicator_value) for regex in (md5Regex, sha1Regex, sha256Regex, sha512Regex)):
        return FeedIndicatorType.File
    return None


def auto_detect_indicator_type(indicator_value):
    """Return the FeedIndicatorType that the text looks like, None for none."""
    address = FeedIndicatorType.ip_to_indicator_type(indicator_value) if indicator_value else None
    if address:
        return address
    file_type = detect_file_indicator_type(indicator_value)
    if file_type:
        return file_type
    for regex, indicator_type in (
        (cveRegex, FeedIndicatorType.CVE),
        (emailRegex, FeedIndicatorType.Email),
        (urlRegex, FeedIndicatorType.URL),
        (rf"\*{_DOT}{_DOMAIN}", FeedIndicatorType.DomainGlob),
        (domainRegex, FeedIndicatorType.Domain),
    ):
        if re.fullmatch(regex, indicator_value, re.IGNORECASE):
            return indicator_type
    return None


def NormalizeRegistryPath(strRegistryPath):
    """Return the registry path with its hive's short name written out."""
    hives = {
        "HKCR": "HKEY_CLASSES_ROOT",
        "HKCU": "HKEY_CURRENT_USER",
        "HKLM": "HKEY_LOCAL_MACHINE",
        "HKU": "HKEY_USERS",
        "HKCC": "HKEY_CURRENT_CONFIG",
        "HKPD": "HKEY_PERFORMANCE_DATA",
    }
    hive, backslash, rest = strRegistryPath.partition("\\")
    return hives.get(hive, hive) + backslash + rest


def scoreToReputation(score):
    """Return the word for a DBot score."""
    return {4: "Critical", 3: "Bad", 2: "Suspicious", 1: "Good", 0.5: "Informational", 0: "Unknown"}.get(score, "None")


class EntityRelationship:
    """A relationship between two indicators. Raises ValueError for names, types and families that do not exist.

    Page: Relationships.
    """

    class RelationshipsTypes:
        RELATIONSHIP_TYPES = ["IndicatorToIndicator"]

        @staticmethod
        def is_valid_type(_type):
            return _type in EntityRelationship.RelationshipsTypes.RELATIONSHIP_TYPES

    class RelationshipsFamily:
        INDICATOR = ["Indicator"]

        @staticmethod
        def is_valid_type(_type):
            return _type in EntityRelationship.RelationshipsFamily.INDICATOR

    class Relationships:
        """The names of relationships; each constant is its name with capitals and underscores."""

        RELATIONSHIPS_NAMES = {
            "applied": "applied-on",
            "attaches": "attachment-of",
            "attachment-of": "attaches",
            "attribute-of": "owns",
            "attributed-by": "attributed-to",
            "attributed-to": "attributed-by",
            "authored-by": "author-of",
            "beacons-to": "communicated-by",
            "bundled-in": "bundles",
            "bundles": "bundled-in",
            "communicated-with": "communicated-by",
            "communicated-by": "communicates-with",
            "communicates-with": "communicated-by",
            "compromises": "compromised-by",
            "contains": "part-of",
            "controls": "controlled-by",
            "created-by": "creates",
            "creates": "created-by",
            "delivered-by": "delivers",
            "delivers": "delivered-by",
            "detected-by": "detects",
            "detects": "detected-by",
            "downloads": "downloaded-by",
            "downloads-from": "hosts",
            "dropped-by": "drops",
            "drops": "dropped-by",
            "duplicate-of": "duplicate-of",
            "embedded-in": "embeds",
            "embeds": "embedded-on",
            "executed": "executed-by",
            "executed-by": "executes",
            "exfiltrates-to": "exfiltrated-from",
            "exploits": "exploited-by",
            "has": "seen-on",
            "hosted-on": "hosts",
            "hosts": "hosted-on",
            "impersonates": "impersonated-by",
            "indicated-by": "indicator-of",
            "indicator-of": "indicated-by",
            "injected-from": "injects-into",
            "injects-into": "injected-from",
            "investigates": "investigated-by",
            "is-also": "is-also",
            "mitigated-by": "mitigates",
            "mitigates": "mitigated-by",
            "originated-from": "source-of",
            "owned-by": "owns",
            "owns": "owned-by",
            "part-of": "contains",
            "related-to": "related-to",
            "remediates": "remediated-by",
            "resolved-by": "resolves-to",
            "resolved-from": "resolves-to",
            "resolves-to": "resolved-from",
            "seen-on": "has",
            "sent": "attached-to",
            "sent-by": "sent",
            "sent-from": "received-by",
            "sent-to": "received-by",
            "similar-to": "similar-to",
            "sub-domain-of": "supra-domain-of",
            "supra-domain-of": "sub-domain-of",
            "subtechnique-of": "parent-technique-of",
            "parent-technique-of": "subtechnique-of",
            "targeted-by": "targets",
            "targets": "targeted-by",
            "Types": "Reverse",
            "uploaded-to": "hosts",
            "used-by": "uses",
            "used-on": "targeted-by",
            "uses": "used-by",
            "variant-of": "variant-of",
        }

        @staticmethod
        def is_valid(_type):
            return _type in EntityRelationship.Relationships.RELATIONSHIPS_NAMES

        @staticmethod
        def get_reverse(name):
            """Return the name of the relationship seen from the other side. Raises KeyError for no such name."""
            return EntityRelationship.Relationships.RELATIONSHIPS_NAMES[name]

    for _name in Relationships.RELATIONSHIPS_NAMES:
        _constant = _name.upper().replace("-", "_").replace("SUBTECHNIQUE", "SUB_TECHNIQUE")
        setattr(Relationships, _constant, _name)

    def __init__(
        self,
        name,
        entity_a,
        entity_a_type,
        entity_b,
        entity_b_type,
        reverse_name="",
        relationship_type="IndicatorToIndicator",
        entity_a_family="Indicator",
        entity_b_family="Indicator",
        source_reliability="",
        fields=None,
        brand="",
    ):
        names, families = EntityRelationship.Relationships, EntityRelationship.RelationshipsFamily
        self._refuse(not names.is_valid(name), "relationship", name)
        types_ = EntityRelationship.RelationshipsTypes
        self._refuse(not types_.is_valid_type(relationship_type), "relationship type", relationship_type)
        self._refuse(not families.is_valid_type(entity_a_family), "entity A Family type", entity_a_family)
        self._refuse(not families.is_valid_type(entity_b_family), "entity B Family type", entity_b_family)
        self._refuse(bool(reverse_name) and not names.is_valid(reverse_name), "reverse relationship", reverse_name)
        if source_reliability and not DBotScoreReliability.is_valid_type(source_reliability):
            raise ValueError("Invalid source reliability value", source_reliability)
        self._name = name
        self._reverse_name = reverse_name or names.get_reverse(name)
        self._relationship_type = relationship_type
        self._entity_a = entity_a
        self._entity_a_type = entity_a_type
        self._entity_a_family = entity_a_family
        self._entity_b = entity_b
        self._entity_b_type = entity_b_type
        self._entity_b_family = entity_b_family
        self._source_reliability = source_reliability
        self._fields = fields if fields else {}
        self._brand = brand

    @staticmethod
    def _refuse(is_wrong, what, value):
        if is_wrong:
            raise ValueError(f"Invalid {what}: {value}")

    def to_indicator(self):
        """Return the relationship as a part of an indicator that a feed creates."""
        if not self._entity_b:
            return {}
        return {
            "name": self._name,
            "reverseName": self._reverse_name,
            "type": self._relationship_type,
            "entityA": self._entity_a,
            "entityAFamily": self._entity_a_family,
            "entityAType": self._entity_a_type,
            "entityB": self._entity_b,
            "entityBFamily": self._entity_b_family,
            "entityBType": self._entity_b_type,
            "fields": self._fields,
        }

    def to_entry(self):
        """Return the relationship as a part of an entry."""
        entry = self.to_indicator()
        if entry and self._source_reliability:
            entry["reliability"] = self._source_reliability
        if entry and self._brand:
            entry["brand"] = self._brand
        return entry

    def to_context(self):
        """Return the relationship as a part of an indicator's context."""
        if not self._entity_b:
            return {}
        return {
            "Relationship": self._name,
            "EntityA": self._entity_a,
            "EntityAType": self._entity_a_type,
            "EntityB": self._entity_b,
            "EntityBType": self._entity_b_type,
        }


def _plain(value):
    """Return the value with context objects, alone or in a list, turned into their context."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.to_context() if hasattr(value, "to_context") else value


class _Record:
    """Base of the context classes.

    `_ARGUMENTS` lists the arguments in order, the optional ones (default None) after a bar. `_KEYS` lists
    `Context.Key:argument`, a dot for each nesting; empty ones are left out, except those of `_ALWAYS`.
    """

    _ARGUMENTS = ""
    _KEYS = ""
    _ALWAYS = ""
    _KEEPS_NONE = False

    def __init__(self, *args, **kwargs):
        required, _, optional = (part.split() for part in self._ARGUMENTS.partition("|"))
        names = required + optional
        given = dict(zip(names, args))
        kind = type(self).__name__
        if len(args) > len(names):
            raise TypeError(f"{kind} takes {len(names)} arguments, {len(args)} were given")
        for name in kwargs:
            if name not in names or name in given:
                raise TypeError(f"{kind} got an unknown or repeated argument {name!r}")
        given.update(kwargs)
        lacking = [name for name in required if name not in given]
        if lacking:
            raise TypeError(f"{kind} lacks the arguments {', '.join(lacking)}")
        self.__dict__.update({name: given.get(name) for name in names})

    def _keeps(self, name, value):
        """Tell whether an empty value goes into the context all the same."""
        # A count of no detections is a fact, and is told.
        is_count = name in ("detection_engines", "positive_detections", "positive_engines")
        return self._KEEPS_NONE or name in self._ALWAYS.split() or (is_count and value is not None)

    def _context(self):
        context = {}
        for pair in self._KEYS.split():
            path, _, name = pair.partition(":")
            value = getattr(self, name)
            if not value and not self._keeps(name, value):
                continue
            *parents, last = path.split(".")
            place = context
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = _plain(value)
        return context

    def to_context(self):
        """Return the context of this object."""
        return self._context()


class Common:
    """The indicator classes. Each gives, by `to_context()`, a dict of context paths to context values.

    Page: Context and Outputs.
    """

    class Indicator:
        """Base of all indicators."""

        @abstractmethod
        def to_context(self):
            """Return a dict of context paths to context values."""

    class DBotScore:
        """A source's verdict on an indicator: NONE 0, GOOD 1, SUSPICIOUS 2, BAD 3. TypeError for wrong arguments."""

        NONE = 0
        GOOD = 1
        SUSPICIOUS = 2
        BAD = 3

        CONTEXT_PATH_PRIOR_V5_5 = "DBotScore"
        CONTEXT_PATH = (
            "DBotScore(val.Indicator && val.Indicator == obj.Indicator && val.Vendor == obj.Vendor"
            " && val.Type == obj.Type)"
        )

        def __init__(
            self,
            indicator,
            indicator_type,
            integration_name="",
            score=None,
            malicious_description=None,
            reliability=None,
            message=None,
        ):
            if not DBotScoreType.is_valid_type(indicator_type):
                raise TypeError(f"indicator_type must be one of DBotScoreType, not {indicator_type!r}")
            if not Common.DBotScore.is_valid_score(score):
                raise TypeError(f"score must be one of 0, 1, 2, 3, not {score!r}")
            if reliability and not DBotScoreReliability.is_valid_type(reliability):
                raise TypeError(f"reliability must be one of DBotScoreReliability, not {reliability!r}")
            self.indicator = indicator
            self.indicator_type = indicator_type
            self.integration_name = get_integration_name() if integration_name == "" else integration_name
            self.score = score
            self.malicious_description = malicious_description
            self.reliability = reliability
            self.message = message

        @staticmethod
        def is_valid_score(score):
            return score in (0, 1, 2, 3)

        @staticmethod
        def get_context_path():
            """Return the path that this server's version uses."""
            new = is_demisto_version_ge("5.5.0")
            return Common.DBotScore.CONTEXT_PATH if new else Common.DBotScore.CONTEXT_PATH_PRIOR_V5_5

        def to_context(self):
            context = {
                "Indicator": self.indicator,
                "Type": self.indicator_type,
                "Vendor": self.integration_name,
                "Score": self.score,
            }
            if self.reliability:
                context["Reliability"] = self.reliability
            if self.message:
                context["Message"] = self.message
            return {Common.DBotScore.get_context_path(): context}

        def to_readable(self):
            """Return the verdict in a word."""
            return {1: "Good", 2: "Suspicious", 3: "Bad"}.get(self.score, "Unknown")

    class CustomIndicator(Indicator):
        """An indicator of a type of one's own. Raises ValueError for wrong arguments."""

        def __init__(self, indicator_type, value, dbot_score, data, context_prefix):
            if hasattr(DBotScoreType, str(indicator_type).upper()):
                raise ValueError(f"{indicator_type!r} is a type of the platform, and so no name for a custom one")
            if not value:
                raise ValueError("a custom indicator needs a value")
            if not context_prefix:
                raise ValueError("a custom indicator needs a context_prefix")
            _require_score(dbot_score)
            self.CONTEXT_PATH = f"{context_prefix}({_same('value')})"
            self.value = value
            self.dbot_score = dbot_score
            self.indicator_type = indicator_type
            self.data = data
            for key in data:
                setattr(self, key, data[key])

        def to_context(self):
            context = {self.CONTEXT_PATH: {"value": self.value, **self.data}}
            for path, verdict in self.dbot_score.to_context().items():
                context[path] = {**verdict, "Type": self.indicator_type}
            return context

    class FeedRelatedIndicators(_Record):
        _ARGUMENTS = "| value indicator_type description"
        _KEYS = "value:value type:indicator_type description:description"
        _KEEPS_NONE = True

    class CommunityNotes(_Record):
        _ARGUMENTS = "| note timestamp"
        _KEYS = "note:note timestamp:timestamp"
        _KEEPS_NONE = True

    class Publications(_Record):
        _ARGUMENTS = "| source title link timestamp"
        _KEYS = "source:source title:title link:link timestamp:timestamp"
        _KEEPS_NONE = True

    class Behaviors(_Record):
        _ARGUMENTS = "| details action"
        _KEYS = "details:details title:action"
        _KEEPS_NONE = True

    class ThreatTypes(_Record):
        _ARGUMENTS = "| threat_category threat_category_confidence"
        _KEYS = "threatcategory:threat_category threatcategoryconfidence:threat_category_confidence"
        _KEEPS_NONE = True

    class FileSignature(_Record):
        _ARGUMENTS = "authentihash copyright description file_version internal_name original_name"
        _KEYS = (
            "Authentihash:authentihash Copyright:copyright Description:description FileVersion:file_version "
            "InternalName:internal_name OriginalName:original_name"
        )
        _KEEPS_NONE = True


def _require_score(dbot_score):
    if not isinstance(dbot_score, Common.DBotScore):
        raise ValueError(f"dbot_score must be a Common.DBotScore, not {dbot_score!r}")


class _IndicatorRecord(_Record, Common.Indicator):
    """Base of the indicator classes: context below CONTEXT_PATH, with the verdict and its reason if bad."""

    CONTEXT_PATH = ""
    _NEEDS_SCORE = False
    _TELLS_MALICIOUS = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self._NEEDS_SCORE:
            _require_score(self.dbot_score)

    def to_context(self):
        context = self._context()
        score = getattr(self, "dbot_score", None)
        if score and self._TELLS_MALICIOUS and score.score == Common.DBotScore.BAD:
            context["Malicious"] = {"Vendor": score.integration_name, "Description": score.malicious_description}
        relationships = getattr(self, "relationships", None)
        if relationships:
            context["Relationships"] = [each.to_context() for each in relationships if each.to_context()]
        return {self.CONTEXT_PATH: context, **(score.to_context() if score else {})}


class _Ip(_IndicatorRecord):
    CONTEXT_PATH = outputPaths["ip"]
    _NEEDS_SCORE = True
    _ALWAYS = "ip"
    _ARGUMENTS = (
        "ip dbot_score | asn as_owner region port internal updated_date registrar_abuse_name registrar_abuse_address "
        "registrar_abuse_country registrar_abuse_network registrar_abuse_phone registrar_abuse_email campaign "
        "traffic_light_protocol community_notes publications threat_types hostname geo_latitude geo_longitude "
        "geo_country geo_description detection_engines positive_engines organization_name organization_type "
        "feed_related_indicators tags malware_family relationships"
    )
    _KEYS = (
        "Address:ip ASN:asn ASOwner:as_owner Region:region Port:port Internal:internal UpdatedDate:updated_date "
        "Registrar.Abuse.Name:registrar_abuse_name Registrar.Abuse.Address:registrar_abuse_address "
        "Registrar.Abuse.Country:registrar_abuse_country Registrar.Abuse.Network:registrar_abuse_network "
        "Registrar.Abuse.Phone:registrar_abuse_phone Registrar.Abuse.Email:registrar_abuse_email Campaign:campaign "
        "TrafficLightProtocol:traffic_light_protocol CommunityNotes:community_notes Publications:publications "
        "ThreatTypes:threat_types Hostname:hostname Geo.Location:geo_location Geo.Country:geo_country "
        "Geo.Description:geo_description Organization.Name:organization_name Organization.Type:organization_type "
        "DetectionEngines:detection_engines PositiveDetections:positive_engines "
        "FeedRelatedIndicators:feed_related_indicators Tags:tags MalwareFamily:malware_family"
    )

    @property
    def geo_location(self):
        """Latitude and longitude in one text, None where one is not known."""
        return f"{self.geo_latitude}:{self.geo_longitude}" if self.geo_latitude and self.geo_longitude else None


class _File(_IndicatorRecord):
    CONTEXT_PATH = outputPaths["file"]
    _ARGUMENTS = (
        "dbot_score | name entry_id size md5 sha1 sha256 sha512 ssdeep extension file_type hostname path company "
        "product_name digital_signature__publisher signature actor tags feed_related_indicators malware_family "
        "imphash quarantined campaign associated_file_names traffic_light_protocol organization community_notes "
        "publications threat_types behaviors relationships"
    )
    _KEYS = (
        "Name:name EntryID:entry_id Size:size MD5:md5 SHA1:sha1 SHA256:sha256 SHA512:sha512 SSDeep:ssdeep "
        "Extension:extension Type:file_type Hostname:hostname Path:path Company:company ProductName:product_name "
        "DigitalSignature.Published:digital_signature__publisher Signature:signature Actor:actor Tags:tags "
        "FeedRelatedIndicators:feed_related_indicators MalwareFamily:malware_family Campaign:campaign "
        "TrafficLightProtocol:traffic_light_protocol CommunityNotes:community_notes Publications:publications "
        "ThreatTypes:threat_types Imphash:imphash Quarantined:quarantined Organization:organization "
        "AssociatedFileNames:associated_file_names Behavior:behaviors"
    )


class _Url(_IndicatorRecord):
    CONTEXT_PATH = outputPaths["url"]
    _ALWAYS = "url"
    _ARGUMENTS = (
        "url dbot_score | detection_engines positive_detections category feed_related_indicators tags malware_family "
        "port internal campaign traffic_light_protocol threat_types asn as_owner geo_country organization "
        "community_notes publications relationships"
    )
    _KEYS = (
        "Data:url DetectionEngines:detection_engines PositiveDetections:positive_detections Category:category "
        "FeedRelatedIndicators:feed_related_indicators Tags:tags MalwareFamily:malware_family Port:port "
        "Internal:internal Campaign:campaign TrafficLightProtocol:traffic_light_protocol ThreatTypes:threat_types "
        "ASN:asn ASOwner:as_owner Geo.Country:geo_country Organization:organization CommunityNotes:community_notes "
        "Publications:publications"
    )


class _Domain(_IndicatorRecord):
    CONTEXT_PATH = outputPaths["domain"]
    _ALWAYS = "domain"
    _ARGUMENTS = (
        "domain dbot_score | dns detection_engines positive_detections organization sub_domains creation_date "
        "updated_date expiration_date domain_status name_servers feed_related_indicators malware_family "
        "registrar_name registrar_abuse_email registrar_abuse_phone registrant_name registrant_email "
        "registrant_phone registrant_country admin_name admin_email admin_phone admin_country tags domain_idn_name "
        "port internal category campaign traffic_light_protocol threat_types community_notes publications "
        "geo_location geo_country geo_description tech_country tech_name tech_email tech_organization billing "
        "relationships"
    )
    _DATES = (
        "DomainStatus:domain_status CreationDate:creation_date UpdatedDate:updated_date "
        "ExpirationDate:expiration_date NameServers:name_servers"
    )
    _KEYS = (
        "Name:domain DNS:dns DetectionEngines:detection_engines PositiveDetections:positive_detections "
        "Registrar:_registrar Registrant:_registrant Admin:_admin "
        f"Organization:organization Subdomains:sub_domains {_DATES} Tags:tags "
        "FeedRelatedIndicators:feed_related_indicators MalwareFamily:malware_family DomainIDNName:domain_idn_name "
        "Port:port Internal:internal Category:category Campaign:campaign "
        "TrafficLightProtocol:traffic_light_protocol ThreatTypes:threat_types CommunityNotes:community_notes "
        "Publications:publications Geo.Location:geo_location Geo.Country:geo_country "
        "Geo.Description:geo_description Tech.Country:tech_country Tech.Name:tech_name "
        "Tech.Organization:tech_organization Tech.Email:tech_email Billing:billing "
        "WHOIS.Registrar:_registrar WHOIS.Registrant:_registrant WHOIS.Admin:_admin WHOIS."
        + _DATES.replace(" ", " WHOIS.")
    )

    def _contact(self, **names):
        """Return what is known of a contact, with None for the rest; None where nothing is known."""
        contact = {key: getattr(self, name) for key, name in names.items()}
        return contact if any(contact.values()) else None

    @property
    def _registrar(self):
        return self._contact(
            Name="registrar_name", AbuseEmail="registrar_abuse_email", AbusePhone="registrar_abuse_phone"
        )

    @property
    def _registrant(self):
        return self._contact(
            Name="registrant_name", Email="registrant_email", Phone="registrant_phone", Country="registrant_country"
        )

    @property
    def _admin(self):
        return self._contact(Name="admin_name", Email="admin_email", Phone="admin_phone", Country="admin_country")


class _Email(_IndicatorRecord):
    CONTEXT_PATH = f"Email({_same('Address')})"
    _TELLS_MALICIOUS = False
    _ALWAYS = "address"
    _ARGUMENTS = "address dbot_score | domain blocked relationships"
    _KEYS = "Address:address Domain:domain Blocked:blocked"


class _Cve(_IndicatorRecord):
    CONTEXT_PATH = outputPaths["cve"]
    _ALWAYS = "id"
    _ARGUMENTS = (
        "id cvss published modified description | relationships stix_id cvss_version cvss_score cvss_vector "
        "cvss_table community_notes tags traffic_light_protocol publications"
    )
    _KEYS = (
        "ID:id CVSS:cvss Published:published Modified:modified Description:description STIXID:stix_id "
        "CVSSVersion:cvss_version CVSSScore:cvss_score CVSSVector:cvss_vector CVSSTable:cvss_table "
        "CommunityNotes:community_notes Tags:tags TrafficLightProtocol:traffic_light_protocol "
        "Publications:publications"
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dbot_score = Common.DBotScore(self.id, DBotScoreType.CVE, None, Common.DBotScore.NONE)


class _Account(_IndicatorRecord):
    CONTEXT_PATH = "Account(val.id && val.id == obj.id)"
    _NEEDS_SCORE = True
    _ALWAYS = "id"
    _ARGUMENTS = (
        "id | type username display_name groups domain email_address telephone_number office job_title department "
        "country state city street is_enabled dbot_score relationships"
    )
    _KEYS = (
        "Id:id Type:type City:city Country:country Department:department DisplayName:display_name Domain:domain "
        "Email.Address:email_address Groups:groups IsEnabled:is_enabled JobTitle:job_title Office:office State:state "
        "Street:street TelephoneNumber:telephone_number Username:username"
    )


class _Endpoint(_IndicatorRecord):
    CONTEXT_PATH = f"Endpoint({_same('ID')})"
    _ALWAYS = "id"
    _ARGUMENTS = (
        "id | hostname ip_address domain mac_address os os_version dhcp_server bios_version model memory processors "
        "processor relationships vendor status is_isolated"
    )
    _KEYS = (
        "ID:id Hostname:hostname IPAddress:ip_address Domain:domain MACAddress:mac_address OS:os OSVersion:os_version "
        "DHCPServer:dhcp_server BIOSVersion:bios_version Model:model Memory:memory Processors:processors "
        "Processor:processor Vendor:vendor Status:status IsIsolated:is_isolated"
    )

    def to_context(self):
        if self.status and self.status not in ENDPOINT_STATUS_OPTIONS:
            raise ValueError(f"status must be one of {ENDPOINT_STATUS_OPTIONS}, not {self.status!r}")
        if self.is_isolated and self.is_isolated not in ENDPOINT_ISISOLATED_OPTIONS:
            raise ValueError(f"is_isolated must be one of {ENDPOINT_ISISOLATED_OPTIONS}, not {self.is_isolated!r}")
        return super().to_context()


class _Cryptocurrency(_IndicatorRecord):
    CONTEXT_PATH = f"Cryptocurrency({_same('Address')})"
    _ALWAYS = "address address_type"
    _ARGUMENTS = "address address_type dbot_score"
    _KEYS = "Address:address AddressType:address_type"


class _AttackPattern(_IndicatorRecord):
    CONTEXT_PATH = f"AttackPattern({_same('value')})"
    _ALWAYS = (
        "stix_id kill_chain_phases first_seen_by_source description operating_system_refs publications mitre_id tags"
    )
    _ARGUMENTS = (
        "stix_id kill_chain_phases first_seen_by_source description operating_system_refs publications mitre_id tags "
        "dbot_score"
    )
    _KEYS = (
        "STIXID:stix_id KillChainPhases:kill_chain_phases FirstSeenBySource:first_seen_by_source "
        "OperatingSystemRefs:operating_system_refs Publications:publications MITREID:mitre_id Tags:tags "
        "Description:description"
    )


class _GeneralName(_Record):
    """A name in a certificate. Raises TypeError for a type that is no constant of this class."""

    OTHERNAME = "otherName"
    RFC822NAME = "rfc822Name"
    DNSNAME = "dNSName"
    DIRECTORYNAME = "directoryName"
    UNIFORMRESOURCEIDENTIFIER = "uniformResourceIdentifier"
    IPADDRESS = "iPAddress"
    REGISTEREDID = "registeredID"

    _ARGUMENTS = "gn_value gn_type"
    _KEYS = "Type:gn_type Value:gn_value"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not _GeneralName.is_valid_type(self.gn_type):
            raise TypeError(f"gn_type must be a constant of Common.GeneralName, not {self.gn_type!r}")

    @staticmethod
    def is_valid_type(_type):
        return _type in [value for name, value in vars(_GeneralName).items() if name.isupper() and name[0] != "_"]

    def get_value(self):
        return self.gn_value


class _CertificatePublicKey(_Record):
    """A certificate's public key. Raises TypeError for an algorithm that is no constant of Algorithm."""

    class Algorithm(_Choices):
        DSA = "DSA"
        RSA = "RSA"
        EC = "EC"
        UNKNOWN = "Unknown Algorithm"

    _ARGUMENTS = "algorithm length | publickey p q g modulus exponent x y curve"
    _KEYS = "Algorithm:algorithm Length:length PublicKey:publickey"
    _KEYS_OF = {"DSA": "P:p Q:q G:g", "RSA": "Modulus:modulus Exponent:exponent", "EC": "X:x Y:y Curve:curve"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.Algorithm.is_valid_type(self.algorithm):
            raise TypeError(f"algorithm must be a constant of CertificatePublicKey.Algorithm, not {self.algorithm!r}")
        self._KEYS = f"{self._KEYS} {self._KEYS_OF.get(self.algorithm, '')}"


class _CertificateExtension:
    """An extension of a certificate. TypeError for an unknown type, ValueError where its own argument is missing."""

    class ExtensionType(_Choices):
        SUBJECTALTERNATIVENAME = "SubjectAlternativeName"
        AUTHORITYKEYIDENTIFIER = "AuthorityKeyIdentifier"
        SUBJECTKEYIDENTIFIER = "SubjectKeyIdentifier"
        KEYUSAGE = "KeyUsage"
        EXTENDEDKEYUSAGE = "ExtendedKeyUsage"
        CRLDISTRIBUTIONPOINTS = "CRLDistributionPoints"
        CERTIFICATEPOLICIES = "CertificatePolicies"
        AUTHORITYINFORMATIONACCESS = "AuthorityInformationAccess"
        BASICCONSTRAINTS = "BasicConstraints"
        SIGNEDCERTIFICATETIMESTAMPS = "SignedCertificateTimestamps"
        PRESIGNEDCERTIFICATETIMESTAMPS = "PreCertSignedCertificateTimestamps"
        OTHER = "Other"

    class SubjectAlternativeName:
        def __init__(self, gn=None, gn_type=None, gn_value=None):
            if not gn and not (gn_type and gn_value):
                raise ValueError("a SubjectAlternativeName needs a GeneralName, or gn_type and gn_value")
            self.gn = gn or Common.GeneralName(gn_value=gn_value, gn_type=gn_type)

        def to_context(self):
            return self.gn.to_context()

        def get_value(self):
            return self.gn.get_value()

    class AuthorityKeyIdentifier(_Record):
        _ARGUMENTS = "| issuer serial_number key_identifier"
        _KEYS = "Issuer:issuer SerialNumber:serial_number KeyIdentifier:key_identifier"

    class DistributionPoint(_Record):
        _ARGUMENTS = "| full_name relative_name crl_issuer reasons"
        _KEYS = "FullName:full_name RelativeName:relative_name CRLIssuer:crl_issuer Reasons:reasons"

    class CertificatePolicy(_Record):
        _ARGUMENTS = "policy_identifier | policy_qualifiers"
        _KEYS = "PolicyIdentifier:policy_identifier PolicyQualifiers:policy_qualifiers"

    class AuthorityInformationAccess(_Record):
        _ARGUMENTS = "access_method access_location"
        _KEYS = "AccessMethod:access_method AccessLocation:access_location"

    class BasicConstraints(_Record):
        _ARGUMENTS = "ca | path_length"
        _KEYS = "CA:ca PathLength:path_length"

    class SignedCertificateTimestamp(_Record):
        class EntryType(_Choices):
            X509CERTIFICATE = "X509Certificate"
            PRECERTIFICATE = "PreCertificate"

        _ARGUMENTS = "entry_type version log_id timestamp"
        _KEYS = "Version:version LogId:log_id Timestamp:timestamp EntryType:entry_type"

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            if not self.EntryType.is_valid_type(self.entry_type):
                raise TypeError("entry_type must be one of SignedCertificateTimestamp.EntryType")

    # Type: (object identifier, name, the argument that holds the value).
    _KINDS = {
        "SubjectAlternativeName": ("2.5.29.17", "subjectAltName", "subject_alternative_names"),
        "AuthorityKeyIdentifier": ("2.5.29.35", "authorityKeyIdentifier", "authority_key_identifier"),
        "SubjectKeyIdentifier": ("2.5.29.14", "subjectKeyIdentifier", "digest"),
        "KeyUsage": ("2.5.29.15", "keyUsage", None),
        "ExtendedKeyUsage": ("2.5.29.37", "extendedKeyUsage", "usages"),
        "CRLDistributionPoints": ("2.5.29.31", "cRLDistributionPoints", "distribution_points"),
        "CertificatePolicies": ("2.5.29.32", "certificatePolicies", "certificate_policies"),
        "AuthorityInformationAccess": ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess", "authority_information_access"),
        "BasicConstraints": ("2.5.29.19", "basicConstraints", "basic_constraints"),
        "PreCertSignedCertificateTimestamps": (
            "1.3.6.1.4.1.11129.2.4.2",
            "signedCertificateTimestampList",
            "signed_certificate_timestamps",
        ),
        "SignedCertificateTimestamps": (
            "1.3.6.1.4.1.11129.2.4.5",
            "signedCertificateTimestampList",
            "signed_certificate_timestamps",
        ),
        "Other": (None, None, "value"),
    }
    _USAGES = (
        ("DigitalSignature", "digital_signature"),
        ("ContentCommitment", "content_commitment"),
        ("KeyEncipherment", "key_encipherment"),
        ("DataEncipherment", "data_encipherment"),
        ("KeyAgreement", "key_agreement"),
        ("KeyCertSign", "key_cert_sign"),
        ("CrlSign", "crl_sign"),
    )

    def __init__(
        self,
        extension_type,
        critical,
        oid=None,
        extension_name=None,
        subject_alternative_names=None,
        authority_key_identifier=None,
        digest=None,
        digital_signature=None,
        content_commitment=None,
        key_encipherment=None,
        data_encipherment=None,
        key_agreement=None,
        key_cert_sign=None,
        crl_sign=None,
        usages=None,
        distribution_points=None,
        certificate_policies=None,
        authority_information_access=None,
        basic_constraints=None,
        signed_certificate_timestamps=None,
        value=None,
    ):
        arguments = {name: given for name, given in locals().items() if name != "self"}
        if not self.ExtensionType.is_valid_type(extension_type):
            raise TypeError(
                f"extension_type must be a constant of CertificateExtension.ExtensionType, not {extension_type!r}"
            )
        self.__dict__.update(arguments)
        known_oid, known_name, holder = self._KINDS[extension_type]
        if holder and holder != "value" and not arguments[holder]:
            raise ValueError(f"an extension of type {extension_type} needs {holder}")
        self.oid = oid or known_oid
        self.extension_name = extension_name or known_name
        self.holder = holder

    def _value(self):
        if self.extension_type == self.ExtensionType.KEYUSAGE:
            return {key: True for key, name in self._USAGES if getattr(self, name)}
        value = _plain(getattr(self, self.holder))
        wrapped = {"digest": "Digest", "usages": "Usages"}.get(self.holder)
        return {wrapped: value} if wrapped else value

    def to_context(self):
        context = {"OID": self.oid, "Name": self.extension_name, "Critical": self.critical}
        value = self._value()
        if value:
            context["Value"] = value
        return context


class _Certificate(_IndicatorRecord):
    CONTEXT_PATH = f"Certificate({_same('MD5', 'SHA1', 'SHA256', 'SHA512')})"
    _NEEDS_SCORE = True
    _ALWAYS = "subject_dn"
    _ARGUMENTS = (
        "subject_dn | dbot_score name issuer_dn serial_number validity_not_after validity_not_before sha512 sha256 "
        "sha1 md5 publickey spki_sha256 signature_algorithm signature subject_alternative_name extensions pem"
    )
    _KEYS = (
        "SubjectDN:subject_dn SubjectAlternativeName:_alternative_names Name:_names IssuerDN:issuer_dn "
        "SerialNumber:serial_number ValidityNotBefore:validity_not_before ValidityNotAfter:validity_not_after "
        "SHA512:sha512 SHA256:sha256 SHA1:sha1 MD5:md5 PublicKey:publickey SPKISHA256:spki_sha256 "
        "Signature.Algorithm:signature_algorithm Signature.Signature:signature Extension:extensions PEM:pem"
    )

    @property
    def _alternative_names(self):
        """The names that were given, else those of the extension for them."""
        if self.subject_alternative_name:
            return [{"Value": each} if isinstance(each, str) else each for each in self.subject_alternative_name]
        for extension in self.extensions or []:
            if extension.extension_type == _CertificateExtension.ExtensionType.SUBJECTALTERNATIVENAME:
                return extension.subject_alternative_names
        return None

    @property
    def _names(self):
        """The names that were given, else the common name and the DNS names of the certificate."""
        if self.name:
            return [self.name] if isinstance(self.name, str) else self.name
        common = re.search(r"(?:^|,)\s*CN=([^,]+)", self.subject_dn or "")
        others = [_plain(each).get("Value") for each in self._alternative_names or []]
        return sorted({name for name in [common and common[1], *others] if name}) or None


for _public_name, _record in {
    "IP": _Ip,
    "URL": _Url,
    "File": _File,
    "Domain": _Domain,
    "EMAIL": _Email,
    "CVE": _Cve,
    "Account": _Account,
    "Endpoint": _Endpoint,
    "Cryptocurrency": _Cryptocurrency,
    "AttackPattern": _AttackPattern,
    "GeneralName": _GeneralName,
    "CertificatePublicKey": _CertificatePublicKey,
    "CertificateExtension": _CertificateExtension,
    "Certificate": _Certificate,
}.items():
    _record.__name__ = _public_name
    _record.__qualname__ = f"Common.{_public_name}"
    setattr(Common, _public_name, _record)


def build_dbot_entry(indicator, indicator_type, vendor, score, description=None, build_malicious=True):
    """Return the context of a verdict and, where it is bad, of the indicator. DemistoException for other types."""
    if indicator_type not in INDICATOR_TYPE_TO_CONTEXT_KEY:
        known = list(INDICATOR_TYPE_TO_CONTEXT_KEY)
        raise DemistoException(f"indicator_type must be one of {known}, not {indicator_type!r}")
    is_hash = INDICATOR_TYPE_TO_CONTEXT_KEY[indicator_type] == "file"
    kind = "file" if is_hash else indicator_type
    context = {"DBotScore": {"Indicator": indicator, "Type": kind, "Vendor": vendor, "Score": score}}
    if score == Common.DBotScore.BAD and build_malicious:
        context.update(build_malicious_dbot_entry(indicator, indicator_type, vendor, description))
    return context


def build_malicious_dbot_entry(indicator, indicator_type, vendor, description=None):
    """Return the context of an indicator that the vendor calls malicious."""
    key = INDICATOR_TYPE_TO_CONTEXT_KEY[indicator_type]
    path = outputPaths.get(indicator_type, outputPaths["file"])
    name = indicator_type.upper() if key == "file" else key
    return {path: {name: indicator, "Malicious": {"Vendor": vendor, "Description": description}}}


def create_indicator_result_with_dbotscore_unknown(
    indicator, indicator_type, reliability=None, context_prefix=None, address_type=None, relationships=None
):
    """Return the CommandResults that says: this indicator was not found, its score is unknown.

    Raises ValueError for types that cannot be made, and for hashes of no known kind.

    Page: Python Code Conventions.
    """
    kind = str(indicator_type).lower()
    title = indicator_type.upper()
    if kind == DBotScoreType.CVE:
        raise ValueError("a CVE cannot be made without its facts")
    is_known = kind in _UNKNOWN_INDICATORS
    score = Common.DBotScore(
        indicator,
        kind if is_known else DBotScoreType.CUSTOM,
        "",
        Common.DBotScore.NONE,
        reliability=reliability,
        message="No results found.",
    )
    if kind == DBotScoreType.FILE:
        hash_type = get_hash_type(indicator)
        if hash_type == "Unknown":
            raise ValueError(f"{indicator!r} has the length of no known kind of hash")
        made = Common.File(score, **{hash_type: indicator})
    elif kind == DBotScoreType.CRYPTOCURRENCY:
        made, title = Common.Cryptocurrency(indicator, address_type, score), str(address_type).upper()
    elif is_known:
        made = _UNKNOWN_INDICATORS[kind](indicator, score)
    else:
        made = Common.CustomIndicator(indicator_type, indicator, score, {}, context_prefix or title)
    readable = tableToMarkdown("Results:", {title: indicator, "Result": "Not found"}, headers=[title, "Result"])
    return CommandResults(readable_output=readable, indicator=made)


_UNKNOWN_INDICATORS = {
    "ip": Common.IP,
    "url": Common.URL,
    "domain": Common.Domain,
    "email": Common.EMAIL,
    "file": Common.File,
    "cryptocurrency": Common.Cryptocurrency,
    "account": lambda indicator, score: Common.Account(id=indicator, dbot_score=score),
    "certificate": lambda indicator, score: Common.Certificate(subject_dn=indicator, dbot_score=score),
}


class IndicatorsSearcher:
    """Iterates over the pages of an indicator search: each step returns what demisto.searchIndicators gave."""

    SEARCH_AFTER_TITLE = "searchAfter"

    def __init__(
        self,
        page=0,
        filter_fields=None,
        from_date=None,
        query=None,
        size=100,
        to_date=None,
        value="",
        limit=None,
        sort=None,
    ):
        self._page = page
        self._filter_fields = filter_fields
        self._from_date = from_date
        self._query = query
        self._size = size
        self._to_date = to_date
        self._value = value
        self._limit = limit
        self._sort = sort
        self._total = None
        self._found = 0
        self._search_after = None
        self._at_end = False

    def __iter__(self):
        self._total = None
        self._found = 0
        self._search_after = None
        self._at_end = False
        return self

    def __next__(self):
        if self.is_search_done():
            raise StopIteration
        size = self._size if self._limit is None else min(self._size, self._limit - self._found)
        answer = self.search_indicators_by_version(self._from_date, self._query, size, self._to_date, self._value)
        found = len(answer.get("iocs") or [])
        self._found += found
        if not found:
            raise StopIteration
        return answer

    next = __next__

    @property
    def page(self):
        return self._page

    @property
    def total(self):
        return self._total

    @property
    def limit(self):
        return self._limit

    def is_search_done(self):
        """Tell whether all pages, or as many indicators as the limit says, have been read."""
        if self._limit is not None and self._found >= self._limit:
            return True
        if self._total is None:
            return False
        return self._at_end or self._page * self._size >= self._total

    def search_indicators_by_version(self, from_date=None, query="", size=100, to_date=None, value=""):
        """Search one page, by `searchAfter` where an answer carried it, else by page number."""
        arguments = assign_params(
            fromDate=from_date,
            toDate=to_date,
            query=query,
            size=size,
            value=value,
            filterFields=self._filter_fields,
            sort=self._sort,
            searchAfter=self._search_after,
        )
        if self._search_after is None:
            arguments["page"] = self._page
        answer = demisto.searchIndicators(**arguments) or {}
        self._page += 1
        self._total = answer.get("total") or 0
        by_key = self.SEARCH_AFTER_TITLE in answer
        self._search_after = answer.get(self.SEARCH_AFTER_TITLE)
        self._at_end = by_key and self._search_after is None
        return answer


class AutoFocusKeyRetriever:
    """Holds the AutoFocus key that was given, else the one of the server's licence (6.2.0)."""

    def __init__(self, api_key):
        if not api_key:
            if not is_demisto_version_ge("6.2.0"):
                raise DemistoException("Before server version 6.2.0 the instance needs an API key of its own.")
            api_key = demisto.getAutoFocusApiKey()
        self.key = api_key


# --- XML ---------------------------------------------------------------------------------------------------------


def strip_tag(tag):
    """Return the tag without its namespace."""
    return tag.rpartition("}")[2] if tag.startswith("{") else tag


def elem_to_internal(elem, strip_ns=1, strip=1):
    """Return {tag: value} of an element: attributes as @name, text as #text, repeated children as lists."""
    value = {("@" + name): content for name, content in elem.attrib.items()}
    for child in elem:
        for tag, content in elem_to_internal(child, strip_ns, strip).items():
            if tag not in value:
                value[tag] = content
            elif isinstance(value[tag], list):
                value[tag].append(content)
            else:
                value[tag] = [value[tag], content]
    for name, text in (("#tail", elem.tail), ("#text", elem.text)):
        text = text.strip() if text and strip else text
        if text:
            value[name] = text
    tag = strip_tag(elem.tag) if strip_ns else elem.tag
    return {tag: value["#text"] if list(value) == ["#text"] else value or None}


def internal_to_elem(pfsh, factory=ET.Element):
    """Return the element of what elem_to_internal returned."""
    [(tag, value)] = pfsh.items()
    elem = factory(tag)
    if not isinstance(value, dict):
        elem.text = value
        return elem
    for name, content in value.items():
        if name == "#text":
            elem.text = content
        elif name == "#tail":
            elem.tail = content
        elif name.startswith("@"):
            elem.set(name[1:], content)
        else:
            for each in content if isinstance(content, list) else [content]:
                elem.append(internal_to_elem({name: each}, factory))
    return elem


def elem2json(elem, options, strip_ns=1, strip=1):
    """Return the JSON text of an element."""
    return json.dumps(elem_to_internal(getattr(elem, "getroot", lambda: elem)(), strip_ns, strip))


def json2elem(json_data, factory=ET.Element):
    """Return the element of a JSON text."""
    return internal_to_elem(json.loads(json_data), factory)


def xml2json(xmlstring, options={}, strip_ns=1, strip=1):
    """Return the JSON text of an XML text."""
    return elem2json(ET.fromstring(xmlstring), options, strip_ns, strip)


def json2xml(json_data, factory=ET.Element):
    """Return the XML, as bytes, of a JSON text or of its value."""
    value = json_data if isinstance(json_data, dict) else json.loads(json_data)
    return ET.tostring(internal_to_elem(value, factory))


# --- Widgets, and what only older scripts use --------------------------------------------------------------------


class BaseWidget:
    """Base of the widgets: `to_display` returns what a dashboard script hands back."""

    @abstractmethod
    def to_display(self):
        """Return the widget's data."""


class TextWidget(BaseWidget):
    """A text, in Markdown."""

    def __init__(self, text):
        self.text = text

    def to_display(self):
        return self.text


class NumberWidget(BaseWidget):
    """A number."""

    def __init__(self, number):
        self.number = number

    def to_display(self):
        return self.number


class TrendWidget(BaseWidget):
    """A number beside its earlier value."""

    def __init__(self, current_number, previous_number):
        self.trend = {"currSum": current_number, "prevSum": previous_number}

    def to_display(self):
        return json.dumps(self.trend)


class BarColumnPieWidget(BaseWidget):
    """Categories with a number each."""

    def __init__(self, categories=None):
        self.categories = categories if categories else []

    def add_category(self, name, number):
        """Add a category."""
        self.categories.append({"name": name, "data": [number]})

    def to_display(self):
        return json.dumps(self.categories)


class LineWidget(BaseWidget):
    """Categories with a number for each group; the numbers of one category add up."""

    def __init__(self, categories=None):
        self.categories = categories if categories else []

    def add_category(self, name, number, group):
        """Add a number of a group to a category, which is made if it is new."""
        of_group = {"name": group, "data": [number]}
        for category in self.categories:
            if category["name"] == name:
                category["data"] = [category["data"][0] + number]
                category["groups"].append(of_group)
                return
        self.categories.append({"name": name, "data": [number], "groups": [of_group]})

    def to_display(self):
        return json.dumps(self.categories)


class TableOrListWidget(BaseWidget):
    """Rows of a table."""

    def __init__(self, data=None):
        self.data = data if isinstance(data, list) else [data] if data else []

    def add_row(self, data):
        """Add a row."""
        self.data.append(data)

    def to_display(self):
        return json.dumps({"total": len(self.data), "data": self.data})


class ConfKey:
    """A parameter of an integration, for YMLMetadataCollector. Page: Generate YML from Python."""

    def __init__(
        self,
        name,
        display=None,
        default_value=None,
        key_type=ParameterTypes.STRING,
        required=False,
        additional_info=None,
        options=None,
        input_type=None,
    ):
        self.name = name
        self.display = display
        self.default_value = default_value
        self.key_type = key_type
        self.required = required
        self.additional_info = additional_info
        self.options = options
        self.input_type = input_type


class InputArgument:
    """An argument of a command, for YMLMetadataCollector. Page: Generate YML from Python."""

    def __init__(
        self,
        name=None,
        description=None,
        required=False,
        default=None,
        is_array=False,
        secret=False,
        execution=False,
        options=None,
        input_type=None,
    ):
        self.name = name
        self.description = description
        self.required = required
        self.default = default
        self.is_array = is_array
        self.secret = secret
        self.execution = execution
        self.options = options
        self.input_type = input_type


class OutputArgument:
    """An output of a command, for YMLMetadataCollector. Page: Generate YML from Python."""

    def __init__(self, name, output_type=dict, description=None, prefix=None):
        self.name = name
        self.output_type = output_type
        self.description = description
        self.prefix = prefix


class YMLMetadataCollector:
    """Lets an integration describe itself for the making of its YAML; when it runs, nothing is collected.

    Page: Generate YML from Python.
    """

    def __init__(self, integration_name, **metadata):
        self.integration_name = integration_name
        self.__dict__.update(metadata)
        self.commands = []
        self.collect_data = False

    def command(self, command_name, **metadata):
        """Decorator for a command's function, which is left as it is."""

        def decorate(func):
            return func

        return decorate


def zoomField(item, fieldName):
    """Return the value of the field if the item has it, else the item."""
    return item.get(fieldName, item) if isinstance(item, dict) else item


def raiseTable(root, key):
    """Replace, in place, a dict under `key` by its only list, where it holds nothing else."""
    if isinstance(root, dict) and isinstance(root.get(key), dict) and len(root[key]) == 1:
        [inner] = root[key].values()
        if isinstance(inner, list):
            root[key] = inner


def indicators_value_to_clickable(indicators):
    """Return {indicator: Markdown link to its page} for the indicators that the server knows."""
    values = argToList(indicators)
    query = " or ".join(f'value:"{value}"' for value in values)
    found = (demisto.executeCommand("findIndicators", {"query": query}) or []) if values else []
    links = {}
    for entry in found:
        for indicator in (entry.get("Contents") if isinstance(entry, dict) else None) or []:
            if isinstance(indicator, dict) and indicator.get("id"):
                value = indicator["value"]
                links[value] = f"[{value}](#/indicator/{indicator['id']})"
    return links


def _contents_of(entry):
    return entry.get("Contents") or {} if entry.get("Type") != EntryType.ERROR else {}


def vtCountPositives(entry):
    """Return how many engines of a VirusTotal entry found something."""
    contents = _contents_of(entry)
    lists = [value for key, value in contents.items() if key.startswith("detected_") and isinstance(value, list)]
    return sum(1 for values in lists for found in values if demisto.get(found, "positives"))


def positiveUrl(entry):
    """Tell whether a reputation entry calls its url malicious."""
    contents, brand = _contents_of(entry), entry.get("Brand")
    if brand == brands["xfe"]:
        return (demisto.get(contents, "url.result.score") or 0) > thresholds["xfeScore"]
    if brand == brands["vt"]:
        return (contents.get("positives") or 0) > thresholds["vtPositives"]
    return brand == brands["cs"] and bool(contents)


def positiveFile(entry):
    """Tell whether a reputation entry calls its file malicious."""
    contents, brand = _contents_of(entry), entry.get("Brand")
    if brand == brands["xfe"]:
        return demisto.get(contents, "malware.family") is not None
    if brand == brands["vt"]:
        return (contents.get("positives") or 0) > thresholds["vtPositives"]
    if brand == brands["wf"]:
        return demisto.get(contents, "wildfire.file_info.malware") == "yes"
    if brand == brands["cy"]:
        return any(isinstance(value, dict) and (value.get("generalscore") or 0) < -0.5 for value in contents.values())
    return brand == brands["cs"] and bool(contents)


def positiveIp(entry):
    """Tell whether a reputation entry calls its address malicious."""
    contents, brand = _contents_of(entry), entry.get("Brand")
    if brand == brands["xfe"]:
        return (demisto.get(contents, "reputation.score") or 0) > thresholds["xfeScore"]
    if brand == brands["vt"]:
        return vtCountPositives(entry) > thresholds["vtPositiveUrlsForIP"]
    return brand == brands["cs"] and bool(contents)


def _short(entry, title):
    """Return an entry with a table of what a reputation entry holds."""
    return {
        "ContentsFormat": EntryFormat.TABLE,
        "Type": EntryType.NOTE,
        "Contents": [{"Source": providers.get(_brand_key(entry), entry.get("Brand")), title: _contents_of(entry)}],
    }


def _brand_key(entry):
    return next((key for key, brand in brands.items() if brand == entry.get("Brand")), None)


def shortUrl(entry):
    """Return a reputation entry for a url in short form."""
    return _short(entry, "URL")


def shortFile(entry):
    """Return a reputation entry for a file in short form."""
    return _short(entry, "File")


def shortIp(entry):
    """Return a reputation entry for an address in short form."""
    return _short(entry, "IP")


def shortDomain(entry):
    """Return a reputation entry for a domain in short form."""
    return _short(entry, "Domain")


def shortCrowdStrike(entry):
    """Return an entry of CrowdStrike in short form."""
    return _short(entry, "CrowdStrike")


# --- Modules within the script, dumps for debugging --------------------------------------------------------------

_MODULES_LINE_MAPPING = {}
excluded_globals = ["__name__", "__doc__", "__package__", "__loader__", "__spec__", "__annotations__", "__builtins__"]
excluded_types_names = ["MagicMock"]


def __line__():
    """Return the line of the caller."""
    return currentframe().f_back.f_lineno


def register_module_line(module_name, start_end, line, wrapper=0):
    """Remember at which line of the script an inlined module starts or ends (`start_end`)."""
    _MODULES_LINE_MAPPING.setdefault(module_name, {})[start_end] = line


def _find_relevant_module(line):
    """Return the name of the inlined module in which the line lies, or an empty text."""
    around = [
        (found["start"], name)
        for name, found in _MODULES_LINE_MAPPING.items()
        if "start" in found and found["start"] <= line <= found.get("end", line)
    ]
    return max(around)[1] if around else ""


def fix_traceback_line_numbers(trace_str):
    """Return the traceback unchanged: xsim compiles each file under its own name, so its lines are right."""
    return trace_str


def get_message_classes_dump(classes_as_list):
    """Return a table of classes: how many objects, how many bytes."""
    return tableToMarkdown("Classes", classes_as_list, headers=["Class", "Count", "Size"])


def get_message_threads_dump(_sig, _frame):
    """Return the stacks of all threads."""
    frames = sys._current_frames().items()
    return "\n".join(f"# Thread {number}\n" + "".join(traceback.format_stack(frame)) for number, frame in frames)


def _sized(names):
    rows = [{"Name": name, "Type": str(type(value)), "Size": sys.getsizeof(value, 0)} for name, value in names.items()]
    return sorted(rows, key=lambda row: row["Size"], reverse=True)[:PROFILING_DUMP_ROWS_LIMIT]


def get_message_local_vars():
    """Return a table of the caller's local variables by size."""
    return tableToMarkdown("Local variables", _sized(currentframe().f_back.f_locals))


def get_message_global_vars():
    """Return a table of the script's globals by size."""
    names = {name: value for name, value in globals().items() if name not in excluded_globals}
    return tableToMarkdown("Global variables", _sized(names))


def get_message_modules_sizes():
    """Return a table of the loaded modules by size."""
    return tableToMarkdown("Modules", _sized(dict(sys.modules)))


def get_message_memory_dump(_sig, _frame):
    """Return a table of the classes that take most memory."""
    counted = {}
    for found in gc.get_objects():
        row = counted.setdefault(type(found), {"Class": str(type(found)), "Count": 0, "Size": 0})
        row["Count"] += 1
        row["Size"] += sys.getsizeof(found, 0)
    largest = sorted(counted.values(), key=lambda row: row["Size"], reverse=True)
    return get_message_classes_dump(largest[:PROFILING_DUMP_ROWS_LIMIT])


def signal_handler_profiling_dump(_sig, _frame):
    """Write the threads and the memory to the server's log."""
    LOG("\n".join([get_message_threads_dump(_sig, _frame), get_message_memory_dump(_sig, _frame)]))
    LOG.print_log()


def register_signal_handler_profiling_dump(signal_type=None, profiling_dump_rows_limit=PROFILING_DUMP_ROWS_LIMIT):
    """Dump threads and memory when the process gets the signal (default SIGUSR1; not on Windows)."""
    import signal

    global PROFILING_DUMP_ROWS_LIMIT
    PROFILING_DUMP_ROWS_LIMIT = profiling_dump_rows_limit
    if not OS_WINDOWS:
        signal.signal(signal_type or signal.SIGUSR1, signal_handler_profiling_dump)


class LooseVersion:
    """A version in text; comparisons go part by part, numbers as numbers. Stands in for the one of distutils."""

    def __init__(self, vstring=None):
        self.vstring = vstring
        parts = re.findall(r"\d+|[a-z]+", vstring or "")
        self.version = [int(part) if part.isdigit() else part for part in parts]

    def _parts(self, other):
        return self.version, (other if isinstance(other, LooseVersion) else LooseVersion(other)).version

    def __str__(self):
        return self.vstring or ""

    def __repr__(self):
        return f"LooseVersion ('{self}')"

    def __hash__(self):
        return hash(tuple(self.version))

    def __eq__(self, other):
        ours, theirs = self._parts(other)
        return ours == theirs

    def __lt__(self, other):
        ours, theirs = self._parts(other)
        return ours < theirs

    def __le__(self, other):
        return self == other or self < other

    def __gt__(self, other):
        return not self <= other

    def __ge__(self, other):
        return not self < other


# --- At load -----------------------------------------------------------------------------------------------------

LOG = IntegrationLogger(debug_logging=is_debug_mode())
_requests_logger = DebugLogger() if is_debug_mode() else None
if _requests_logger:
    _requests_logger.log_start_debug()

del _public_name, _record
