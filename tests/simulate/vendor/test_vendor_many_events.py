"""A vendor with very many events says what a plain one would, takes little memory, and no longer as time goes on."""

import gc
import json
import tracemalloc
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vendor_builders import LATER, STARTS, a_change, a_vendor, an_endpoint, an_event, answer, asked, at, ids, iso

from xsim.events import Events
from xsim.model import Scenario
from xsim.simulate.vendor import SimulatedVendor, shelves, versions
from xsim.simulate.vendor.components import ABSENT, NUMBER_RANK, TEXT_RANK, TIME_RANK, UNRANKED, Components
from xsim.simulate.vendor.lookup import Lookup
from xsim.simulate.vendor.moments import read_bound_time, read_iso
from xsim.simulate.vendor.paths import put
from xsim.world import Change, Endpoint, Event, Filter, Limit, Order

# --- against a vendor that keeps all records and looks at each of them each time --------------------------------------

ORDERS = [
    (),
    ("created",),
    ("-created",),
    ("created", "-id"),
    ("-created", "other"),
    ("-id",),
    ("number", "created"),
    ("-number",),
    ("other", "-created"),
    ("-other",),
    ("word", "-id"),
    ("-status", "created"),
]
VALUES = st.sampled_from(
    [None, 0, 1, 1.0, 2.5, -3, 2**70, True, "a", "b", "é", "", "2", ["a", "b"], {"x": 1}, "\ud800"]
)
VALUED = ("number", "word", "other")
"""Fields that are filled alike, and read as numbers, as text, and as what they look like."""
MINUTES = st.integers(0, 5)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "created": st.integers(0, 2),
            "lag": st.sampled_from([0, 0, 0, 1, 5]),
            "value": VALUES,
            "status": st.sampled_from(["new", "old"]),
            "stream": st.sampled_from(["", "cases"]),
            "changes": st.lists(
                st.tuples(MINUTES, st.sampled_from(["status", "number", "other", "created", "id", "deleted"]), VALUES),
                max_size=2,
            ),
        }
    ),
    min_size=2,
    max_size=8,
)
ACTIONS = st.lists(
    st.tuples(
        MINUTES,
        st.sampled_from(["alerts", "alerts", "cases", "detail", "write", "delete", "fork"]),
        st.integers(0, 8),
        st.sampled_from(["", "since", "status", "number", "word"]),
        VALUES,
    ),
    min_size=1,
    max_size=20,
)
FILTERS = (
    Filter("since", "created", compare=">"),
    Filter("status", "status", compare="=", kind="text"),
    Filter("number", "number", compare="<=", kind="number"),
    Filter("word", "word", compare="in", kind="text"),
)
SENT = {"": "", "since": "2024-05-14T12:01:00Z", "status": "new", "number": "1", "word": "a,2"}


class PlainVendor:
    """The same world, written down as one thinks of it: nothing is kept sorted, and nothing is kept."""

    def __init__(self, events, order):
        self.events = events
        self.order = order
        self.writes = [[] for _ in events]

    def shown(self, number, now):
        """The record, None where there is none."""
        event = self.events[number]
        steps = [(max(change.at, event.visible), 0, change) for change in event.changes]
        steps += [(change.at, 1, change) for change in self.writes[number]]
        record = json.loads(json.dumps(event.record))
        if event.visible > now:
            return None
        for moment, _, change in sorted(steps, key=lambda step: step[:2]):
            if moment > now:
                break
            if change.deleted:
                return None
            for path, value in change.set.items():
                put(record, (path,), value)
        return record

    def write(self, number, change):
        record = self.shown(number, change.at)
        if record is not None and (change.deleted or json.dumps({**record, **change.set}) != json.dumps(record)):
            self.writes[number].append(change)

    def listed(self, now, kind, streams=()):
        found = [
            record
            for number, event in enumerate(self.events)
            if (record := self.shown(number, now)) is not None
            and (not streams or event.stream in streams)
            and KEPT[kind](record)
        ]
        if not self.order:
            found.reverse()
        for path in reversed(self.order or ("-created",)):
            found.sort(key=lambda record: key_of(record, path.lstrip("-")), reverse=path.startswith("-"))
        return found


