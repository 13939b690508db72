"""Puts tests/ on the path, so that every test finds the builders; keeps most runs in the tests' own process."""

import gc
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

# Nearly all that a test process holds lives to its end: to look through it as often as Python does took a tenth of the
# suite's time.
gc.set_threshold(100_000, 50, 50)


def pytest_configure(config):
    """Asserts of xsim and hypothesis stay as they are: pytest rewrites those of plugins, a second in each worker."""
    getattr(config.pluginmanager.rewrite_hook, "_must_rewrite", set()).difference_update({"xsim", "hypothesis"})


@pytest.fixture(autouse=True)
def in_this_process(request, monkeypatch):
    """A fork of a large test process takes longer than most runs; those marked `supervised` have theirs.

    That both ways give the same is held by tests/simulate/test_worker.py. Fixtures of a wider scope come before this
    one, and have to say `supervised=False` themselves.
    """
    if request.node.get_closest_marker("supervised") is None:
        monkeypatch.setattr("xsim.simulate.supervisor._is_watched", lambda: True)
