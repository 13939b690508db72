"""Puts tests/ on the path, so that every test finds the builders; keeps most runs in the tests' own process."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def in_this_process(request, monkeypatch):
    """A fork of a large test process takes longer than most runs; those marked `supervised` have theirs.

    That both ways give the same is held by tests/simulate/test_worker.py.
    """
    if request.node.get_closest_marker("supervised") is None:
        monkeypatch.setattr("xsim.simulate.supervisor._is_watched", lambda: True)