def key_of(record, path):
    """What a record is sorted by: each field in its own way, `other` by what it looks like."""
    value = record[path]
    if path == "number":
        value = number_of(value)
    elif path == "word" and isinstance(value, (bool, int, float)):
        value = text_of(value)
    if value is None:
        return (0, 0)
    if isinstance(value, (int, float)):
        return (1, value)
    moment = read_iso(value) if path == "created" else None
    return (3, text_of(value)) if moment is None else (2, moment)


def number_of(value):
    if isinstance(value, (bool, list, dict)) or value is None:
        return None
    try:
        return float(value)
    except ValueError:
        return None


def text_of(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def words_of(value):
    return value if isinstance(value, list) else [text_of(value)]


KEPT = {
    "": lambda record: True,
    "since": lambda record: record["created"] > SENT["since"],
    "status": lambda record: record["status"] == "new",
    "number": lambda record: (number := number_of(record["number"])) is not None and number <= 1,
    "word": lambda record: any(word in ("a", "2") for word in words_of(record["word"])),
}


def written(minute):
    return iso(at(f"12:{minute:02}"))


def spelled_out(drawn):
    events = []
    for number, each in enumerate(drawn):
        changes = []
        for minute, field, value in sorted(each["changes"], key=lambda change: change[0]):
            new = {"created": written(minute), "id": f"N-{minute}", "status": "done"}.get(field, value)
            is_delete = field == "deleted"
            changes.append(a_change(f"12:{minute:02}", deleted=is_delete, **({} if is_delete else {field: new})))
        visible = each["created"] + each["lag"]
        events.append(
            an_event(
                f"E-{number}",
                f"12:{each['created']:02}",
                visible=f"12:{visible:02}",
                changes=changes,
                stream=each["stream"],
                **dict.fromkeys(VALUED, each["value"]),
                status=each["status"],
            )
        )
    return sorted(events, key=lambda event: event.visible)


def a_real_vendor(events, order):
    named = {"filters": FILTERS, "order": Order(order), "limit": Limit("limit", default=100)}
    return a_vendor(
        events,
        an_endpoint("/alerts", **named),
        an_endpoint("/cases", streams=("cases",), **named),
        Endpoint("/detail/{id}", kind="detail", id_field="id"),
        Endpoint("/write/{id}", kind="update", set=dict.fromkeys(VALUED, "{value}")),
        Endpoint("/delete/{id}", kind="update", deletes=True),
    )


@pytest.fixture(params=[1, 1_000], ids=["sorted anew each time", "moved one by one"])
def tight(request, monkeypatch):
    """Hardly anything is kept at hand."""
    monkeypatch.setattr(versions, "MOST_AT_HAND", 1)
    monkeypatch.setattr(versions, "MOST_COLUMNS", 2)
    monkeypatch.setattr(shelves, "MOVED_ONE_BY_ONE", request.param if request.param > 1 else 0.5)


@pytest.mark.usefixtures("tight")
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=EVENTS, actions=ACTIONS, order=st.sampled_from(ORDERS))
def test_answers_are_those_of_a_vendor_that_looks_at_every_record(drawn, actions, order):
    events = spelled_out(drawn)
    vendor, plain = a_real_vendor(events, order), PlainVendor(events, order)
    for step, (minute, action, number, kind, value) in enumerate(actions):
        now = at(f"12:{minute:02}:{step:02}")
        if action == "fork":
            vendor.state = json.loads(json.dumps(vendor.state))
        elif action not in ("alerts", "cases"):
            one(vendor, plain, number % len(events), now, action, value)
        target = f"/cases?{kind}={SENT[kind]}" if action == "cases" else f"/alerts?{kind}={SENT[kind]}"
        expected = plain.listed(now, kind, ("cases",) if action == "cases" else ())
        assert json.dumps(answer(vendor, target, now=now)) == json.dumps(expected)


