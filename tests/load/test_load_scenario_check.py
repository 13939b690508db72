"""What a scenario says about its judgement."""

import pytest
from scenario_files import loaded

from xsim.errors import InvalidScenario


def test_the_vendor_s_rate_is_read(tmp_path):
    assert loaded(tmp_path, "[check]\nrequests_per_cycle = 30").check.requests_per_cycle == 30
    assert loaded(tmp_path, "").check.requests_per_cycle is None


def test_a_rate_below_one_request_is_refused(tmp_path):
    with pytest.raises(InvalidScenario, match="requests_per_cycle: found 0"):
        loaded(tmp_path, "[check]\nrequests_per_cycle = 0")
