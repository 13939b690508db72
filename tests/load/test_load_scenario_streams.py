"""Streams make events from a template, a rhythm and the seed, the same ones each time."""

import re
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from scenario_files import loaded, refusal

START = datetime(2024, 5, 14, 9, 30, tzinfo=timezone.utc)
HEAD = '[clock]\nstart = 2024-05-14T09:30:00Z\n[identity]\ntime = "created"\n[[streams]]\nname = "s"\n'


def events(folder, lines, head=HEAD, **instead):
    return loaded(folder, head + lines, **instead).scenario.events


def seconds(found):
    return [(event.occurred - START) / timedelta(seconds=1) for event in found]


def written(folder, time, **instead):
    """The time field of one event that occurs at 09:30:00.123456."""
    lines = f'count = 1\nfrom = 2024-05-14T09:30:00.123456Z\ntime = {{field = "created", {time}}}'
    [event] = events(folder, lines, **instead)
    return event


def test_one_event_a_fetch_interval_up_to_the_last_cycle_is_the_default(tmp_path):
    assert seconds(events(tmp_path, "")) == [60.0 * number for number in range(9)]


def test_a_pause_makes_the_schedule_and_so_the_stream_longer(tmp_path):
    head = HEAD.replace("[identity]", 'cycles = 3\npauses = [{after = 1, for = "5m"}]\n[identity]')
    assert len(events(tmp_path, "", head)) == 6


def test_a_count_and_a_beginning_are_kept(tmp_path):
    assert seconds(events(tmp_path, 'count = 3\nfrom = "-1m"\nevery = "20s"')) == [-60, -40, -20]


def test_a_stream_ends_before_its_until(tmp_path):
    assert seconds(events(tmp_path, 'every = "20s"\nuntil = "+1m"')) == [0, 20, 40]


def test_a_rate_draws_gaps_that_come_to_it_on_the_whole(tmp_path):
    found = seconds(events(tmp_path, 'rate = 30\nuntil = "+2h"'))
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert 3_300 < len(found) < 3_900
    assert min(gaps) < 0.1
    assert max(gaps) > 8


def test_jitter_moves_events_both_ways_and_ids_follow_the_time(tmp_path):
    found = events(tmp_path, 'count = 60\nevery = "20s"\njitter = "5s"\nfrom = "+1h"')
    moved = [second - 3_600 - 20 * number for number, second in enumerate(seconds(found))]
    assert min(moved) < -3 < 3 < max(moved)
    assert all(abs(each) <= 5 for each in moved)
    assert [event.id for event in found] == [str(number) for number in range(1, 61)]


def test_each_nth_moment_is_a_burst_at_one_timestamp(tmp_path):
    found = seconds(events(tmp_path, 'count = 9\nevery = "1m"\nburst = 3\nburst_every = 2'))
    assert found == [0, 60, 60, 60, 120, 180, 180, 180, 240]


def test_bursts_may_come_by_the_clock_beside_the_rest(tmp_path):
    assert seconds(events(tmp_path, 'every = "4m"\nburst = 2\nburst_every = "3m"')) == [0, 180, 180, 240, 360, 360, 480]


def test_bursts_by_the_clock_need_no_others(tmp_path):
    assert seconds(events(tmp_path, 'burst = 2\nburst_every = "3m"')) == [180, 180, 360, 360]


@pytest.mark.parametrize(
    ("lag", "possible"),
    [
        ('"5s"', {5}),
        ('{values = ["1s", "2s"], weights = [1, 0]}', {1}),
        ('{values = ["1s", "2s"]}', {1, 2}),
        ('{usual = "1s", long = "10m", chance = 0.3}', {1, 600}),
    ],
)
def test_a_lag_is_drawn(tmp_path, lag, possible):
    found = events(tmp_path, f'count = 40\nlag = {lag}\ntime = {{field = "created", digits = 6}}')
    assert {(event.visible - event.occurred) / timedelta(seconds=1) for event in found} == possible