def one(vendor, plain, number, now, action, value):
    """Look at one event, or write to it."""
    name, before = plain.events[number].id, plain.shown(number, now)
    response = asked(vendor, f"/{action}/{name}", now=now, json_body={"value": value})
    if action == "detail":
        is_found = before is not None and before["id"] == name
        assert response.status == (200 if is_found else 404)
        assert not is_found or json.dumps(json.loads(response.body)) == json.dumps(before)
        return
    assert response.status == (404 if before is None else 200)
    new = dict.fromkeys(VALUED, value) if action == "write" else {}
    plain.write(number, Change(now, new, deleted=action == "delete"))


# --- what is kept of each record -------------------------------------------------------------------------------------

COMPONENTS = st.sampled_from(
    [
        ABSENT, (NUMBER_RANK, 0), (NUMBER_RANK, 1), (NUMBER_RANK, 1.0), (NUMBER_RANK, True), (NUMBER_RANK, -0.0),
        (NUMBER_RANK, 2**63 - 1), (NUMBER_RANK, -(2**63)), (NUMBER_RANK, 2**63), (NUMBER_RANK, 10**30), (TIME_RANK, 5),
        (TIME_RANK, -5), (TEXT_RANK, ""), (TEXT_RANK, "a"), (TEXT_RANK, "é"), (TEXT_RANK, "\ud800"), (UNRANKED, 1),
        (UNRANKED, True), (UNRANKED, [1, "a"]), (UNRANKED, {"a": None}),
    ]
)  # fmt: skip


@pytest.mark.parametrize("most", [0, 2, 4096])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.lists(COMPONENTS, max_size=12))
def test_a_column_gives_back_what_it_read_once(most, held, monkeypatch):
    monkeypatch.setattr("xsim.simulate.vendor.components.MOST_KNOWN", most)
    read = []

    def reader(number):
        read.append(number)
        return held[number]

    column = Components(len(held), reader)
    for _ in range(3):
        assert repr([column[number] for number in range(len(held))]) == repr(held)
    assert read == list(range(len(held)))
    ranks = {rank for rank, _ in held}
    is_whole = all(type(value) is int and -(2**63) <= value < 2**63 for _, value in held)
    is_one = len(ranks) == 1 and ranks <= {NUMBER_RANK, TIME_RANK} and is_whole
    assert column.rank == (ranks.pop() if is_one else None)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.sampled_from(["a", "b", "", "é"]), max_size=12), below=st.integers(0, 12))
def test_all_that_have_a_text_are_found_in_order(texts, below):
    lookup = Lookup(len(texts), texts.__getitem__)
    below = min(below, len(texts))
    for each in ("a", "é", "c", "a"):
        expected = [number for number, text in enumerate(texts) if text == each]
        assert list(lookup.find(each, below=below)) == [number for number in expected if number < below]
        assert list(lookup.find(each, below=len(texts))) == expected


# --- many ------------------------------------------------------------------------------------------------------------

MOST_BYTES = 150
"""What a vendor may keep of an event, beside the event itself."""
EVERY = timedelta(seconds=6)
BY_ID = Endpoint("/detail/{id}", kind="detail", id_field="id")


def many(count):
    """Events of a stream, as a scenario file makes them."""
    for number in range(count):
        moment = STARTS + number * EVERY
        yield Event(f"E-{number}", moment, moment, {"id": f"E-{number}", "created": iso(moment), "status": "new"})


class CountedEvents(Events):
    """Counts how often each record is read."""

    def __init__(self, events):
        super().__init__(events)
        self.reads = Counter()

    def record_text(self, number):
        self.reads[number] += 1
        return super().record_text(number)


def over_many(events, **named):
    named = {"filters": FILTERS, "limit": Limit("limit", default=100), "order": Order(("created",)), **named}
    endpoints = (an_endpoint("/alerts", **named), BY_ID)
    return SimulatedVendor(Scenario(starts=STARTS, events=events, endpoints=endpoints, time_field="created"))


