"""Reads [expect]: what a scenario's run comes to. The rules' names are the check stage's to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xsim.load.scenario_keys import TABLES, TEXT, WHOLE, WORD, Key, Keys, keyed
from xsim.load.scenario_lines import Place, lines_of_table
from xsim.load.scenario_table import Table, nearest
from xsim.model import Expectation, ExpectedFinding, Verdict

KINDS = ("duplicate", "missed", "malformed", "last-run", "fetch-error")
VERDICTS = tuple(verdict.value for verdict in Verdict)
EXPECT_KEYS = keyed(
    Key("verdict", WORD, "What the run comes to by itself.", otherwise="any", words=VERDICTS),
    Key("delivered", WHOLE, "Of incidents, repetitions included.", otherwise="any"),
    Key("must", TABLES, "Findings that there have to be, notes and accepted ones among them."),
    Key("may", TABLES, "Findings that there may be besides."),
)
FINDING_KEYS = keyed(
    Key("rule", TEXT, "A code, the beginning of codes, a name or the beginning of one.", otherwise="or `finding`"),
    Key("finding", WORD, "The same in plain words.", otherwise="or `rule`", words=KINDS),
    Key("event", TEXT, "The id of an event that the finding names.", otherwise="any"),
    Key("cycle", WHOLE, "One of the cycles that it names.", otherwise="any", least=1),
    Key("cause", TEXT, "The cause that it tells.", otherwise="any"),
    Key("field", TEXT, "What its message or evidence names.", otherwise="any"),
)
"""Of each of `must` and `may`."""


def read_expect(table: Table) -> Expectation | None:
    """None where it holds nothing but keys of its author's own, which are free."""
    table = _without_slips(table, EXPECT_KEYS)
    if not any(key in table for key in EXPECT_KEYS):
        return None
    verdict = table.choice("verdict")
    lines = lines_of_table(table.source.text, table.place)
    return Expectation(
        verdict=Verdict(verdict) if verdict else None,
        delivered=table.whole_or_none("delivered"),
        must=tuple(_finding(each, lines) for each in table.tables("must")),
        may=tuple(_finding(each, lines) for each in table.tables("may")),
        verdict_line=lines.get(table.place_of("verdict"), 0),
        delivered_line=lines.get(table.place_of("delivered"), 0),
    )


def _finding(table: Table, lines: Mapping[Place, int]) -> ExpectedFinding:
    table = _without_slips(table, FINDING_KEYS)
    if ("rule" in table) == ("finding" in table):
        table.refuse(None, "expected a 'rule' (code or name) or a 'finding', and not both")
    return ExpectedFinding(
        rule=table.filled_text("rule"),
        kind=table.choice("finding"),
        event=table.filled_text("event"),
        cycle=table.whole("cycle"),
        cause=table.filled_text("cause"),
        field=table.filled_text("field"),
        line=lines.get(table.place, 0),
    )


def _without_slips(table: Table, known: Keys) -> Table:
    """A key that is nearly one of ours is one of ours misspelt: passed over, it would expect less than it says."""
    for key in table.values:
        if key not in known and (hint := nearest(key, known)):
            table.refuse(key, "unknown key", hint)
    return replace(table, keys=known)
