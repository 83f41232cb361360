"""Whether a sentence keeps the conditions of the lines that carry it.

Pure. «Når verdien er over 1,3 millioner kroner, skal du kreve lærlinger» does not carry «Du skal kreve
lærlinger»: what a line says under a condition or with an exception is not said without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from assistant.grounds import Ground, ReadLine
from assistant.particulars import MODAL, Mark, Reading, Turn

KEPT = 0.8
"""Share of what a condition belongs to that makes a sentence say it too."""
FEW = 3
"""Words from which a part of a sentence is told from the others."""
TOLD = 0.5
"""Share of a condition that tells it."""


class _Condition(NamedTuple):
    words: frozenset[str]
    """The words that its line has there alone."""
    of: frozenset[str]
    """The words of what it is a condition for."""


def left_out(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """No condition or exception is left out of what the sentence tells."""
    del cited
    told = said.keys
    has = sum(Turn.IF in mark.turns for mark in said.marks)
    for line in lines:
        for reading in line.readings:
            fewer = has < sum(Turn.IF in mark.turns for mark in reading.marks)
            for condition in _conditions(reading.marks):
                kept = condition.of and len(condition.of & told) >= KEPT * len(condition.of)
                share = len(condition.words & told) / len(condition.words) if condition.words else not fewer
                if kept and share < TOLD:
                    return "condition"
    return ""


def _conditions(marks: Sequence[Mark]) -> Iterator[_Condition]:
    """Each condition of a line, with what comes before it, or after it when it comes first.

    One of several that are joined by «og» or «eller» may be left out: what is said then still holds.
    """
    last = 0
    for at, mark in enumerate(marks):
        if not _opens(marks, at):
            continue
        end = next((i for i in range(at + 1, len(marks)) if marks[i].clause != mark.clause), len(marks))
        joined = 0 < at <= last and mark.part != marks[at - 1].part and Turn.EXCEPT not in mark.turns
        last = end
        words = frozenset(m.key for m in marks[at:end]) - {m.key for m in (*marks[:at], *marks[end:])}
        if not joined:
            yield _Condition(words, frozenset(m.key for m in _belongs_to(marks, at, end)))


def _opens(marks: Sequence[Mark], at: int) -> bool:
    """Whether a condition begins here, or an exception in a clause of its own («unntak kan gis» is none)."""
    turns = set(marks[at].turns)
    alone = at > 0 and marks[at - 1].clause != marks[at].clause
    return Turn.IF in turns or (Turn.EXCEPT in turns and alone and not turns & MODAL)


def _belongs_to(marks: Sequence[Mark], at: int, end: int) -> Sequence[Mark]:
    if not at:
        return [m for m in marks[end:] if m.part == marks[end].part]
    near = [m for m in marks[:at] if m.part == marks[at - 1].part]
    return near if len(near) >= FEW else marks[:at]
