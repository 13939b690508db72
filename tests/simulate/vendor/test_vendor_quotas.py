"""How many calls the vendor takes: each span is counted back from the call itself."""

import json
import random
from datetime import timedelta

import pytest
from vendor_builders import STARTS, a_request

from xsim.simulate.vendor.asked import Asked
from xsim.simulate.vendor.quotas import Quotas
from xsim.world import Quota

MINUTE = timedelta(minutes=1)


class Api:
    """Quotas that remember; a call comes so many seconds after the start."""

    def __init__(self, *quotas):
        self._quotas = Quotas(quotas)
        self.recent = []

    def call(self, seconds=0.0, target="/alerts"):
        now = STARTS + timedelta(seconds=seconds)
        response, self.recent = self._quotas.refusal(Asked(a_request(target), now), self.recent)
        return response

    def taken(self, *calls):
        return [self.call(*(call if isinstance(call, tuple) else (call,))) is None for call in calls]


def retry_after(response):
    return dict(response.headers).get("Retry-After")


def test_so_many_calls_are_taken_and_no_more():
    api = Api(Quota(3))
    assert api.taken(0, 1, 2, 3) == [True, True, True, False]


def test_a_refusal_says_what_was_too_much_and_for_how_long():
    api = Api(Quota(1, per=timedelta(seconds=90)))
    api.call(0)
    response = api.call(29.5)
    assert response.status == 429
    assert dict(response.headers) == {"Content-Type": "application/json", "Retry-After": "61"}
    assert json.loads(response.body) == {"error": "too many requests", "message": "more than 1 calls in 90 seconds"}


def test_status_and_header_are_the_vendors_own():
    api = Api(Quota(1, status=503, says_when=False))
    api.call()
    response = api.call()
    assert (response.status, retry_after(response)) == (503, None)


def test_the_span_is_counted_back_from_now():
    api = Api(Quota(2))
    assert api.taken(0, 50, 59.999999, 60, 60, 109.999999, 110) == [True, True, False, True, False, False, True]


def test_a_refused_call_does_not_count():
    api = Api(Quota(1))
    assert api.taken(0, 20, 40, 59, 60) == [True, False, False, False, True]


@pytest.mark.parametrize(("asked_at", "wait"), [(0, "60"), (0.5, "60"), (1, "59"), (59, "1"), (59.999999, "1")])
def test_after_the_seconds_it_says_a_call_is_taken_and_a_second_earlier_not(asked_at, wait):
    api = Api(Quota(1))
    api.call(0)
    assert retry_after(api.call(asked_at)) == wait
    if int(wait) > 1:
        assert api.call(asked_at + int(wait) - 1) is not None
    assert api.call(asked_at + int(wait)) is None


def test_who_waits_as_told_is_never_refused_twice():
    chance = random.Random(3)
    for _ in range(50):
        api = Api(Quota(chance.randint(1, 5), per=timedelta(seconds=chance.uniform(1, 100))), Quota(7, per=MINUTE))
        seconds = 0.0
        for _ in range(30):
            seconds += chance.choice([0, 0.2, chance.uniform(0, 9)])
            response = api.call(seconds)
            if response is not None:
                seconds += int(retry_after(response))
                assert api.call(seconds) is None


def test_only_calls_of_its_path_count_and_are_refused():
    api = Api(Quota(1, path="/api/search"))
    calls = [(0, "/api/alerts"), (0, "/api/search"), (0, "/api/alerts"), (0, "/api/search/x"), (0, "/api/alerts")]
    assert api.taken(*calls) == [True, True, True, False, True]
    assert len(api.recent) == 2, "what counts for nothing is not remembered"


def test_a_path_may_have_parts_in_braces():
    api = Api(Quota(1, path="/tenants/{id}/search"))
    assert api.taken((0, "/tenants/1/search"), (0, "/tenants/2/search"), (0, "/tenants")) == [True, False, True]


def test_a_call_has_to_keep_every_quota_it_falls_under():
    api = Api(Quota(2, per=timedelta(seconds=10)), Quota(3, per=timedelta(hours=1), status=403))
    assert api.taken(0, 0, 0, 10) == [True, True, False, True]
    response = api.call(11)
    assert (response.status, retry_after(response)) == (403, "3589")
    assert api.taken(3600, 3600, 3600) == [True, True, False]


def test_the_wait_is_until_all_quotas_would_take_it_and_the_first_one_speaks():
    api = Api(Quota(1, per=timedelta(seconds=10), status=429), Quota(1, per=timedelta(minutes=5), status=403))
    api.call(0)
    response = api.call(1)
    assert (response.status, retry_after(response)) == (429, "299")


def test_a_call_refused_by_one_quota_counts_for_no_other():
    api = Api(Quota(5), Quota(1, path="/search"))
    assert api.taken(*[(0, "/search")] * 9) == [True] + [False] * 8
    assert api.taken(*[(0, "/alerts")] * 5) == [True] * 4 + [False]


def test_a_quota_of_nothing_refuses_all():
    assert retry_after(Api(Quota(0)).call()) == "60"


def test_what_is_older_than_the_longest_span_is_forgotten():
    api = Api(Quota(5, per=timedelta(seconds=1)), Quota(100, per=timedelta(seconds=10)))
    for second in range(1_000):
        assert api.call(second) is None
        assert len(api.recent) <= 20
    assert len(api.recent) == 20


def test_what_was_handed_in_is_left_as_it_is():
    quotas, before = Quotas([Quota(5)]), []
    _, after = quotas.refusal(Asked(a_request(), STARTS), before)
    assert before == []
    assert json.loads(json.dumps(after)) == after
    assert len(after) == 2


def test_in_a_world_that_went_back_calls_to_come_do_not_count():
    api = Api(Quota(1))
    assert api.taken(100, 50, 100) == [True, True, False]


def test_without_quotas_all_calls_are_taken_and_none_is_kept():
    api = Api()
    assert api.taken(*[0] * 50) == [True] * 50
    assert api.recent == []
