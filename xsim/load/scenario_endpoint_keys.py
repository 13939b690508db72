"""The keys of [[endpoints]], for each kind of call: what its readers hold the table to."""

from __future__ import annotations

from xsim.load.scenario_calls import HOST, METHODS, PLACES
from xsim.load.scenario_keys import (
    DURATION,
    PATH,
    TABLE,
    TABLES,
    TEXT,
    TEXTS,
    TRUTH,
    WHOLE,
    WORD,
    Key,
    keyed,
)
from xsim.load.scenario_paging import NO_LIMIT

KINDS = {
    "list": "Lists records (the default).",
    "detail": "Gives one record, by `{id}` in the path or by `id_param`.",
    "objects": "Gives the records of several ids ([below](#objects)).",
    "fixed": "Gives always the same answer ([below](#fixed)).",
    "job": "Begins a search that runs for a while ([below](#jobs)).",
    "job_status": "Says how far it is.",
    "update": "Sets fields of records, or deletes them ([below](#updates)).",
}
FORMATS = ("json", "rows", "xml", "ndjson", "csv")
EMPTY_ANSWERS = ("list", "missing", "null", "object", "body")

_LISTS = ("list", "objects")
_SHOWING = ("list", "detail", "objects")
_ASKING = (*_LISTS, "job")
_NAMING = (*_SHOWING, "update")

