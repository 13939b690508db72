"""Writes the [[endpoints]] of a drafted scenario, with a comment at each thing that nobody has confirmed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from xsim.report.draft_calls import Call, Plan
from xsim.report.draft_requests import DIRECTIONS, INCLUSIVE, LOWER, STRICT, UPPER, Asked, Parameter
from xsim.report.draft_texts import numbers_in, text_bounds
from xsim.report.draft_values import beside, dotted, is_next, leaves, words_of
from xsim.report.toml_text import toml_text
from xsim.world import JsonValue

BOUND_COMMENT = "TODO: is the bound itself included? The vendor's documentation says"
MOST_SHOWN = 8
DEFAULT_LIMIT, MOST_LIMIT = 50, 1_000
TOTAL = re.compile("(total|num|number|count)(_.*)?|(.*_)?(total|count|total_.*)")
MORE = re.compile("(has|is)_(more|next).*|more(_.*)?")
UNKNOWN_LIST = "items"
MOST_EXTRA = 8
LONGEST_EXTRA = 60


def endpoint_lines(call: Call, plan: Plan, *, stream: str = "") -> Iterator[str]:
    """The table of one call, line by line. `stream`: the only one that it shows."""
    yield "[[endpoints]]"
    yield f"path = {toml_text(call.path)}"
    if call.method != "GET":
        yield f"method = {toml_text(call.method)}"
    if call.role == "fixed":
        yield from _fixed(call)
        return
    if call.role == "detail":
        yield 'kind = "detail"'
        if call.record_at:
            yield f"record_at = {toml_text(call.record_at.replace('.', chr(92) + '.'))}"
        return
    if stream:
        yield f"streams = [{toml_text(stream)}]"
    yield from _list_at(call, plan)
    asked, time_field = call.asked, plan.time_field or "created"
    in_texts = list(_bounds_in_texts(asked, plan, time_field))
    yield from _filter_lines([*_bounds(asked, time_field), *in_texts, *_ids(asked, plan)])
    order, unused = _order(asked, plan, time_field)
    yield order
    yield _limit(asked)
    yield from _paging(call)
    yield from _beside(call)
    yield from _others([*asked.others, *unused, *([] if in_texts else asked.embedded)])


def _fixed(call: Call) -> Iterator[str]:
    """Always the same answer: an object as `extra`, anything else, or what TOML cannot write, as text."""
    yield 'kind = "fixed"' + ("" if call.kind == "sample" else "  # a guess, after what the script reads")
    value = call.answer
    if isinstance(value, Mapping) and all(value) and "null" not in json.dumps(value):
        if value:
            yield f"extra = {toml_text({dotted('', key): inner for key, inner in value.items()})}"
        else:
            yield 'text = "{}"'
            yield 'answer_headers = {Content-Type = "application/json"}'
        return
    yield f"text = {toml_text(json.dumps(value))}"
    yield 'answer_headers = {Content-Type = "application/json"}'


def _list_at(call: Call, plan: Plan) -> Iterator[str]:
    guess = "" if call.kind == "sample" else "  # a guess, after what the script reads"
    if call.role == "ids":
        if call.ids_at:
            yield f"list_at = {toml_text(call.ids_at)}{guess}"
        yield f"pick = {toml_text(plan.id_field or 'id')}  # it lists ids alone"
    elif call.listed is None and call.answer:
        yield f'list_at = "{UNKNOWN_LIST}"  # TODO: where the answer holds the list'
    elif call.listed is None:
        yield '# TODO: list_at = "items": where the answer holds the list; without it the answer is the list.'
    elif call.listed.path:
        yield f"list_at = {toml_text(call.listed.path)}{guess}"
    else:
        yield "# The answer is a bare list." + ("" if call.kind == "sample" else " TODO: is it?")
    if call.listed is not None and call.listed.wrap:
        yield f"wrap = {toml_text(call.listed.wrap)}"


# --- filters ------------------------------------------------------------------------------------------------


def _bounds(asked: Asked, time_field: str) -> Iterator[tuple[str, str]]:
    """Table and comment of each time filter."""
    for bound in asked.bounds:
        pairs = [*_where(bound.parameter), f"field = {toml_text(time_field)}", f"op = {toml_text(bound.op)}"]
        pairs += _reading(bound.shape.layout)
        is_told = STRICT.fullmatch(words_of(bound.parameter.name)) or INCLUSIVE.fullmatch(
            words_of(bound.parameter.name)
        )
        yield "{" + ", ".join(pairs) + "}", "" if is_told else BOUND_COMMENT


def _bounds_in_texts(asked: Asked, plan: Plan, time_field: str) -> Iterator[tuple[str, str]]:
    """Those that stand in a query language, each found by a pattern."""
    spelled = {_letters(path.rsplit(".", 1)[-1]): path for path, _ in leaves(plan.record)}
    for parameter in asked.embedded:
        for bound in text_bounds(str(parameter.value)):
            field = spelled.get(_letters(bound.name.rsplit(".", 1)[-1]), time_field)
            pairs = [*_where(parameter), f"field = {toml_text(field)}", f"op = {toml_text(bound.op)}"]
            pairs += [f"pattern = {_pattern_text(bound.pattern)}", *_reading(bound.shape.layout)]
            yield "{" + ", ".join(pairs) + "}", "" if bound.is_told else "TODO: which side does it bound?"


def _pattern_text(pattern: str) -> str:
    """A regular expression as TOML, without doubled backslashes where that can be."""
    is_plain = "'" not in pattern and pattern.isprintable()
    return f"'{pattern}'" if is_plain else toml_text(pattern)


def _reading(layout: str) -> list[str]:
    if layout == "%Y-%m-%d":
        return ['precision = "d"']
    is_known = layout.startswith(("iso", "epoch", "%Y-%m-%d"))
    precision = ['precision = "d"'] if "%H" not in layout and "%" in layout else []
    return precision if is_known else [f"layout = {toml_text(layout)}", *precision]


def _ids(asked: Asked, plan: Plan) -> Iterator[tuple[str, str]]:
    seen = set()
    id_field = plan.id_field or "id"
    is_number = isinstance(dict(leaves(plan.record)).get(id_field), int)
    for parameter in asked.ids:
        whole = replace(parameter, name=re.sub(r"(\.\d+)+$", "", parameter.name))
        if parameter.place == "path" or whole.name in seen:
            continue
        seen.add(whole.name)
        words = words_of(whole.name)
        side = ">" if LOWER.fullmatch(words) else "<" if UPPER.fullmatch(words) else ""
        op = f"{side}=" if side and not STRICT.fullmatch(words) else side or "in"
        pairs = [*_where(whole), f"field = {toml_text(id_field)}", f'op = "{op}"']
        pairs += [f'as = "{"number" if is_number else "text"}"'] if side else []
        yield "{" + ", ".join(pairs) + "}", BOUND_COMMENT if side else ""


def _where(parameter: Parameter) -> list[str]:
    place = [] if parameter.place == "query" else [f'in = "{parameter.place}"']
    if parameter.place == "body":
        return place
    return [f"param = {toml_text(parameter.name)}", *place]


def _filter_lines(filters: list[tuple[str, str]]) -> Iterator[str]:
    if len(filters) == 1:
        [(table, comment)] = filters
        yield f"filters = [{table}]" + (f"  # {comment}" if comment else "")
    elif filters:
        yield "filters = ["
        for table, comment in filters:
            yield f"  {table}," + (f"  # {comment}" if comment else "")
        yield "]"


# --- order, limit, paging -----------------------------------------------------------------------------------


def _order(asked: Asked, plan: Plan, time_field: str) -> tuple[str, list[Parameter]]:
    """The line, and the parameters that ask for an order in a way that no endpoint reads."""
    pairs, unused = [f"by = [{toml_text(time_field)}]"], []
    if asked.order is not None:
        if _names_field(str(asked.order.value), plan.record, time_field):
            pairs += _where(asked.order)
        else:
            unused.append(asked.order)
    if asked.direction is not None:
        in_same_place = len(pairs) == 1 or (asked.order is not None and asked.order.place == asked.direction.place)
        if str(asked.direction.value).lower() in DIRECTIONS and in_same_place:
            pairs.append(f"direction_param = {toml_text(asked.direction.name)}")
            if len(pairs) == 2 and asked.direction.place != "query":
                pairs.append(f'in = "{asked.direction.place}"')
        else:
            unused.append(asked.direction)
    if len(pairs) > 1:
        return "order = {" + ", ".join(pairs) + "}", unused
    return (
        f"order = [{toml_text(time_field)}]  # oldest first; newest first would be {toml_text('-' + time_field)}",
        unused,
    )


def _names_field(text: str, record: Mapping[str, JsonValue], time_field: str) -> bool:
    spelled = {_letters(path) for path, _ in leaves(record)} | {_letters(time_field)}
    spelled |= {_letters(path.rsplit(".", 1)[-1]) for path, _ in leaves(record)}
    words = [word for word in re.split(r"[\s:,|]+", text.strip()) if word and word.lower() not in DIRECTIONS]
    return all(_letters(word.lstrip("+-")) in spelled for word in words)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _numbers_in_texts(asked: Asked) -> dict[str, tuple[Parameter, str]]:
    """The limit and the offset that stand in a query language: parameter and pattern."""
    found: dict[str, tuple[Parameter, str]] = {}
    for parameter in asked.embedded:
        for kind, pattern in numbers_in(str(parameter.value)):
            found.setdefault(kind, (parameter, pattern))
    return found


def _limit(asked: Asked) -> str:
    if asked.limit is None and (told := _numbers_in_texts(asked).get("limit")):
        pairs = [*_where(told[0]), f"pattern = {_pattern_text(told[1])}", f"default = {DEFAULT_LIMIT}"]
        return "limit = {" + ", ".join([*pairs, f"max = {MOST_LIMIT}"]) + "}"
    if asked.limit is None:
        return f"limit = {DEFAULT_LIMIT}  # the script asks for none: how many does one answer hold?"
    most = max([MOST_LIMIT, *(int(value) for value in asked.limit.values if re.fullmatch(r"\d{1,6}", str(value)))])
    pairs = [*_where(asked.limit), f"default = {DEFAULT_LIMIT}", f"max = {most}"]
    return "limit = {" + ", ".join(pairs) + "}"


def _paging(call: Call) -> Iterator[str]:
    asked = call.asked
    if asked.page is not None:
        first = 0 if "0" in map(str, asked.page.values) else 1
        yield "paging = {" + ", ".join(['kind = "page"', *_where(asked.page), f"first = {first}"]) + "}"
    elif asked.offset is not None:
        yield "paging = {" + ", ".join(['kind = "offset"', *_where(asked.offset)]) + "}"
    elif told := _numbers_in_texts(asked).get("offset"):
        pairs = ['kind = "offset"', *_where(told[0]), f"pattern = {_pattern_text(told[1])}"]
        yield "paging = {" + ", ".join(pairs) + "}"
    elif asked.token is not None:
        sent = list(map(str, asked.token.values))
        held = [path for path, value in beside(call.answer) if is_next(path) or str(value) in sent]
        at = next((path for path, value in beside(call.answer) if str(value) in sent), held[0] if held else "next")
        pairs = ['kind = "token"', *_where(asked.token), f"next_at = {toml_text(at)}"]
        pairs += ["tail_token = true"] if asked.token_is_kept else []
        line = "paging = {" + ", ".join(pairs) + "}"
        is_bare = call.listed is None or not call.listed.path
        yield f"# TODO {line}" if is_bare else f"{line}  # TODO: where the answer holds it"


def _beside(call: Call) -> Iterator[str]:
    """What the answer holds beside its list: the number of records, whether there are more, fixed fields."""
    at = call.listed.path if call.listed is not None else call.ids_at or (UNKNOWN_LIST if call.answer else "")
    if not at:
        return
    fixed: dict[str, JsonValue] = {}
    total = more = ""
    for path, value in beside(call.answer):
        words = words_of(path.rsplit(".", 1)[-1])
        if isinstance(value, bool) and MORE.fullmatch(words) and not more:
            more = path
        elif isinstance(value, int) and not isinstance(value, bool) and TOTAL.fullmatch(words) and not total:
            total = path
        elif value is not None and not is_next(path) and len(str(value)) <= LONGEST_EXTRA and len(fixed) < MOST_EXTRA:
            fixed[path] = value
    if total:
        yield f"total_at = {toml_text(total)}"
    if more:
        yield f"more_at = {toml_text(more)}"
    if fixed:
        yield f"extra = {toml_text(fixed)}"


def _others(parameters: list[Parameter]) -> Iterator[str]:
    """What else was sent. Values are left out: one may be a secret."""
    names = list(dict.fromkeys(re.sub(r"\.\d+(?=\.|$)", "", parameter.name) for parameter in parameters))
    if names:
        more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
        yield f"# Sent as well, and ignored here: {', '.join(map(_shown, names[:MOST_SHOWN]))}{more}"


def _shown(name: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in name)[:60]