def test_a_lag_between_two_bounds_takes_any_value(tmp_path):
    found = events(tmp_path, 'count = 40\nlag = {min = "1s", max = "3s"}\ntime = {digits = 6}')
    lags = {event.visible - event.occurred for event in found}
    assert len(lags) > 30
    assert all(timedelta(seconds=1) <= lag <= timedelta(seconds=3) for lag in lags)


def test_ids_cross_a_power_of_ten_as_text_and_as_numbers(tmp_path):
    found = events(tmp_path, 'count = 10\nid = "Ä-{n}"\nfirst = 95')
    assert [found[0].id, found[-1].id] == ["Ä-95", "Ä-104"]
    found = events(tmp_path, 'count = 10\nid_type = "int"\nfirst = 95')
    assert (found[-1].record["id"], found[-1].id) == (104, "104")
    assert events(tmp_path, 'count = 1\nid = "A{n:05}"')[0].id == "A00001"


@pytest.mark.parametrize(
    ("time", "value"),
    [
        ("digits = 0", "2024-05-14T09:30:00Z"),
        ("digits = 3", "2024-05-14T09:30:00.123Z"),
        ("digits = 6", "2024-05-14T09:30:00.123456Z"),
        ('layout = "iso-offset", zone = "+02:00"', "2024-05-14T11:30:00.123+02:00"),
        ('layout = "iso-offset", digits = 0', "2024-05-14T09:30:00+00:00"),
        ('layout = "iso-naive", zone = "-05:30"', "2024-05-14T04:00:00.123"),
        ('layout = "epoch-s"', 1715679000),
        ('layout = "epoch-s", digits = 3', 1715679000.123),
        ('layout = "epoch-ms"', 1715679000123),
        ('layout = "epoch-ms", digits = 0', 1715679000000),
        ('layout = "epoch-us"', 1715679000123456),
        ('layout = "%d/%m/%Y %H:%M", zone = "+02:00"', "14/05/2024 11:30"),
        ('layout = "%b %d %Y %I:%M:%S.%f %p"', "May 14 2024 09:30:00.123 AM"),
    ],
)
def test_a_time_is_written_in_its_layout(tmp_path, time, value):
    assert written(tmp_path, time).record["created"] == value


@pytest.mark.parametrize(
    ("time", "microseconds"), [("digits = 0", 0), ("digits = 3", 123_000), ('layout = "%Y-%m-%d %H:%M:%S"', 0)]
)
def test_an_event_occurred_when_its_record_says_and_is_listed_when_it_did(tmp_path, time, microseconds):
    event = written(tmp_path, time)
    assert event.occurred == START.replace(microsecond=microseconds)
    assert event.visible == START.replace(microsecond=123_456)


def test_a_seventh_digit_is_written(tmp_path):
    texts = [event.record["created"] for event in events(tmp_path, "count = 30\ntime = {digits = 7}")]
    assert all(re.fullmatch(r".*\.\d{7}Z", text) for text in texts)
    assert len({text[-2] for text in texts}) > 5


def test_days_are_cut_in_the_zone_of_the_layout(tmp_path):
    lines = 'count = 1\nfrom = 2024-05-14T23:30:00Z\ntime = {layout = "%Y-%m-%d", zone = "+02:00"}'
    [event] = events(tmp_path, lines)
    assert event.record["created"] == "2024-05-15"
    assert event.occurred == datetime(2024, 5, 14, 22, tzinfo=timezone.utc)


def test_the_template_is_filled_in_and_other_times_are_set(tmp_path):
    lines = 'count = 1\nid = "A-{n}"\nrecord = {title = "{id} №{n} at {time}", keep = "{x}", list = ["{n}", 2]}\n'
    [event] = events(tmp_path, lines + 'other_times = [{field = "meta.updated", offset = "-5s", layout = "epoch-s"}]')
    assert event.record == {
        "title": "A-1 №1 at 2024-05-14T09:30:00.000Z",
        "keep": "{x}",
        "list": ["1", 2],
        "id": "A-1",
        "created": "2024-05-14T09:30:00.000Z",
        "meta": {"updated": 1715678995},
    }


