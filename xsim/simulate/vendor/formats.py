"""Records as XML, as lines of JSON, or as CSV, for the APIs that do not answer in JSON."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from xml.sax.saxutils import escape

from xsim.simulate.vendor.columns import as_text, written_out
from xsim.simulate.vendor.paths import steps_of, value_at
from xsim.simulate.vendor.versions import json_bytes
from xsim.world import ESCAPED_HERE, RECORDS_HERE, Endpoint, JsonValue

CONTENT_TYPES = {
    "xml": "application/xml; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
}
AROUND_LIST = {"xml": f'<?xml version="1.0"?><items>{RECORDS_HERE}</items>'}
AROUND_ONE = {"xml": f'<?xml version="1.0"?>{RECORDS_HERE}'}
QUOTES = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
"""What an attribute's value escapes besides."""
NOT_IN_NAMES = re.compile(r"[^\w.:-]", re.ASCII)
NO_START_OF_NAME = re.compile(r"[\d.:-]")
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Format:
    """Writes the records of one endpoint that does not answer in JSON."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._write: Callable[[Sequence[JsonValue]], str] = {
            "xml": self._xml,
            "ndjson": self._lines,
            "csv": self._csv,
        }[endpoint.format]
        self.headers = (("Content-Type", CONTENT_TYPES[endpoint.format]),)

    def holding(self, records: Sequence[JsonValue]) -> bytes:
        """The answer of a list."""
        if not records and self._endpoint.empty == "body":
            return b""
        return self._within(AROUND_LIST, records)

    def around_one(self, record: JsonValue) -> bytes:
        """The answer that is one record."""
        return self._within(AROUND_ONE, [record])

    def _within(self, usual: dict[str, str], records: Sequence[JsonValue]) -> bytes:
        endpoint = self._endpoint
        around = usual.get(endpoint.format, RECORDS_HERE) if endpoint.text is None else endpoint.text
        written = self._write(records)
        if ESCAPED_HERE in around:
            around, written = around.replace(ESCAPED_HERE, RECORDS_HERE), escape(written)
        return around.replace(RECORDS_HERE, written).encode("utf-8", "replace")

    def _xml(self, records: Sequence[JsonValue]) -> str:
        return "".join(text for record in records for text in _elements(self._endpoint.item, self._wrapped(record)))

    def _lines(self, records: Sequence[JsonValue]) -> str:
        return "".join(json_bytes(self._wrapped(record)).decode() + "\n" for record in records)

    def _csv(self, records: Sequence[JsonValue]) -> str:
        paths = [steps_of(column) for column in self._endpoint.columns]
        written = io.StringIO()
        writer = csv.writer(written)
        writer.writerow([".".join(steps) for steps in paths])
        writer.writerows([_cell(value_at(record, steps)) for steps in paths] for record in records)
        return written.getvalue()

    def _wrapped(self, record: JsonValue) -> JsonValue:
        return {self._endpoint.wrap: record} if self._endpoint.wrap else record


def _elements(name: str, value: JsonValue) -> Iterator[str]:
    """One element, or one for each of a list; what is null is an empty one."""
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _elements(name, each)
        return
    tag = element_name(name)
    start, content = tag, ""
    for key, inner in value.items() if isinstance(value, dict) else (("#text", value),):
        if key == "#text":
            content += _escaped(inner)
        elif is_attribute(key, inner):
            start += f' {element_name(key[1:])}="{_escaped(inner, QUOTES)}"'
        else:
            content += "".join(_elements(str(key), inner))
    yield f"<{start}>{content}</{tag}>" if content else f"<{start}/>"


def is_attribute(key: str, value: JsonValue) -> bool:
    """As what makes JSON of XML names them: {"@id": 7, "#text": "..."}."""
    return key.startswith("@") and len(key) > 1 and not isinstance(value, (dict, list, tuple))


def _escaped(value: JsonValue, more: dict[str, str] | None = None) -> str:
    return "" if value is None else escape(NOT_IN_XML.sub("\ufffd", as_text(value)), more or {})


def element_name(key: str) -> str:
    """The key as XML can name an element: "@timestamp" is "_timestamp", "2fa" is "_2fa"."""
    name = NOT_IN_NAMES.sub("_", key) or "_"
    return "_" + name if NO_START_OF_NAME.match(name) else name


def _cell(value: JsonValue) -> str:
    return "" if value is None else written_out(value)
