"""The words that findings give for why, which rules say them, and what to write instead: `xsim explain stuck`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from xsim.check.cause_words import MEANINGS
from xsim.check.remedies import ENDED, MISSED, REPEATED
from xsim.check.rule import rule_named
from xsim.check.rules import RULES
from xsim.errors import XsimError
from xsim.findings import Cause

BESIDE: Mapping[str, tuple[str, ...]] = {
    "several-pages": ("FC203",),
    "one-dict-for-all": ("FC201", "FC203"),
    "changed": ("FC202", "FC203"),
    "retried-batch": ("FC202", "FC203"),
    "sliding-offset": ("FC201", "FC202", "FC203"),
    "over-quota": ("FC401", "FC601"),
    "quiet-cycle": ("FC102", "FC601"),
    "stuck": ("FC601", "FC604"),
}
"""Causes with a remedy that other rules tell than FC201 (missed), FC202 (repeated) and FC601 (failed), or more."""

WITHOUT_REMEDY: Mapping[str, tuple[tuple[str, ...], str]] = {
    "swallowed": (("FC101", "FC605"), "the call raised, the script caught it and went on"),
    "ids-kept": (("FC103",), "the last run keeps ids, and lets none of them go"),
    "keys-dropped": (("FC108",), "each call replaces the whole last run, and a later one lacks keys of the earlier"),
    "crash": (("FC109",), "the fetch raises on the last run that an older version left"),
    "state-ignored": (("FC109",), "the fetch does not know the last run that an older version left, and begins anew"),
    "identical": (("FC203",), "two incidents are alike in all; no id tells whether they are of one event"),
    "limit-per-request": (("FC205",), "it stays within the limit if that is meant for each request"),
    "same-page": (("FC402",), "the same page is asked for over and over"),
    "beyond-the-end": (("FC402",), "pages behind the last one are asked for"),
    "more-incidents": (("FC608",), "a new process hands over events that this one left out, as it had seen them"),
    "fewer-incidents": (("FC608",), "a new process lacks events that this one had kept from an earlier fetch"),
    "other-incidents": (("FC608",), "a new process makes other incidents of the same events"),
    "other-last-run": (("FC608",), "a new process stores another last run"),
    "other-context": (("FC608",), "a new process stores another integration context, and hands over the same"),
    "fails-anew": (("FC608",), "the fetch fails in a new process, as something that an earlier one made is not there"),
    "other-name": (("FC704",), "the yml declares it under another name"),
}
PATTERNS: Mapping[str, tuple[str, str]] = {
    r"[A-Za-z]+-type": ("FC502", "the field has a type that the server cannot decode"),
    r"[A-Za-z]+-meant": ("FC506 FC507", "the key is spelled in another way than the documented one"),
    r"behind(-incidents|-last-run)+": ("FC606", "the fetch was killed behind the calls that the word names"),
}
"""Words that are made of a name: rawJSON-type."""


def cause_named(word: str) -> Cause:
    """What is known of a cause. XsimError with the nearest word, or rule, where it is none."""
    given = word.strip()
    known = {each.lower(): each for each in causes()}
    given = known.get(given.lower().replace("_", "-"), given)
    codes, means = _told(given)
    if not codes:
        raise _unknown(word, tuple(known))
    remedies = dict.fromkeys(table[given] for table in (MISSED, REPEATED, ENDED) if given in table)
    return Cause(
        given, tuple(rule_named(RULES, code) for code in codes), means or MEANINGS.get(given, ""), tuple(remedies)
    )


def causes() -> Iterator[str]:
    """All words, but for those that are made of a name."""
    yield from dict.fromkeys([*MISSED, *REPEATED, *ENDED, *WITHOUT_REMEDY])


def _told(word: str) -> tuple[tuple[str, ...], str]:
    """The codes of the rules that say it, and what it means where no remedy tells."""
    if word in WITHOUT_REMEDY:
        return WITHOUT_REMEDY[word]
    usual = (("FC201", MISSED), ("FC202", REPEATED), ("FC601", ENDED))
    codes = BESIDE.get(word) or tuple(code for code, table in usual if word in table)
    for pattern, (of_pattern, means) in PATTERNS.items():
        if not codes and re.fullmatch(pattern, word):
            return tuple(of_pattern.split()), means
    return codes, ""


def _unknown(word: str, known: tuple[str, ...]) -> XsimError:
    given = word.strip().lower().replace("_", "-")
    names = sorted(rule.name for rule in RULES.values())
    near = get_close_matches(given.upper(), RULES, n=1, cutoff=0.75) or get_close_matches(given, (*names, *known), n=1)
    alike = [each for each in (*names, *known) if set(given.split("-")) & set(each.split("-"))]
    hint = "`xsim rules` lists the rules; a finding names its cause"
    if near:
        hint = f"did you mean '{near[0]}'?"
    elif alike:
        hint = f"with a word of it: {', '.join(alike[:5])}"
    return XsimError(f"no rule and no cause is called '{word}'", hint=hint)
