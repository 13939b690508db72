"""Evidence gathered while a journal is written is the evidence of the journal."""

from dataclasses import replace

from builders import a_cycle, a_journal, an_incident

from xsim.check import Gathering, check


def followed(journal, *, breaks=None):
    gathering = Gathering()
    gathering.begin(journal)
    for cycle in journal.cycles:
        gathering.take(replace(cycle, exchanges=None) if cycle.number == breaks else cycle)
    return gathering


def a_run():
    cycles = [
        a_cycle(1, incidents=[an_incident("A-1"), an_incident("A-2")]),
        a_cycle(2, incidents=[an_incident("A-2")]),
    ]
    return a_journal(cycles)


def test_a_journal_is_judged_the_same_however_it_was_walked():
    journal = a_run()
    report = check(journal, gathering=followed(journal))
    assert report == check(journal)
    assert report.findings


def test_a_bug_on_the_way_leaves_the_walk_to_the_end():
    journal = a_run()
    assert check(journal, gathering=followed(journal, breaks=1)) == check(journal)


def test_what_was_gathered_is_used_once():
    journal = a_run()
    gathering = followed(journal)
    assert check(journal, gathering=gathering) == check(journal, gathering=gathering)
