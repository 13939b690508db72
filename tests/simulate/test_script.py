"""How the script's text is run (server-semantics 0, 5; design: Script)."""

import os
import sys
import warnings

import pytest
from integrations import a_scenario, an_integration, cycles_of, logged

from xsim.model import Cycle, Outcome
from xsim.simulate import simulate


def logs(tmp_path, fetch, **scenario):
    [cycle] = cycles_of(tmp_path, fetch, cycles=1, **scenario)
    assert cycle.outcome is Outcome.OK, cycle.failure
    return logged(cycle)


def test_the_name_is_builtins(tmp_path):
    assert logs(tmp_path, "demisto.info(__name__)") == ["builtins"]


def test_guards_of_all_kinds_let_main_run(tmp_path):
    text = "if __name__ in ('__main__', '__builtin__', 'builtins'):\n    demisto.info('ran')"
    assert logs(tmp_path, text) == ["ran"]
    assert logs(tmp_path, "if __name__ == 'builtins':\n    demisto.info('ran')") == ["ran"]


def test_globals_are_new_each_cycle_and_modules_stay_loaded(tmp_path):
    # server-semantics 5: "module globals never persist, but imported-library state may".
    cycles = cycles_of(
        tmp_path,
        """
        import colorsys
        demisto.info('seen' in globals(), hasattr(colorsys, 'xsim_was_here'))
        seen = True
        colorsys.xsim_was_here = True
        """,
    )
    assert [logged(cycle) for cycle in cycles] == [["False False"], ["False True"], ["False True"]]
    import colorsys

    del colorsys.xsim_was_here


def test_names_of_common_server_python_are_there_without_the_import(tmp_path):
    integration = an_integration(tmp_path, "demisto.info(callable(return_error), json.dumps({}))", header="")
    [cycle] = simulate(integration, a_scenario(cycles=1))
    assert isinstance(cycle, Cycle)
    assert logged(cycle) == ["True {}"]


def test_a_name_bound_anew_in_common_server_python_is_put_back(tmp_path):
    cycles = cycles_of(
        tmp_path,
        """
        import CommonServerPython as csp
        demisto.info(csp.argToList is argToList)
        csp.argToList = None
        csp.added = True
        """,
    )
    assert [logged(cycle) for cycle in cycles] == [["True"]] * 3


def test_demisto_and_demistomock_are_the_host_object(tmp_path):
    text = (
        "import demistomock\ndemisto.info(demistomock is demisto, hasattr(demisto, 'params'), type(demisto) is Demisto)"
    )
    assert logs(tmp_path, text) == ["True True True"]


def test_what_a_script_hangs_on_demisto_is_gone_in_the_next_cycle(tmp_path):
    cycles = cycles_of(tmp_path, "demisto.info(hasattr(demisto, 'mine'))\ndemisto.mine = demisto.incidents = 1")
    assert [logged(cycle) for cycle in cycles] == [["False"]] * 3


def test_print_goes_to_the_log_and_takes_positional_arguments_only(tmp_path):
    assert logs(tmp_path, "print('a', 1)") == ["a 1"]
    [cycle] = cycles_of(tmp_path, "import sys\nprint('a', file=sys.stderr)", cycles=1)
    assert cycle.failure.kind == "TypeError"


def test_writing_to_the_streams_goes_to_the_log(tmp_path, capsys):
    assert logs(tmp_path, "import sys\nsys.stdout.write('a\\nb')\nsys.stderr.write('c')") == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_log_calls_format_nothing(tmp_path):
    # server-semantics 5: arguments are sent as a list, no %-formatting.
    assert logs(tmp_path, "demisto.debug('%s is', 'a')\ndemisto.error(msg='b')\ndemisto.log('c')") == [
        "%s is a",
        "b",
        "Integration log: c",
    ]


def test_the_environment_has_the_proxy_variables_and_is_restored(tmp_path, monkeypatch):
    monkeypatch.setenv("XSIM_TEST", "outside")
    cycles = cycles_of(
        tmp_path,
        """
        import os
        demisto.info(os.environ['HTTP_PROXY'], os.environ['https_proxy'], os.environ['XSIM_TEST'], 'NEW' in os.environ)
        del os.environ['HTTP_PROXY'], os.environ['https_proxy']
        os.environ['XSIM_TEST'] = 'inside'
        os.environ['NEW'] = '1'
        """,
    )
    assert [logged(cycle) for cycle in cycles] == [["  outside False"]] * 3
    assert os.environ["XSIM_TEST"] == "outside"
    assert "NEW" not in os.environ


def test_each_cycle_has_an_empty_working_folder_of_its_own(tmp_path):
    before = os.getcwd()
    cycles = cycles_of(
        tmp_path,
        """
        import os
        demisto.info(os.listdir('.'))
        open('left_behind', 'w').close()
        os.makedirs('folder/inner')
        """,
    )
    assert [logged(cycle) for cycle in cycles] == [["[]"]] * 3
    assert [cycle.files for cycle in cycles] == [("left_behind",)] * 3
    assert os.getcwd() == before


def test_process_state_is_put_back(tmp_path):
    state = (
        sys.stdout,
        sys.stderr,
        os.getcwd(),
        dict(os.environ),
        warnings.showwarning,
        os.urandom,
        list(sys.meta_path),
    )
    modules = {name: sys.modules.get(name) for name in ("demistomock", "demisto", "CommonServerPython")}
    cycles_of(tmp_path, "import warnings, sys\nwarnings.showwarning = None\nsys.stdout = None\ndemisto.incidents([])")
    assert state == (
        sys.stdout, sys.stderr, os.getcwd(), dict(os.environ), warnings.showwarning, os.urandom, list(sys.meta_path)
    )  # fmt: skip
    assert modules == {name: sys.modules.get(name) for name in modules}


