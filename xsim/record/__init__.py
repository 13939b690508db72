"""Keeps what was simulated: the journal, and the state that the next run goes on from."""

from xsim.record.journal import read_journal, record
from xsim.record.state import State, next_tick, state_folder
from xsim.record.strikes import strikes_before

__all__ = ["State", "next_tick", "read_journal", "record", "state_folder", "strikes_before"]