ENDPOINT_KEYS = keyed(
    Key("path", TEXT, '`"/api/v1/alerts"`; parts in braces take anything: `"/alerts/{id}"`.', needed=True),
    Key(
        "method", WORD, "The method of the call.", "GET", otherwise="{}; of a job or an update `\"POST\"`",
        words=METHODS,
    ),
    HOST,
    Key(
        "when", TABLES,
        "What a request [has to say](#when), where several calls have one address: SOAP, GraphQL, JSON-RPC.",
    ),
    Key("kind", WORD, "As above.", "list", words=KINDS),
    Key("streams", TEXTS, "Only the events of these.", otherwise="all events", of=(*_SHOWING, "job", "update")),
    Key("list_at", PATH, "Where the list is.", otherwise="the answer is the list", of=_LISTS),
    Key("time_field", PATH, "What order and newest-first go by.", otherwise="`[identity] time`", of=_ASKING),
    Key(
        "id_field", PATH, "What a detail call and paging by the last id go by.", otherwise="`[identity] event`",
        of=(*_SHOWING, "job", "update"),
    ),
    Key("id_param", TEXT, "The parameter with the id, or the ids.", of=_NAMING),
    Key("id_in", "place", "Where it stands.", "query", words=PLACES, of=_NAMING),
    Key(
        "unknown_status", WHOLE, "The answer of a detail call or an update that names no record.", 404, least=200,
        most=599, of=("detail", "update"),
    ),
    Key("record_at", PATH, "For a detail call.", otherwise="the answer is the record", of=("detail",)),
    Key(
        "filters", TABLES, "[Parameters](#filters) that keep some records; one that is not sent keeps all.", of=_ASKING,
    ),
    Key(
        "order", "path, list or table",
        '`["created", "-id"]`, `-` for descending; a table where [requests may ask for another](#order).',
        otherwise="newest first", of=_ASKING,
    ),
    Key(
        "limit", "whole number, false or table",
        "A number: always so many. false: no limit. A table where [requests may ask for fewer](#order).", 50,
        otherwise="always {}", least=1, most=NO_LIMIT, of=_LISTS,
    ),
    Key("paging", TABLE, "How an answer [goes on](#paging).", of=_LISTS),
    Key("total_at", PATH, "Where the number of all matches is.", of=_LISTS),
    Key("more_at", PATH, "Where it says whether there are more.", of=_LISTS),
    Key("count_at", PATH, "Where the number of records in this answer is.", of=_LISTS),
    Key(
        "last_at", "table of paths",
        'What it tells of its last record: `{"meta.newest" = "created"}`; null where it has none.', of=_LISTS,
    ),
    Key("extra", TABLE, "Fixed fields of the answer; the names are paths.", of=_SHOWING),
    Key(
        "empty", WORD,
        "What is sent where nothing matches: an empty list, no key, null, `{}` or nothing.", "list",
        words=EMPTY_ANSWERS, of=_LISTS,
    ),
    Key("wrap", TEXT, "Each record stands below this key.", of=_SHOWING),
    Key(
        "pick", PATH,
        "The list holds only what stands there, as where ids come first and records by a second call.", of=_LISTS,
    ),
)  # fmt: skip
FORMAT_KEYS = keyed(
    Key(
        "format", WORD,
        'How records are written; `"rows"` is JSON in which a record is a list of values, `"ndjson"` a record a line. '
        "Also of a detail call.", "json", words=FORMATS, of=_SHOWING,
    ),
    Key(
        "item", TEXT,
        "The XML element that a record is; its fields are elements in it, a list one for each. A field `@name` is an "
        "attribute, `#text` what stands between its tags.", "item", of=_SHOWING,
    ),
    Key(
        "columns", "list of paths", "The columns; of CSV the first line has their names.",
        otherwise="needed for CSV and rows", of=_SHOWING,
    ),
    Key(
        "text", TEXT,
        "What stands around the records, with `{records}` in their place; with `{escaped}` for XML inside XML.",
        otherwise="`<items>...</items>` for XML, else nothing", of=_SHOWING,
    ),
)  # fmt: skip
JOB_KEYS = keyed(
    Key("job_at", PATH, "Where the answer holds the search's id.", needed=True, of=("job",)),
    Key(
        "job_takes", DURATION, "So long it runs. Its results are what was there when it began.", "0s", of=("job",),
    ),
    Key("status", WHOLE, "Of its answer, such as 202.", 200, least=200, most=299, of=("job",)),
    Key("job_state_at", PATH, "Where the answer holds the state.", needed=True, of=("job_status",)),
    Key(
        "job_states", "two texts", "Its words while the search runs, and after that.", ["RUNNING", "DONE"],
        of=("job_status",),
    ),
    Key("total_at", PATH, "Where the number found is, once there is one.", of=("job_status",)),
    Key("extra", TABLE, "Fixed fields of the answer; the names are paths.", of=("job", "job_status")),
    Key(
        "job_param", TEXT, "The part of the path, or the parameter, with the search's id.",
        otherwise="`job` of a status with `{job}` in its path", of=("job_status", "list"),
    ),
    Key(
        "job_in", "place", "Where it stands.", words=PLACES,
        otherwise="`\"path\"` where the path has that part, else `\"query\"`", of=("job_status", "list"),
    ),
    Key(
        "unknown_status", WHOLE,
        "The answer to an id that there is not, and of the list while the search still runs.", 404, least=200,
        most=599, of=("job_status", "list"),
    ),
)  # fmt: skip
UPDATE_KEYS = keyed(
    Key(
        "set", "table of paths",
        'New values. A text `"{path}"` is what the request\'s JSON body holds at that path; where it holds nothing, '
        "the field stays.",
        of=("update",),
    ),
    Key("deletes", TRUTH, "The records are gone. Either this or `set`.", False, of=("update",)),
    Key("extra", TABLE, "Fixed fields of the answer.", of=("update",)),
    Key("record_at", PATH, "Where the answer holds the record as it is now.", of=("update",)),
    Key("text", TEXT, "The answer, where it is no object.", of=("update",)),
    Key("status", WHOLE, "With 204 there is no body.", 200, least=200, most=299, of=("update",)),
)  # fmt: skip
FIXED_KEYS = keyed(
    Key("extra", TABLE, "The answer, an object; the names are paths.", of=("fixed",)),
    Key(
        "text", TEXT,
        'The answer where it is no object: plain text, XML, or JSON that TOML cannot write (`"[]"`, `"null"`).',
        of=("fixed",),
    ),
    Key("status", WHOLE, "Of the answer.", 200, least=200, most=599, of=("fixed",)),
    Key(
        "answer_headers", TABLE, "Names and texts; a list of texts is sent as several headers.", of=("fixed",),
    ),
)  # fmt: skip

_PARTS = (ENDPOINT_KEYS, FORMAT_KEYS, JOB_KEYS, UPDATE_KEYS, FIXED_KEYS)
KEYS = {name: key for part in _PARTS for name, key in part.items()}
"""Of any kind; of a name that several kinds have, one."""
KIND_KEYS = {
    kind: {name: key for part in _PARTS for name, key in part.items() if not key.of or kind in key.of} for kind in KINDS
}
"""Of each kind."""
