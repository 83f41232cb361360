"""From the text that a model streams to sentences with their markers, each as soon as it is whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from assistant import language
from assistant.types import Block

LONGEST = 900
"""Characters after which what has no end is taken for one sentence (and will hardly pass)."""

_MARKS = re.compile(r"\[\s*(\d{1,3}(?:\s*,\s*\d{1,3})*)\s*\]")
_LATE = re.compile(r"([.!?])\s*((?:\[\s*\d{1,3}(?:\s*,\s*\d{1,3})*\s*\]\s*)+)")
_BULLET = re.compile(r"^\s*(?:[-*•+]|\d{1,2}[.)])\s+(?=\S)")
_ENDS = re.compile(r"[.!?:](?:[»\")])*$")


@dataclass(frozen=True, slots=True)
class Drafted:
    """A sentence as the model wrote it, with its markers taken out of the text."""

    text: str
    markers: tuple[int, ...]
    block: Block
    whole: bool = True
    """False when the text stopped in the middle of it."""


class Splitter:
    """Takes a stream of text in pieces and gives the sentences in it."""

    def __init__(self) -> None:
        self._left = ""
        self._item = False

    def feed(self, piece: str) -> Iterator[Drafted]:
        """The sentences that `piece` makes whole."""
        self._left += piece.replace("\r", "")
        while "\n" in self._left:
            line, _, self._left = self._left.partition("\n")
            yield from self._line(line)
            self._item = False
        yield from self._begun()

    def end(self, *, cut: bool) -> Iterator[Drafted]:
        """What is left when the stream ends; `cut` when it was broken off before the model was done."""
        line, self._left = self._left, ""
        for drafted in self._line(line):
            ended = bool(_ENDS.search(drafted.text))
            yield (
                drafted if ended or not cut else Drafted(drafted.text, drafted.markers, drafted.block, False)
            )

    def _line(self, line: str) -> Iterator[Drafted]:
        line = self._opened(line)
        block = Block.ITEM if self._item else Block.PARAGRAPH
        for text in language.sentences(early(line)):
            if drafted := _drafted(text, block):
                yield drafted

    def _begun(self) -> Iterator[Drafted]:
        """The sentences of the line being written, once the first word of the next one is there."""
        if len(self._left) < 3:
            return
        line = self._opened(self._left)
        block = Block.ITEM if self._item else Block.PARAGRAPH
        moved = early(line)
        spans = list(language.sentence_spans(moved))
        done = 0
        for (a, b), (start, _) in pairwise(spans):
            if not re.search(r"\s", moved[start:]) or moved[start] == "[":
                break
            if drafted := _drafted(moved[a:b], block):
                yield drafted
            done = start
        self._left = moved[done:] if done else line
        if len(self._left) > LONGEST:
            text, self._left = self._left, ""
            if drafted := _drafted(text, block):
                yield drafted

    def _opened(self, line: str) -> str:
        """`line` without the bullet it begins with."""
        match = _BULLET.match(line)
        if match and not self._item:
            self._item = True
            return line[match.end() :]
        return line


def early(text: str) -> str:
    """Markers behind the full stop moved in front of it."""
    return _LATE.sub(lambda m: f" {m[2].strip()}{m[1]} ", text)


def _drafted(text: str, block: Block) -> Drafted | None:
    markers = tuple(dict.fromkeys(int(n) for group in _MARKS.findall(text) for n in group.split(",")))
    bare = language.squeeze(_MARKS.sub("", language.clean(text)).replace("**", ""))
    bare = re.sub(r"\s+([.,;:!?])", r"\1", bare).strip(" -")
    return Drafted(bare, markers, block) if bare or markers else None
