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
    text = "from datetime import datetime\nimport time\ndemisto.info(datetime.utcnow().isoformat(), int(time.time()))"
    assert logs(tmp_path, text) == ["2024-05-14T09:30:00.381472 1715679000"]
