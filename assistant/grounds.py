"""The passages that a sentence is held against, line by line, as text and read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant import particulars
from assistant.particulars import Reading
from assistant.types import Rank

_READER = re.compile(r"\b(?:du|dere|deg)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, item or row of a cited passage, with what a reader must know to understand it."""

    text: str
    lead: str = ""
    """The sentence that introduces its list."""
    quote: str = ""
    """The verbatim span of the passage that it is read from."""
    current: bool = True
    """Whether what it says applied on the day of the question."""


@dataclass(frozen=True)
class Ground:
    """A passage that the model was shown, under the number it was shown with."""

    n: int
    title: str
    heading: str
    rank: Rank
    lines: tuple[Line, ...]

    @cached_property
    def about(self) -> Reading:
        """What the names of the source and the section say."""
        return particulars.read(f"{self.title} ; {self.heading}")


@dataclass(frozen=True)
class ReadLine:
    """A line, read."""

    place: tuple[int, int]
    line: Line
    own: Reading
    lead: Reading
    about: frozenset[str]

    @property
    def readings(self) -> tuple[Reading, Reading]:
        """The line, and what introduces it."""
        return self.own, self.lead

    @cached_property
    def facts(self) -> frozenset[str]:
        """Every number, date, § and reference of the line and its lead, dates in part too."""
        keys = (m.key for r in self.readings for m in r.marks if m.fact)
        return frozenset(k for key in keys for k in particulars.closure(key))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word and fact of the line and its lead."""
        return self.own.keys | self.lead.keys

    @cached_property
    def together(self) -> Reading:
        """The line after what introduces it, as one sentence."""
        return Reading(self.lead.marks + self.own.marks, self.own.tail)

    @property
    def addresses(self) -> bool:
        """Whether it speaks to the reader, who is the contracting authority."""
        return bool(_READER.search(f"{self.line.lead} {self.line.text}"))

    @property
    def heads(self) -> bool:
        """Whether what introduces it is the head of a table, whose words stand in no row."""
        return " · " in self.line.lead

    def holds(self, key: str) -> bool:
        """Whether the word or fact stands in the line, or in what introduces it."""
        return key in (self.facts if key[0] in "#@§/" else self.words)


def bounded(said: Reading) -> list[str]:
    """The words and facts of a reading in their order, between marks for its beginning and its end."""
    return ["^", *(mark.key for mark in said.marks), "$"]


def every_line(cited: Sequence[Ground]) -> list[ReadLine]:
    """All lines of some passages, read."""
    return [read_line(ground, at) for ground in cited for at in range(len(ground.lines))]


def read_line(ground: Ground, index: int) -> ReadLine:
    """Line number `index` of a passage, read."""
    line = ground.lines[index]
    return ReadLine(
        (ground.n, index), line, particulars.read(line.text), particulars.read(line.lead), ground.about.keys
    )
