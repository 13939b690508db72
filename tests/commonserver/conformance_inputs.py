"""Generated inputs for the functions of CommonServerPython: one generator a function, all chance from one Random."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

Call = tuple[tuple[Any, ...], dict[str, Any]]
Chance = random.Random

WORDS = (
    ["a", "helloWorld", "hello_world", "Hello World", "HTTPServer2X", "x.y.z", "foo-bar", "", "  ", "ID", "eventID"]
    + ["ABC_def", "a b_c", "1.5", "42", "-7", "0", "x|y", "line\nbreak", "*b*", "http://a.com", "a,b , c", '["a", "b"]']
    + ["[1,2", '{"a": 1}', "true", "No", "YES", "3 days", "é", "tab\t", "_x_", "__", "A_Bc", "userID2Name", "null"]
    + [
        "None",
        "[]",
        "1e5",
        "0.0",
        " 5",
        "9999999999",
        "1600000000",
        "1600000000123",
        "1.1.1.1",
        "a@b.com",
        "CVE-2020-1",
    ]
)
FORMATS = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d"]
UNITS = ["second", "minute", "hour", "day", "week", "month", "year", "mins", "fortnight"]
ADDRESSES = [
    "::1",
    "fe80::1",
    "1::2::3",
    "2001:db8::8a2e:370:7334",
    "::ffff:1.2.3.4",
    "12345::",
    "1:2:3:4:5:6:7:8",
    "x",
]
XML = ["<a/>", "<a><b/></a>", '<a x="1"/>', "<a><b>1</b><b>2</b><b>3</b></a>", "<a>t<b>u</b>v</a>"] + [
    '<a xmlns="q"><b z="1">  </b></a>',
    "<a><b><c>1</c></b><b/></a>",
]
JSON_OF_XML = ['{"a":"b"}', '{"a":{"@x":"1","#text":"t"}}', '{"a":{"b":["1","2"],"c":{"d":"e"}}}', '{"a":null}']

# Stand for functions of the module under test, which each side has to take from its own namespace.
UNDERSCORE, HEADER = "@underscoreToCamelCase", "@string_to_table_header"


def word(r: Chance) -> str:
    return r.choice(WORDS)


def text(r: Chance) -> str:
    return word(r) if r.random() < 0.5 else word(r) + r.choice(["", " ", "_", "."]) + word(r)


def scalar(r: Chance) -> Any:
    some = [None, True, False, 0, 1, -3, 2.5, "", b"by", 1600000000, 1600000000123, word(r), word(r), word(r)]
    return r.choice(some)


def value(r: Chance, depth: int = 0) -> Any:
    kind = r.random()
    if depth > 2 or kind < 0.5:
        return scalar(r)
    if kind < 0.7:
        return [value(r, depth + 1) for _ in range(r.randint(0, 3))]
    return {word(r): value(r, depth + 1) for _ in range(r.randint(0, 3))}


def nested(r: Chance) -> dict[str, Any]:
    return {word(r) or "k": value(r, 1) for _ in range(r.randint(0, 4))}


def flat(r: Chance) -> dict[str, Any]:
    return {r.choice(["a", "b", "c", "d_e"]): scalar(r) for _ in range(r.randint(0, 4))}


def rows(r: Chance) -> list[dict[str, Any]]:
    return [{key: value(r, 1) for key in ("a", "b_c", "Dd") if r.random() < 0.8} for _ in range(r.randint(0, 3))]


def some_rows(r: Chance) -> Any:
    return r.choice([rows, rows, nested, lambda r: [text(r)]])(r)


def one_or_list(r: Chance) -> Any:
    return nested(r) if r.random() < 0.5 else [nested(r), nested(r)]


def iso(r: Chance) -> str:
    moment = datetime(2000, 1, 1) + timedelta(seconds=r.randint(0, 10**9))
    shape = r.choice(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y-%m-%dT%H:%M"])
    fraction = r.choice(["", "", ".123", ".123456", ".5", ".1234567"])
    return moment.strftime(shape) + fraction + r.choice(["", "Z", "+02:00", "-0530", " UTC", "+00:00"])


def span(r: Chance) -> str:
    number = r.choice(["1", "3", "7", "24", "90", "0", "-2", "x", "1.5", "10000", "365"])
    return number + r.choice([" ", " ", "  ", ""]) + r.choice(UNITS) + r.choice(["", "s"]) + r.choice(["", "", " ago"])


def moment(r: Chance) -> datetime:
    zone = r.choice([None, timezone.utc, timezone(timedelta(hours=3))])
    start = datetime(2000, 1, 1, tzinfo=zone)
    return start + timedelta(seconds=r.randint(0, 10**9), microseconds=r.choice([0, 5, 123456]))


def milliseconds(r: Chance) -> Any:
    number = r.randint(0, 2 * 10**12)
    return r.choice([number, str(number), number / 7, scalar(r)])


def flag(r: Chance) -> bool:
    return r.random() < 0.5


def maybe(r: Chance, *values: Any) -> Any:
    return r.choice([None, *values])


def incidents(r: Chance) -> list[dict[str, str]]:
    minutes = (r.randint(0, 59) for _ in range(r.randint(0, 5)))
    return [{"id": str(r.randint(0, 9)), "created": f"2024-03-31T23:{minute:02}:00"} for minute in minutes]


def stored_last_run(r: Chance) -> dict[str, Any]:
    kept = {"time": f"2024-03-31T23:{r.randint(0, 59):02}:00", "limit": r.randint(0, 20), "other": 1}
    kept["found_incident_ids"] = {
        str(i): r.choice([1711929598, 1711929000, 1711929538, 1]) for i in range(r.randint(0, 4))
    }
    return {key: each for key, each in kept.items() if r.random() < 0.7}


def window(r: Chance) -> list[str]:
    return [f"2024-03-31T23:{r.randint(0, 59):02}:00", "2024-03-31T23:59:58"]


def address(r: Chance) -> str:
    return ".".join(str(r.randint(0, 300)) for _ in range(r.choice([3, 4, 4, 4, 5]))) + r.choice(["", "", "x", " "])


def entry(r: Chance) -> Any:
    some = [value(r), [{"Type": r.choice([1, 4]), "Contents": word(r)}], {"Type": 4, "Contents": "x"}]
    return r.choice([*some, [{"Type": 4, "Contents": "a"}, {"Type": 1, "Contents": "b"}]])


def call(*arguments: Callable[[Chance], Any], **named: Callable[[Chance], Any]) -> Callable[[Chance], Call]:
    """A generator of calls from generators of their arguments."""
    return lambda r: (tuple(each(r) for each in arguments), {name: each(r) for name, each in named.items()})


def of(*values: Any) -> Callable[[Chance], Any]:
    return lambda r: r.choice(values)


def no_or(*values: Any) -> Callable[[Chance], Any]:
    return lambda r: maybe(r, *values)


def number(low: int, high: int) -> Callable[[Chance], int]:
    return lambda r: r.randint(low, high)


def either(*generators: Callable[[Chance], Any]) -> Callable[[Chance], Any]:
    return lambda r: r.choice(generators)(r)


CALLS: dict[str, Callable[[Chance], Call]] = {
    "argToList": either(call(scalar), call(value, of(",", "|", ";"))),
    "argToBoolean": call(scalar),
    "arg_to_number": call(scalar, no_or("n"), flag),
    "arg_to_datetime": call(either(scalar, iso, span, lambda r: str(r.randint(0, 10**13))), no_or("n"), flag, flag),
    "parse_date_range": call(either(span, text), no_or(None, *FORMATS), flag, of(0, 0, 2, -3.5, "x", None), flag),
    "parse_date_string": call(either(iso, text), of(*FORMATS)),
    "date_to_timestamp": call(either(iso, moment, text), of(*FORMATS)),
    "timestamp_to_datestring": call(milliseconds, of(*FORMATS), flag),
    "FormatIso8601": call(moment),
    "formatEpochDate": call(of(0, None, "", 1.5 * 10**9, 1, 1711929598)),
    "epochToTimestamp": call(number(0, 2 * 10**12)),
    "FormatADTimestamp": call(number(116444736000000000, 2 * 10**17)),
    "PrettifyCompactedTimestamp": call(lambda r: str(r.randint(10**13, 10**14))),
    "datetime_to_string": call(either(moment, scalar)),
    "pascalToSpace": call(either(text, scalar)),
    "string_to_table_header": call(either(text, scalar)),
    "string_to_context_key": call(either(text, scalar)),
    "underscoreToCamelCase": call(either(text, scalar), flag),
    "camelize_string": call(text, of("_", " ", "."), flag),
    "camel_case_to_underscore": call(text),
    "camelize": call(one_or_list, of("_", " "), flag),
    "snakify": call(nested),
    "replace_in_keys": call(one_or_list),
    "stringEscape": call(text),
    "stringUnEscape": call(lambda r: text(r).replace("\n", "\\n")),
    "stringEscapeMD": call(lambda r: text(r) + r.choice(["", "\r\n\r", "\n\n"]), flag, flag),
    "b64_encode": call(text),
    "encode_string_results": call(scalar),
    "hash_djb2": call(lambda r: text(r) * 3, of(5381, 7)),
    "shorten_string_for_printing": call(lambda r: text(r) * r.randint(1, 9), number(5, 40)),
    "urljoin": call(of("http://a", "http://a/", "x", "", "a//"), of("", "/", "b", "/b", "//b", "b/", "/b/c?d=1")),
    "createContext": call(one_or_list, no_or("id"), no_or(UNDERSCORE), flag),
    "createContextSingle": call(nested, no_or("id"), no_or(UNDERSCORE), flag),
    "assign_params": lambda r: ((maybe(r, ["a"]), maybe(r, None, [None], ["x"])), flat(r)),
    "remove_empty_elements": call(value),
    "remove_nulls_from_dictionary": call(nested),
    "dict_safe_get": lambda r: (
        (value(r), [r.choice([*WORDS, 0, 1]) for _ in range(r.randint(0, 3))], maybe(r, 5, "d"), maybe(r, str, dict)),
        {"raise_return_type": flag(r)},
    ),
    "safe_load_json": call(of('{"a": 1}', "{'a': 1}", "[1]", "bad", "1", {"a": 1}, "[", '["é"]', "{}")),
    "batch": call(lambda r: list(range(r.randint(0, 9))), number(1, 4)),
    "merge_lists": call(
        lambda r: [{"k": i, "v": 1} for i in range(r.randint(0, 3))],
        lambda r: [{"k": i, "v": 2} for i in range(r.randint(0, 5))],
        of("k"),
    ),
    "remove_duplicates_from_list_arg": call(lambda r: {"a": scalar(r), "b": "x,y,x"}, of("a", "b")),
    "flattenCell": call(value, flag),
    "formatCell": call(value, flag),
    "flattenRow": call(nested),
    "flattenTable": call(rows),
    "tableToMarkdown": call(
        of("T", ""),
        some_rows,
        no_or(None, ["a", "b_c"], "a", ["b_c", "zz"]),
        no_or(HEADER),
        flag,
        no_or("meta"),
        no_or(["a"]),
        no_or(["a"]),
        is_auto_json_transform=flag,
    ),
    "sectionsToMarkdown": call(lambda r: {"s": rows(r), "t": flat(r)}),
    "aws_table_to_markdown": call(
        either(lambda r: {"I": rows(r)}, lambda r: {"I": nested(r)}, lambda r: {"I": rows(r), "R": {}}), of("T")
    ),
    "create_clickable_url": call(either(text, lambda r: [text(r), text(r)], of(None))),
    "url_to_clickable_markdown": call(value, of(["a", "hello_world", "ID"])),
    "get_hash_type": call(lambda r: "a" * r.choice([0, 5, 32, 40, 64, 128])),
    "is_ip_valid": call(address, flag),
    "is_ipv6_valid": call(of(*ADDRESSES)),
    "is_mac_address": call(of("00:11:22:aa:BB:cc", "00:11:22:33:44", "0:1:2:3:4:5", "00:11:22:33:44:55:66", "x")),
    "is_error": call(entry),
    "get_error": call(entry),
    "scoreToReputation": call(of(0, 1, 2, 3, 4, 0.5, "x", None)),
    "build_dbot_entry": call(
        text, of("ip", "url", "md5", "cve", "email", "domain", "ssdeep", "bad"), of("V"), number(0, 3), no_or("d"), flag
    ),
    "build_malicious_dbot_entry": call(text, of("ip", "url", "md5", "email", "domain"), of("V"), no_or("d")),
    "formatAllArgs": call(lambda r: [scalar(r) for _ in range(r.randint(0, 3))], flat),
    "strip_tag": call(of("{a}b", "b", "{}c")),
    "zoomField": call(flat, of("a", "b", "c")),
    "NormalizeRegistryPath": call(of("HKLM", "HKCU\\a", "HKCR\\x", "HKU\\s", "HKEY_X\\a", "HKCC\\", "HKPD\\y", "x")),
    "add_http_prefix_if_missing": call(
        of("a", "http://a", "https://b", "socks4://x", "socks4a://x", "socks5h://q", "ftp://x", "")
    ),
    "xml2json": call(of(*XML)),
    "json2xml": call(of(*JSON_OF_XML)),
    "formatTimeColumns": call(
        lambda r: [{"a": r.randint(0, 2 * 10**12)} for _ in range(r.randint(0, 2))], of(["a"], [])
    ),
    "get_schedule_metadata": call(
        lambda r: {
            "ParentEntry": maybe(
                r,
                {"polling": flag(r), "timesRan": r.randint(0, 3), "pollingCommand": word(r), "startDate": iso(r)},
                {"polling": flag(r), "pollingArgs": flat(r), "endingDate": iso(r)},
            )
        }
    ),
    "filter_incidents_by_duplicates_and_limit": call(incidents, stored_last_run, number(0, 5), of("id")),
    "get_latest_incident_created_time": call(incidents, of("created"), of(*FORMATS[:2]), flag),
    "return_results": call(value),
    "return_outputs": call(text, no_or({"A": 1}, {}), either(scalar, nested), no_or([{"Value": "x"}]), flag),
    "return_error": call(text, of("", "e"), no_or({"A": 1})),
    "return_warning": call(text, flag, of("", "w"), no_or({"A": 1}), flag),
    "fileResult": call(of("a.txt"), either(text, of(b"bytes")), no_or(9)),
}

# The look-back helpers of April 2022, compared under XSIM_LOOK_BACK=2022.
LOOK_BACK_CALLS: dict[str, Callable[[Chance], Call]] = {
    "get_fetch_run_time_range": call(
        stored_last_run,
        of("3 days", "1 hour", "10 minutes", "2024-03-01T00:00:00", "2 weeks", "2024-03-31T23:00:00Z", "", "x"),
        of(0, 10, 60, 6000, None),
        of(0, 2, -3),
        of(*FORMATS),
    ),
    "remove_old_incidents_ids": call(
        lambda r: {str(i): 1000 + i for i in range(0, 130, 3)}, number(1000, 1200), of(0, 1)
    ),
    "get_found_incident_ids": call(stored_last_run, incidents, of(0, 1, 10), of("id")),
    "create_updated_last_run_object": lambda r: (
        (stored_last_run(r), incidents(r), r.randint(1, 5), r.choice([0, 10, 60]), *window(r), "created"),
        {"increase_last_run_time": flag(r)},
    ),
    "update_last_run_object": lambda r: (
        (stored_last_run(r), incidents(r), r.randint(1, 5), *window(r), r.choice([0, 10, 60]), "created", "id"),
        {"increase_last_run_time": flag(r)},
    ),
}
