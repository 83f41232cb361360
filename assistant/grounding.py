"""Whether the cited passages carry a sentence that a language model has worded.

The stricter sibling of `citations.verify`, which checks verbatim sentences. Pure: same input, same
verdict. A sentence passes when few lines of the passages it cites hold every number, amount, date, §,
law and name in it, nearly all of its other words, and the same turning words (not, except, must,
should, may, only) between the same words. What it cannot promise: that the lines were understood, that
nothing of importance was left out, or that the source is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from assistant import language, particulars
from assistant.comparing import TESTS
from assistant.grounds import Ground, Line, ReadLine, bounded, read_line
from assistant.particulars import LAW, Reading, Turn

LINES = 3
"""Lines that may carry one sentence together."""
SHORT = 3
"""Words and facts from which a sentence is held against a line; a shorter one must stand there as it is."""
_LINK = re.compile(r"\w+://|www\.|\w@\w|\]\s?[(:\[]|!\[|\b(?:javascript|data|mailto)\s?:", re.IGNORECASE)
_SITE = re.compile(r"\b[\w-]+\.(?:no|com|org|net|example|eu|dk|se|io|ai|info|dev|app)\b", re.IGNORECASE)
_CODE = re.compile(r"[<>{}`|\\]|\[\[|\*\*\*|^#")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence is carried, and by what."""

    reason: str = ""
    """Why it is not: one word for the trace; empty when it is carried."""
    support: tuple[tuple[int, int], ...] = ()
    """(number of the passage, index of the line) of each line that carries it, the strongest first."""
    binding: bool = False
    """Whether it says that something must be done."""

    @property
    def passed(self) -> bool:
        """Whether the sentence may be shown."""
        return not self.reason


def check(text: str, cited: Sequence[Ground]) -> Verdict:
    """Whether the passages `cited` carry the sentence `text` (plain, without markers)."""
    if not cited:
        return Verdict("marker")
    shown = " ".join(line.text for ground in cited for line in ground.lines).lower()
    if _LINK.search(text) or any(site.lower() not in shown for site in _SITE.findall(text)):
        return Verdict("link")
    if _CODE.search(text):
        return Verdict("markup")
    said = particulars.read(text)
    if not said.marks:
        return Verdict("empty")
    every = [line for ground in cited for line in ground.lines]
    introduces = text.rstrip().endswith(":")  # and says nothing itself
    if len(said.marks) < SHORT and (introduces or not any(_stands_in(text, line) for line in every)):
        return Verdict("short")
    lines = list(_support(said, [read_line(g, i) for g in cited for i in range(len(g.lines))]))
    if not lines:
        return Verdict("words")
    reason = next(filter(None, (test(said, lines, cited) for test in TESTS)), "")
    support = tuple(line.place for line in lines)
    return Verdict(reason, support, Turn.MUST in said.turns)


def _stands_in(text: str, line: Line) -> bool:
    """Whether a line says this and no more: one word of a sentence tells nothing."""
    return language.words(text) == language.words(line.text)


def _support(said: Reading, lines: Sequence[ReadLine]) -> Iterator[ReadLine]:
    """The few lines that hold most of the sentence.

    Each must add an ordinary word to those before it: a line that brings a number or a name alone is
    another line about the same thing, and its number is not this sentence's.
    """
    left = {key: _weight(key) for key in said.keys}
    plain = {m.key for m in said.marks if not (m.fact or m.name or LAW.match(m.surface.lower()))}
    pairs = set(pairwise(bounded(said)))
    rest = list(lines)
    for turn in range(LINES):
        if not rest or not left:
            return

        gains = [_gain(line, left, pairs) for line in rest]
        best = rest[gains.index(max(gains))]
        new = [key for key in left if best.holds(key)]
        if not new or (turn > 0 and not (len(new) > 1 and any(key in plain for key in new))):
            return
        yield best
        rest.remove(best)
        left = {key: weight for key, weight in left.items() if not best.holds(key)}


def _weight(key: str) -> float:
    """What a fact or word counts for; a paragraph's own number tells less of which line it is than a word."""
    if key.startswith("§("):
        return 0.5
    return 3.0 if key[0] in "#@§/" else 1.0


def _gain(line: ReadLine, left: Mapping[str, float], pairs: Set[tuple[str, str]]) -> float:
    """What a line adds: the words and facts that are left, and how many stand side by side as there."""
    new = sum(weight for key, weight in left.items() if line.holds(key))
    return new + len(pairs & set(pairwise(bounded(line.own)))) / (len(pairs) + 1) if new else 0.0
