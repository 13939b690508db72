"""Whatever a script hands over, the check ends, shows bounded text, and explains a refused cycle."""

import json

from builders import a_cycle, a_failure, a_host_call, a_journal, an_ageing_probe, an_incident
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xsim.check import check
from xsim.check.incidents import FIELDS
from xsim.model import Outcome, Refusal

quick = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))

texts = st.text(st.characters(exclude_categories=()), max_size=12)  # lone surrogates and control characters too
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
keys = st.sampled_from(sorted(FIELDS)) | st.sampled_from(["occured", "RAWJSON", "Name", "", "id"]) | texts
raws = st.dictionaries(st.sampled_from(["id", "_id", "uuid", "data", "x"]) | texts, values, max_size=4).map(json.dumps)
incidents = st.dictionaries(keys, values | raws, max_size=5) | st.fixed_dictionaries({"rawJSON": raws}) | values
batches = st.lists(incidents, max_size=4).map(json.dumps) | values.map(json.dumps) | texts
refusals = st.builds(
    Refusal, st.none() | st.integers(0, 5), keys | st.just("labels[0].value") | st.just("a[9].b.1"), texts
)
host_calls = st.builds(
    a_host_call,
    st.sampled_from(["setLastRun", "incidents", "results", "getLastRun"]),
    values.map(repr) | values.map(json.dumps),
    error=st.none() | texts | st.sampled_from(["TypeError", "TypeError: Object of type set is not JSON serializable"]),
)


@st.composite
def cycles(draw, number, outcomes=tuple(Outcome)):
    outcome = draw(st.sampled_from(outcomes))
    failure = draw(st.none() | st.builds(a_failure, texts, texts)) if outcome is not Outcome.OK else None
    return a_cycle(
        number,
        calls=draw(st.lists(batches, max_size=2)),
        before=draw(values),
        after=draw(values),
        outcome=outcome,
        failure=failure,
        refusals=draw(st.lists(refusals, max_size=3)),
        host_calls=draw(st.lists(host_calls, max_size=3)),
        results=draw(st.lists(values, max_size=2)),
    )


journals = st.builds(
    lambda history, identity, limit: a_journal(history, identity=identity, params={"max_fetch": limit}),
    st.tuples(*(cycles(number) for number in range(1, 3))),
    st.sampled_from([(), ("id",), ("data.id", "x")]),
    values,
)


def shown(report):
    for finding in report.findings:
        yield finding.message
        yield from finding.events
        for pair in finding.evidence:
            yield from pair


@quick
@given(journals)
def test_the_check_of_odd_payloads_ends_and_shows_bounded_printable_text(journal):
    report = check(journal)
    for text in (report.reason, *shown(report)):
        text.encode("utf-8")
        assert "\n" not in text
        assert len(text) < 3_000
    assert check(journal) == report


@quick
@given(cycles(1, outcomes=(Outcome.REFUSED,)))
def test_a_refused_cycle_never_stays_unexplained(cycle):
    assert check(a_journal([cycle]), select=["FC502", "FC503", "FC510"]).findings


def nested(depth):
    value = "end"
    for _ in range(depth):
        value = [value]
    return value


def test_nesting_a_thousand_deep_breaks_nothing():
    deep = "[" * 100_000 + "]" * 100_000
    with_deep_raw = f'[{{"name": "a", "occurred": "2024-05-14T09:30:00Z", "rawJSON": {deep}}}]'
    cycle = a_cycle(1, calls=[deep, with_deep_raw, [an_incident("A-1", rawJSON=deep, dbotMirrorId="1")]])
    last_run = a_cycle(2, before={"at": nested(950)}, after={"at": nested(951)})
    report = check(a_journal([cycle, last_run], probes=[an_ageing_probe(nested(950), from_cycle=2)]))
    assert report.delivered == 1


def test_a_huge_incident_is_shown_in_part():
    huge = an_incident("A-1", name="", rawJSON="no json " * 500_000, details="x" * 1_000_000)
    findings = check(a_journal([a_cycle(1, incidents=[huge])])).findings
    assert {finding.code for finding in findings} == {"FC501", "FC505"}
    assert all(len(value) <= 300 for finding in findings for _, value in finding.evidence)


def test_control_characters_and_lone_surrogates_do_not_reach_the_reader():
    odd = "a\x1b[31m\ud800\u202e\nb"
    cycle = a_cycle(1, failure=a_failure("Odd", odd), before={odd: odd})
    for text in shown(check(a_journal([cycle]))):
        assert text.isprintable()


def test_a_thousand_kinds_of_one_fault_are_bounded():
    cycles = [a_cycle(n, failure=a_failure(message="x" * n)) for n in range(1, 1_001)]
    assert len(check(a_journal(cycles), select=["FC601"]).findings) <= 200


def test_digits_that_are_no_number_are_compared_as_text():
    from xsim.check.last_runs import is_number

    assert not is_number("²³")
    assert is_number("23")
