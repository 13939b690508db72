"""A name that only the real CommonServerPython has ends the run undecided where the script looks it up."""

from dataclasses import replace

import pytest
from integrations import a_scenario, an_integration

from xsim.model import Cycle, Outcome
from xsim.simulate import run_command, simulate

NAMES = ("names_of_the_real_one", "another_one")


def cycles_of(folder, fetch, **scenario):
    integration = replace(an_integration(folder, fetch), missing_names=NAMES)
    return [each for each in simulate(integration, a_scenario(**scenario)) if isinstance(each, Cycle)]


@pytest.mark.parametrize(
    "fetch",
    [
        "names_of_the_real_one()",
        "class Client(names_of_the_real_one):\n    pass",
        "def f():\n    names_of_the_real_one()\nf()",
        "try:\n    another_one\nexcept Exception as error:\n    return_error(str(error))",
        "try:\n    another_one\nexcept:\n    pass\ndemisto.incidents([])",
        "from CommonServerPython import another_one",
        "import CommonServerPython\nCommonServerPython.another_one()",
    ],
)
def test_whoever_looks_it_up_and_whatever_becomes_of_it_the_run_is_undecided(tmp_path, fetch):
    [cycle] = cycles_of(tmp_path, fetch)
    assert cycle.outcome is Outcome.UNSUPPORTED
    assert cycle.failure.message == "not in xsim's CommonServerPython: names_of_the_real_one, another_one"
    assert cycle.failure.hint.startswith("pass --common-server")


def test_a_script_that_never_comes_to_it_is_judged_as_any_other(tmp_path):
    fetch = """
        def rare():
            return another_one
        import CommonServerPython
        assert not hasattr(CommonServerPython, 'no_name_at_all')
        class Client(BaseClient):
            pass
        demisto.incidents([{'name': str(len([Client]))}])
    """
    assert [cycle.outcome for cycle in cycles_of(tmp_path, fetch, cycles=2)] == [Outcome.OK] * 2


def test_it_is_told_in_the_cycle_that_comes_to_it(tmp_path):
    fetch = """
        count = demisto.getLastRun().get('count', 0)
        demisto.setLastRun({'count': count + 1})
        demisto.incidents([] if count < 2 else another_one)
    """
    assert [cycle.outcome for cycle in cycles_of(tmp_path, fetch, cycles=9)] == [
        Outcome.OK, Outcome.OK, Outcome.UNSUPPORTED,
    ]  # fmt: skip


def test_any_other_name_that_is_not_there_is_the_scripts_own_mistake(tmp_path):
    for cycle in cycles_of(tmp_path, "no_name_at_all()", cycles=2):
        assert (cycle.outcome, cycle.failure.kind) == (Outcome.FAILED, "NameError")
        assert cycle.failure.message == "name 'no_name_at_all' is not defined"


def test_a_name_that_the_script_gives_itself_while_it_runs_is_there(tmp_path):
    fetch = "globals()['another_one'] = 3\ndef f():\n    return another_one\ndemisto.incidents([{'name': str(f())}])"
    assert [cycle.outcome for cycle in cycles_of(tmp_path, fetch, cycles=1)] == [Outcome.OK]


def test_a_single_command_is_told_as_well(tmp_path):
    integration = replace(an_integration(tmp_path, "another_one()"), missing_names=NAMES)
    assert run_command(integration, a_scenario(), "test-module").outcome is Outcome.UNSUPPORTED