def watched(vendor, count):
    """A fetch a minute that asks for the last ten, and for one of them by its id."""
    for minute in range(count // 10 + 1):
        now = STARTS + timedelta(minutes=minute)
        listed = ids(vendor, f"/alerts?status=new&since={iso(now - timedelta(minutes=10))}"[:-1], now=now)
        answer(vendor, f"/detail/{listed[-1]}", now=now)
        yield listed


def kept_of(count):
    """Bytes that a vendor of so many events keeps, once all have come and been fetched."""
    events = Events(many(count))
    events.number_of("E-0")
    before = tracemalloc.get_traced_memory()[0]
    vendor = over_many(events)
    assert max(map(len, watched(vendor, count))) == 100
    read_bound_time.cache_clear()
    gc.collect()
    return tracemalloc.get_traced_memory()[0] - before


@pytest.mark.slow
def test_a_vendor_keeps_few_bytes_of_an_event(monkeypatch):
    monkeypatch.setattr(versions, "MOST_AT_HAND", 16)
    tracemalloc.start()
    try:
        fewer, more = kept_of(200), kept_of(700)
    finally:
        tracemalloc.stop()
    assert (more - fewer) / 500 < MOST_BYTES


@pytest.mark.parametrize("order", [("created",), ("-created",), ("created", "id"), ("-id",)])
def test_each_record_is_read_once_or_twice_however_long_a_run_is(order):
    events = CountedEvents(many(600))
    listed = list(watched(over_many(events, order=Order(order)), 600))
    assert set(listed[-1]) == {f"E-{number}" for number in range(501, 600)}
    assert max(events.reads.values()) <= 2


def test_a_vendor_that_is_opened_reads_no_record():
    events = CountedEvents(many(100))
    vendor = over_many(events)
    vendor.without_news(LATER)
    assert not events.reads
    assert len(ids(vendor.alone("E-7"), "/alerts", now=STARTS)) == 1
    assert set(events.reads) == {7}


def test_what_comes_late_is_put_where_it_belongs_also_among_very_many():
    events = [replace(each, visible=each.visible + number % 3 * 10 * EVERY) for number, each in enumerate(many(300))]
    for order in (("created",), ("-created",)):
        vendor = over_many(tuple(sorted(events, key=lambda event: event.visible)), order=Order(order))
        for tick in range(330):
            one_by_one = ids(vendor, "/alerts?limit=100", now=STARTS + tick * EVERY)
        at_once = ids(vendor.without_news(LATER), "/alerts?limit=100")
        expected = [event.id for event in (events if order == ("created",) else events[::-1])]
        assert one_by_one == at_once == expected[:100]


def test_events_need_not_stand_in_the_order_in_which_they_come():
    vendor = over_many(tuple(reversed(list(many(5)))))
    assert ids(vendor, "/alerts", now=STARTS + 2 * EVERY) == ["E-0", "E-1", "E-2"]
    assert answer(vendor, "/detail/E-1", now=STARTS + EVERY)["id"] == "E-1"
    assert asked(vendor, "/detail/E-2", now=STARTS + EVERY).status == 404


def test_there_is_no_world_of_an_event_that_there_is_not():
    with pytest.raises(KeyError, match="E-9"):
        over_many(tuple(many(3))).alone("E-9")


def test_a_detail_call_without_an_id_finds_what_has_none():
    events = (an_event("A"), an_event("B", "12:01"), an_event("C", "12:02", key="k"))
    vendor = a_vendor(events, Endpoint("/detail", kind="detail", id_field="key", id_name="key"))
    assert asked(vendor, "/detail?key=", now=LATER).listing.listed == ("A",)


def test_a_record_is_written_in_utf_8_whatever_it_holds():
    vendor = a_vendor([an_event("A", text="é \x7f C:\\users \u2028"), an_event("B", "12:01", text="\ud800 é")])
    for name, written in (("A", "é \x7f C:\\\\users \u2028".encode()), ("B", rb"\ud800 \u00e9")):
        assert b'"text":"' + written + b'"}' in asked(vendor, "/alerts").body, name
