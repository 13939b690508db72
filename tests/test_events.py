"""Very many events, identities and texts in little memory: they read as what was put in."""

import pickle
from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
from builders import STARTS, an_event

from xsim import texts as texts_module
from xsim.events import EPOCH, Delivered, Events, microseconds, packed
from xsim.texts import Names, Texts
from xsim.world import Change, Event

ODD_TEXTS = ["", "a", "ünï", "\ud800", "\x00", "日本", "a" * 70_000]


@pytest.fixture
def few_at_hand(monkeypatch):
    """Names are put away as soon as there are four of them."""
    monkeypatch.setattr(texts_module, "MOST_AT_HAND", 3)


def some_events() -> list[Event]:
    changes = (Change(STARTS, {"a.b": [1]}), Change(STARTS + timedelta(1), deleted=True))
    return [
        an_event("A-1", "09:29:00.000001", "09:40:00", record={"deep": {"list": [1, 2.5, None, "\ud800", 10**30]}}),
        an_event("B/2", "09:30:00", "09:31:00", wanted=False, stream="other", changes=changes),
        an_event("", "09:31:00", "09:31:00", wanted=True),
        an_event("ünï", "09:28:00", stream="other"),
    ]


def test_events_read_as_those_that_were_put_in():
    given = some_events()
    events = Events(given)
    assert list(events) == given
    assert events == given
    assert events == tuple(given)
    assert events != given[:3]
    assert (events[-1], events[1:3], len(events)) == (given[3], tuple(given[1:3]), 4)
    with pytest.raises(IndexError):
        events[4]
    with pytest.raises(IndexError):
        events[-5]


def test_what_is_asked_of_all_events_is_asked_of_their_columns():
    given = some_events()
    events = Events(given)
    assert list(events.ids) == [each.id for each in given]
    assert [EPOCH + timedelta(microseconds=each) for each in events.occurred] == [each.occurred for each in given]
    assert list(events.visible) == [microseconds(each.visible) for each in given]
    assert [events.wanted(number) for number in range(4)] == [None, False, True, None]
    assert [events.stream(number) for number in range(4)] == ["", "other", "", "other"]
    assert [len(events.changes(number)) for number in range(4)] == [0, 2, 0, 0]
    assert events.record_text(3) == '{"id":"\\u00fcn\\u00ef","created":"2024-05-14T09:28:00Z"}'
    assert events.size == sum(events.record_size(number) for number in range(4))


def test_an_event_never_changes_though_its_record_is_written_to():
    events = Events(some_events())
    events[0].record["deep"]["list"].clear()
    assert events == some_events()


def test_packed_takes_events_as_they_are():
    events = Events(some_events())
    assert packed(events) is events
    assert packed(some_events()) == events


def test_events_are_sorted_by_when_they_are_listed_and_stay_in_order_within_a_moment():
    events = Events(some_events())
    ordered = events.by_visible()
    assert list(ordered) == sorted(some_events(), key=lambda event: event.visible)
    assert [ordered.number_of(name) for name in ("ünï", "B/2", "", "A-1")] == [0, 1, 2, 3]
    assert ordered.by_visible() is ordered
    assert list(events) == some_events()


def test_chosen_events_are_events_of_their_own():
    events = Events(some_events())
    chosen = events.in_order([3, 1])
    assert list(chosen) == [some_events()[3], some_events()[1]]
    assert chosen.number_of("A-1") is None
    assert list(events.in_order(iter([1]))) == [some_events()[1]]


@pytest.mark.parametrize("of", [lambda events: events, lambda events: events.in_order([3, 1])], ids=["all", "some"])
def test_events_go_through_a_pickle(of):
    events = of(Events(some_events()))
    events.number_of("A-1")
    copy = pickle.loads(pickle.dumps(events))
    assert copy == events
    assert copy.number_of("B/2") == 1


def test_a_part_of_many_events_does_not_take_all_of_them_along():
    many = Events(an_event(f"A-{number}", record={"text": "x" * 100}) for number in range(1_000))
    assert len(pickle.dumps(many.in_order([7]))) < 1_500


@pytest.mark.usefixtures("few_at_hand")
def test_an_event_among_very_many_is_found_by_its_id():
    names = [f"A-{number}" for number in range(500)]
    Random(1).shuffle(names)
    events = Events(map(an_event, names))
    assert [events.number_of(name) for name in names] == list(range(500))
    assert events.number_of("A-500") is None
    assert events.double is None