def test_a_run_left_half_way_puts_the_process_back_too(tmp_path):
    import time

    real = time.time
    run = simulate(an_integration(tmp_path, "demisto.incidents([])"), a_scenario(cycles=100))
    next(run)
    run.close()
    assert time.time is real
    assert "demistomock" not in sys.modules


def test_tracebacks_show_the_script_s_own_lines(tmp_path):
    [cycle] = cycles_of(
        tmp_path,
        """
        def outer():
            inner()
        def inner():
            json.loads('{')
        outer()
        """,
        cycles=1,
    )
    assert cycle.failure.frames == ("line 9: outer()", "line 6, in outer: inner()", "line 8, in inner: json.loads('{')")
    assert (cycle.failure.line, cycle.failure.function) == (8, "inner")


def test_an_interrupt_by_the_person_is_no_failure_of_the_script(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        cycles_of(tmp_path, "raise KeyboardInterrupt")


def test_a_class_of_the_script_can_be_copied_and_a_dataclass_made(tmp_path):
    text = """
        from dataclasses import dataclass
        from typing import Optional
        @dataclass
        class Point:
            x: "Optional[int]" = None
        demisto.info(Point(3).x, Point.__module__)
    """
    assert logs(tmp_path, text) == ["3 builtins"]


def test_generated_code_blocks_find_their_line_functions(tmp_path):
    text = "### GENERATED CODE ###\nregister_module_line('X', 'start', __line__())\ndemisto.info('on')"
    assert logs(tmp_path, text) == ["on"]


def test_proof_that_the_script_sees_simulated_time(tmp_path):
    text = """
        import time
        from datetime import datetime
        demisto.info(datetime.utcnow().isoformat()[:23], int(time.time()))
    """
    assert logs(tmp_path, text) == ["2024-05-14T09:30:00.381 1715679000"]


def test_a_token_that_ends_now_has_ended_when_it_is_looked_at(tmp_path):
    text = """
        from datetime import datetime
        ends = datetime.now()
        demisto.info(str(ends < datetime.now()))
    """
    assert logs(tmp_path, text) == ["True"]


def failed(tmp_path, fetch):
    [cycle] = cycles_of(tmp_path, fetch, cycles=1)
    assert cycle.outcome is Outcome.FAILED
    return cycle.failure


def test_a_failure_is_told_where_it_was_raised_and_not_where_one_before_it_was_handled(tmp_path):
    failure = failed(
        tmp_path,
        """
        def token():
            try:
                return {}['token']
            except KeyError:
                return login()
        def login():
            raise ValueError('wrong password')
        def main():
            try:
                token()
            except Exception as error:
                return_error(f'Failed: {error}')
        main()
        """,
    )
    assert (failure.kind, failure.message) == ("ValueError", "Failed: wrong password")
    assert failure.frames == (
        "line 14, in main: token()",
        "line 9, in token: return login()",
        "line 11, in login: raise ValueError('wrong password')",
    )
    assert failure.hint == "while handling KeyError of line 7, in token: return {}['token']"


def test_what_was_handled_and_is_over_has_no_part_in_a_later_failure(tmp_path):
    failure = failed(
        tmp_path,
        """
        problems = []
        try:
            {}['a']
        except KeyError as error:
            problems.append(error)
        return_error(f'Failed: {problems[0]}')
        """,
    )
    assert (failure.kind, failure.line, failure.hint) == ("Exception", 10, "")
    assert failure.frames == ("line 10: return_error(f'Failed: {problems[0]}')",)


def test_return_error_that_does_not_speak_of_what_is_handled_is_told_where_it_is_called(tmp_path):
    failure = failed(
        tmp_path,
        """
        try:
            since = demisto.getLastRun()['time']
        except KeyError:
            if not demisto.params().get('first_fetch'):
                return_error('First fetch is empty')
        """,
    )
    assert (failure.kind, failure.message, failure.line) == ("Exception", "First fetch is empty", 9)
    assert failure.hint == "while handling KeyError of line 6: since = demisto.getLastRun()['time']"


@pytest.mark.parametrize(("cause", "is_told"), [("", True), (" from error", True), (" from None", False)])
def test_an_exception_that_the_script_raises_in_a_handler_is_told_where_it_raises_it(tmp_path, cause, is_told):
    text = f"try:\n    {{}}['a']\nexcept KeyError as error:\n    raise DemistoException('no a in it'){cause}"
    failure = failed(tmp_path, text)
    assert (failure.kind, failure.message, failure.line) == ("DemistoException", "no a in it", 7)
    assert failure.hint == ("while handling KeyError of line 5: {}['a']" if is_told else "")


def test_return_error_within_return_error_goes_back_to_what_both_tell_of(tmp_path):
    failure = failed(
        tmp_path,
        """
        def fetch():
            try:
                {}['missing']
            except KeyError as error:
                return_error(f'Fetch: {error}')
        try:
            fetch()
        except Exception as error:
            return_error(f'Main: {error}')
        """,
    )
    assert (failure.kind, failure.message, failure.line, failure.hint) == ("KeyError", "Main: Fetch: 'missing'", 7, "")


def test_a_module_that_is_not_there_counts_whatever_is_raised_for_it(tmp_path):
    text = "try:\n    import no_such_module_anywhere\nexcept ImportError:\n    raise DemistoException('not installed')"
    [cycle] = cycles_of(tmp_path, text, cycles=1)
    assert (cycle.outcome, cycle.failure.line) == (Outcome.UNSUPPORTED, 5)