def test_values_are_chosen_left_null_and_left_out(tmp_path):
    lines = 'count = 200\nrecord = {owner = {mail = "m"}, gone = 1}\nchoices = {level = ["a", "b"]}\n'
    lines += "null = {owner.mail = 0.5}\nmissing = {gone = 0.5}"
    records = [event.record for event in events(tmp_path, lines)]
    assert {record["level"] for record in records} == {"a", "b"}
    assert 60 < sum(record["owner"]["mail"] is None for record in records) < 140
    assert 60 < sum("gone" not in record for record in records) < 140


def test_weighted_choices_keep_to_their_weights(tmp_path):
    lines = 'count = 50\n[streams.choices]\n"a.b" = {values = [1, {x = 2}], weights = [0, 1]}'
    assert all(event.record["a"] == {"b": {"x": 2}} for event in events(tmp_path, lines))


def test_changes_befall_some_of_the_events(tmp_path):
    lines = 'count = 100\nlag = "5s"\nchanges = [{after = "2m", set = {updated = "{time}", by = "{id}"}, chance = 0.5}]'
    found = events(tmp_path, lines)
    changed = [event for event in found if event.changes]
    assert 30 < len(changed) < 70
    [change] = changed[0].changes
    assert change.at == changed[0].visible + timedelta(minutes=2)
    assert change.set == {"updated": change.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "by": changed[0].id}


def test_the_same_seed_gives_the_same_events_and_another_one_does_not(tmp_path):
    lines = 'rate = 6\nlag = {min = "1s", max = "1m"}'
    first, again, other = (events(tmp_path, lines, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_stream_does_not_disturb_another_one(tmp_path):
    before = '[[streams]]\nname = "t"\nrate = 3\nid = "t{n}"\n'
    alone = events(tmp_path, "rate = 6")
    both = events(tmp_path, f"rate = 6\n{before}")
    assert tuple(event for event in both if event.stream == "s") == alone


def test_what_is_wanted_can_be_said(tmp_path):
    assert {event.wanted for event in events(tmp_path, "wanted = false")} == {False}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("count = 2000001", "7: [[streams]] 1, count: found 2000001, expected a whole number from 1 to 2000000"),
        ('every = "1ms"\nuntil = "+1h"', "8: [[streams]] 1, until: some 3,600,000 events, expected at most 2,000,000"),
        ('rate = 60000\nuntil = "+1h"', "8: [[streams]] 1, until: some 3,600,000 events"),
        ('burst = 1000000\nuntil = "+3m"', "8: [[streams]] 1, until: some 3,000,000 events"),
        ('count = 1000000\nevery = "1d"', "7: [[streams]] 1, count: so many events so far apart"),
        ('every = "0s"', '7: [[streams]] 1, every: found "0s", expected at least 0.001s'),
        ('every = "1s"\nrate = 1', "8: [[streams]] 1, rate: expected either 'every' or 'rate', not both"),
        ('until = "-1s"', "7: [[streams]] 1, until: found \"-1s\", expected a time after 'from'"),
        ('id = "A"', '5: [[streams]] 1: a second event with the id "A" (the first one is of [[streams]] 1)'),
        ('id = "A-{n}"\nid_type = "int"', '7: [[streams]] 1, id: found "A-{n}", expected digits and {n}'),
        ("null = {id = 0.5}", "7: [[streams]] 1, null, id: the event's id ([identity] event) must stay"),
        ("missing = {a = 2}", "7: [[streams]] 1, missing, a: found 2, expected a number from 0 to 1"),
        ("missing.a.b = 2", "7: [[streams]] 1, missing, a, b: found 2, expected a number from 0 to 1"),
        ("choices = {a = 3}", "7: [[streams]] 1, choices, a: found 3, expected a list of values"),
        (
            "choices = {a = {values = [1], weights = [1, 2]}}",
            "7: [[streams]] 1, choices, a, weights: found a list of 2",
        ),
        ('lag = {min = "5s", max = "1s"}', '7: [[streams]] 1, lag, max: found "1s", expected at least min'),
        ("lag = {often = 3}", "7: [[streams]] 1, lag: found a table, expected a duration, {min, max}"),
        ("time = {digits = 4}", "7: [[streams]] 1, time, digits: found 4, expected 0, 3, 6 or 7"),
        ('time = {layout = "epoch-ms", digits = 6}', "7: [[streams]] 1, time, digits: found 6, expected at most 3"),
        ('time = {zone = "+02:00"}', '7: [[streams]] 1, time, zone: layout "iso" is UTC with a Z | take layout'),
        ('time = {layout = "%H:%M"}', '7: [[streams]] 1, time, layout: found "%H:%M", expected one of iso, iso-offset'),
        (
            'record = {created = "now"}',
            "7: [[streams]] 1, record: created is \"now\", but the stream's 'time' goes there",
        ),
        ('[[streams]]\nname = "s"', "8: [[streams]] 2, name: [[streams]] 1 is called 's' too"),
    ],
)
def test_a_complaint_about_a_stream_names_its_line(tmp_path, lines, said):
    assert refusal(tmp_path, HEAD + lines).startswith(said)


