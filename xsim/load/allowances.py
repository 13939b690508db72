"""Reads the comments that accept a finding at its place: `# xsim: allow FC201 -- the vendor lists nothing late`."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

from xsim.integration import Allowance

MARK = "xsim:"
COMMENT = re.compile(r"#\s*xsim:\s*allow\b(?P<rules>[^#]*?)(?:\s(?:--|[–—])\s*(?P<reason>.*\S))?\s*\Z", re.IGNORECASE)
"""Also behind another comment, as `# noqa: E501  # xsim: allow ...`; editors make a dash of two hyphens."""
NEARLY = re.compile(r"#\s*xsim:\s*\[?(?:al+[aou]*w\w*|ignore|disable|noqa|accept|suppress|skip|FC\d)", re.IGNORECASE)
"""What was meant to be one: passed over, its author would believe the finding accepted."""
WHOLE = (ast.FunctionDef, ast.AsyncFunctionDef)


def read_allowances(text: str, tree: ast.Module) -> tuple[Allowance, ...]:
    """The allowances in a script's text, in its order.

    One behind a statement covers the statement, one on a line of its own the statement below; of an `if`, a loop or the
    like only the head, of a function all of it. Without `--` there is no reason.
    """
    if MARK not in text.lower():
        return ()
    return tuple(_allowances(text, sorted(_statements(tree))))


def _allowances(text: str, statements: list[_Statement]) -> Iterator[Allowance]:
    for line, is_alone, comment in _comments(text):
        found = COMMENT.search(comment)
        if found is None and not NEARLY.search(comment):
            continue
        first, last = _covered(statements, line, is_alone=is_alone)
        if found is None:
            yield Allowance(line, (), comment, first, last, is_read=False)
            continue
        rules = tuple(re.findall(r"[A-Za-z][\w-]*", found["rules"]))
        yield Allowance(line, rules, found["reason"] or "", first, last)


def _comments(text: str) -> Iterator[tuple[int, bool, str]]:
    """Line, whether nothing stands before it there, and text of each comment that speaks to xsim."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and MARK in token.string.lower():
                yield token.start[0], not token.line[: token.start[1]].strip(), token.string
    except (tokenize.TokenError, SyntaxError):
        return  # What Python compiles and tokenize cannot read has no comments that we could trust.


def _covered(statements: list[_Statement], line: int, *, is_alone: bool) -> tuple[int, int]:
    """First and last line that the comment covers: the innermost statement on its line, or the next one."""
    if is_alone and not any(each.first < line <= each.inside for each in statements):
        below = [each for each in statements if each.first > line]
        return (below[0].first, below[0].last) if below else (line, line)
    around = [each for each in statements if each.first <= line <= each.head]
    return (around[-1].first, around[-1].last) if around else (line, line)


class _Statement(NamedTuple):
    first: int
    head: int
    """Last line of the head."""
    last: int
    """Last line that an allowance covers."""
    inside: int
    """Last line on which a comment of its own line is in the statement, rather than above another."""


def _first_inside(node: ast.stmt) -> int:
    """The line on which the first of the statements that it holds begins, or the first case; 0: it holds none."""
    if isinstance(node, ast.Match):
        return node.cases[0].pattern.lineno
    body = getattr(node, "body", None)
    return body[0].lineno if body else 0


def _statements(tree: ast.Module) -> Iterator[_Statement]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        end = node.end_lineno or node.lineno
        inner = _first_inside(node)
        if inner:
            head = max(node.lineno, inner - 1)
            yield _Statement(first, head, end if isinstance(node, WHOLE) else head, node.lineno)
        else:
            yield _Statement(first, end, end, end)