@pytest.mark.parametrize("at_hand", [1, 100])
def test_two_events_of_one_id_are_told_and_the_first_of_them_is_found(monkeypatch, at_hand):
    monkeypatch.setattr(texts_module, "MOST_AT_HAND", at_hand)
    events = Events(map(an_event, ["A", "B", "C", "B", "A", "B"]))
    assert events.double == (1, 3)
    assert [events.number_of(name) for name in "ABC"] == [0, 1, 2]


def test_no_events_are_none():
    assert not Events()
    assert Events().double is None
    assert Events().number_of("A") is None
    assert Events().by_visible() == ()


def test_texts_read_as_those_that_were_put_in():
    texts = Texts(ODD_TEXTS)
    assert list(texts) == ODD_TEXTS
    assert [texts[number] for number in range(len(ODD_TEXTS))] == ODD_TEXTS
    assert texts[-2:] == tuple(ODD_TEXTS[-2:])
    assert pickle.loads(pickle.dumps(texts))[3] == "\ud800"


def test_texts_in_another_order_stay_what_they_are_when_either_gets_more():
    texts = Texts("abc")
    turned = texts.in_order([2, 0])
    texts.append("d")
    turned.append("e")
    assert (list(texts), list(turned)) == (["a", "b", "c", "d"], ["c", "a", "e"])


@pytest.mark.parametrize("at_hand", [1, 5, 1_000])
def test_names_have_one_number_each(monkeypatch, at_hand):
    monkeypatch.setattr(texts_module, "MOST_AT_HAND", at_hand)
    drawn = Random(2)
    names, known = Names(), {}
    for _ in range(2_000):
        name = f"n{drawn.randrange(400)}"
        assert names.number_of(name) == known.get(name)
        assert names.add(name) == known.setdefault(name, len(known))
    assert list(names) == list(known)
    assert names[7] == list(known)[7]
    assert names.number_of("n400") is None


def test_names_whose_hashes_meet_are_told_apart(monkeypatch):
    """Every name is looked up at the same place."""
    monkeypatch.setattr(texts_module, "MOST_AT_HAND", 2)
    monkeypatch.setattr(texts_module, "hash", lambda text: 5, raising=False)
    names = Names()
    assert [names.add(name) for name in ("a", "b", "c", "d", "b", "a", "e")] == [0, 1, 2, 3, 1, 0, 4]
    assert [names.number_of(name) for name in "edx"] == [4, 3, None]


def deliveries() -> Iterator[tuple[str, tuple[int, str]]]:
    yield "A-1", (3, "0123456789abcdef")
    yield "stated", (0, "")
    yield "A-2", (4, "ffffffffffffffff")
    yield "foreign", (-1, "no digest")
    yield "capitals", (2, "0123456789ABCDEF")


@pytest.mark.usefixtures("few_at_hand")
def test_what_was_delivered_reads_as_a_mapping():
    delivered = Delivered(deliveries())
    assert delivered == dict(deliveries())
    assert (len(delivered), "A-2" in delivered, "A-3" in delivered, 7 in delivered) == (5, True, False, False)
    assert (delivered["stated"], delivered.get("A-3")) == ((0, ""), None)
    with pytest.raises(KeyError):
        delivered["A-3"]


@pytest.mark.usefixtures("few_at_hand")
def test_what_was_delivered_goes_through_a_pickle_to_a_process_with_other_hashes(monkeypatch):
    pickled = pickle.dumps(Delivered(deliveries()))
    monkeypatch.setattr(texts_module, "hash", lambda text: len(text), raising=False)
    copy = pickle.loads(pickled)
    assert copy == dict(deliveries())
    assert copy.note("A-2", 5, 1) == (4, 2**64 - 1)


def test_a_delivery_that_is_known_better_takes_the_place_of_one_that_was_stated():
    delivered = Delivered([("A", (0, "")), ("B", (1, "0" * 16)), ("A", (2, "1" * 16)), ("B", (0, ""))])
    assert delivered == {"B": (1, "0" * 16), "A": (2, "1" * 16)}


def test_a_delivery_tells_of_the_one_before():
    delivered = Delivered()
    assert delivered.note("A", 1, 7) is None
    assert delivered.note("A", 4, 8) == (1, 7)
    assert delivered.note("B", 4, 2**64 - 1) is None
    assert delivered == {"A": (4, f"{8:016x}"), "B": (4, "f" * 16)}