def test_the_events_of_all_streams_together_are_bounded(tmp_path):
    lines = 'count = 1500000\nevery = "1ms"\n[[streams]]\nname = "t"\ncount = 600000\nevery = "1ms"\nid = "t{n}"'
    assert refusal(tmp_path, HEAD + lines).startswith("9: [[streams]] 2: some 2,100,000 events up to here")


def test_an_identity_that_the_template_lacks_is_named(tmp_path):
    text = HEAD.replace("[identity]", '[identity]\nevent = ["id", "tenant"]')
    assert refusal(tmp_path, text + "count = 1").startswith("6: [[streams]] 1: its events have nothing at 'tenant'")


# --- [stream_defaults] --------------------------------------------------------------------------------------

SHARED = """\
lag = {usual = "3s", long = "4m", chance = 0.1}
time = {layout = "epoch-s"}
record = {title = "Alert {n}"}
choices = {severity = ["low", "high"]}
changes = [{after = "1m", set = {status = "closed"}}]
"""
TWO_STREAMS = """\
[clock]
start = 2024-05-14T09:30:00Z
[identity]
time = "created"
{above}
[[streams]]
name = "steady"
every = "25s"
{shared}
[[streams]]
name = "flood"
count = 25
burst = 25
id = "F-{{n}}"
{shared}
{below}
"""


@pytest.mark.parametrize("place", ["above", "below"])
def test_what_streams_have_in_common_is_said_once(tmp_path, place):
    twice = loaded(tmp_path, TWO_STREAMS.format(above="", shared=SHARED, below="")).scenario.events
    texts = {"above": "", "below": "", place: f"[stream_defaults]\n{SHARED}"}
    once = loaded(tmp_path, TWO_STREAMS.format(**texts, shared="")).scenario.events
    assert len(once) > 40
    assert once == twice


def test_a_stream_s_own_key_replaces_the_default_as_a_whole(tmp_path):
    head = '[stream_defaults]\nlag = "5s"\nrecord = {a = 1, b = 2}\n' + HEAD.replace(
        "[clock]\n", "[clock]\ncycles = 3\n"
    )
    [first, second] = events(tmp_path, 'record = {b = 3}\nlag = "0s"', head)
    assert first.visible == first.occurred
    assert {**first.record, "created": ""} == {"id": "1", "b": 3, "created": ""}
    assert second.record["b"] == 3


def test_a_rhythm_of_its_own_stands_against_the_default_one(tmp_path):
    by_span = '[stream_defaults]\nevery = "20s"\njitter = "5s"\n' + HEAD
    assert len(events(tmp_path, "rate = 30\ncount = 9", by_span)) == 9
    by_rate = "[stream_defaults]\nrate = 30\n" + HEAD
    assert seconds(events(tmp_path, 'every = "20s"\ncount = 3', by_rate)) == [0, 20, 40]


def test_a_default_field_of_the_time_names_the_events_own(tmp_path):
    text = '[stream_defaults]\ntime = {field = "at.created"}\n[[streams]]\nname = "s"\ncount = 1'
    assert loaded(tmp_path, text).scenario.time_field == "at.created"


@pytest.mark.parametrize(
    ("defaults", "said"),
    [
        ('name = "x"', "2: [stream_defaults] name: unknown key"),
        ('evry = "1s"', "2: [stream_defaults] evry: unknown key | did you mean 'every'?"),
        ('\nevery = "1"', '3: [stream_defaults] every: found "1", expected a number with a unit'),
        ("lag = {min = 3}", "2: [stream_defaults] lag"),
        (
            'choices = {a = {values = ["x"], weights = [0]}}',
            "2: [stream_defaults] choices, a, weights: found a list of 1",
        ),
        ("missing = {id = 0.1}", "2: [stream_defaults] missing, id: the event's id"),
        ("changes = [{set = {a = 1}}]", "2: [stream_defaults] changes 1: expected either 'at'"),
    ],
)
def test_a_complaint_about_a_default_names_its_own_line(tmp_path, defaults, said):
    assert refusal(tmp_path, f"[stream_defaults]\n{defaults}\n{HEAD}").startswith(said)


def test_defaults_are_one_table(tmp_path):
    assert refusal(tmp_path, "[[stream_defaults]]\n").startswith(
        "1: stream_defaults: found a list of 1, expected a table"
    )


def test_a_number_in_a_path_steps_into_a_list_of_the_template(tmp_path):
    lines = """count = 1
time = {field = "history.1.at", digits = 0}
other_times = [{field = "history.0.at", offset = "-1m", digits = 0}, {field = "steps.0", digits = 0}]
record = {history = [{what = "seen"}, {what = "opened"}], tags = ["a", "b"], steps = 7}
choices = {"tags.1" = ["drawn"], "tags.2" = ["no place"], "tags.²" = ["a key"]}
missing = {"history.0.what" = 1, "tags.%s" = 1}""" % ("9" * 5_000)
    [event] = events(tmp_path, lines, HEAD.replace('"created"', '"history.1.at"'))
    at = ["2024-05-14T09:29:00Z", "2024-05-14T09:30:00Z"]
    assert event.record["history"] == [{"at": at[0]}, {"what": "opened", "at": at[1]}]
    assert (event.record["steps"], event.record["tags"]) == ({"0": at[1]}, {"2": "no place", "²": "a key"})
    assert event.occurred == START


def test_texts_of_the_template_may_be_numbers_in_the_record(tmp_path):
    lines = """count = 2
first = 7
record = {meta = {seq = "10{n:03}"}, steps = [{of = "{n}"}], text = "{n}"}
numbers = ["meta.seq", "steps.0.of"]"""
    first, second = events(tmp_path, lines)
    assert (first.record["meta"], first.record["steps"], first.record["text"]) == ({"seq": 10007}, [{"of": 7}], "7")
    assert second.record["meta"] == {"seq": 10008}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('numbers = "seq"', "numbers: found nothing at seq of the record, expected a text of digits and {n}"),
        (
            'record = {seq = "A-{n}"}\nnumbers = "seq"',
            'numbers: found "A-{n}" at seq of the record, expected a text of',
        ),
        ("record = {seq = 1}\nnumbers = 'seq'", "numbers: found 1 at seq of the record, expected a text of digits"),
    ],
)
def test_what_can_be_no_number_is_refused(tmp_path, lines, said):
    assert said in refusal(tmp_path, HEAD + lines)
