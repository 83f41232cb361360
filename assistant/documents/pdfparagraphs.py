"""Lines put together to paragraphs, list items and headings in waiting, page by page. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from assistant.documents.pdflayout import Block, Line, Segment, Table

BULLET = re.compile(r"([•‣▪●○◦*]|[–—-](?= )|o(?= [A-ZÆØÅa-zæøå]))\s*")
NUMBER = re.compile(r"(\(?(\d{1,2}|[a-zæøå]|[ivx]{1,4})[.)])\s+")
NUMBERED = re.compile(r"(\d+(?:\.\d+)*)\.?\s+[A-ZÆØÅ«]")
_SENTENCE_END = re.compile(r"[.:;?!][»”\"')]?$")
_LEADERS = re.compile(r"(?:\.\s?){4,}\s*\d{0,4}$|_{4,}$")
SECTION = re.compile(r"(?:§\s?\d|(?:kapittel|kap\.|del|vedlegg)\s+(?:\d|[ivx]+\b))", re.IGNORECASE)


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together, or one table."""

    page: int
    lines: list[Line] = field(default_factory=list)
    table: Table | None = None
    apart: bool = True
    """Whether white space, or an edge, stands above it."""
    turns: list[tuple[int, int]] = field(default_factory=list)
    """(line number, page) for each page after the first that it runs on to."""

    @property
    def size(self) -> float:
        """The size of its letters."""
        return self.lines[0].size if self.lines else 0.0

    @property
    def bold(self) -> bool:
        """Whether all of it is bold."""
        return bool(self.lines) and all(line.bold for line in self.lines)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is usual in a document: the size of its text and the distance between lines, per size."""

    body: float
    leading: float


def measure(read: Sequence[Sequence[Segment]]) -> Measure:
    """The size that most letters have, and the usual distance between two lines of it."""
    letters: Counter[float] = Counter()
    for own in read:
        for segment in own:
            letters[round(segment.size * 2) / 2] += len(segment.text)
    body = letters.most_common(1)[0][0] if letters else 10.0
    gaps: Counter[float] = Counter()
    for own in read:
        for above, below in pairwise([s for s in own if abs(s.size - body) < 0.6]):
            gap = (above.y - below.y) / body
            if 0.9 < gap < 2.2 and abs(above.x0 - below.x0) < 2:
                gaps[round(gap, 1)] += 1
    return Measure(body, gaps.most_common(1)[0][0] if gaps else 1.2)


def paragraphs(page: int, blocks: Sequence[Block], usual: Measure) -> list[Paragraph]:
    """The blocks of one page as paragraphs, in order."""
    found: list[Paragraph] = []
    for block in blocks:
        if isinstance(block, Table):
            found.append(Paragraph(page, table=block))
            continue
        if _LEADERS.search(block.text):
            continue  # a line of the table of contents, or one to write on
        last = found[-1] if found and found[-1].lines else None
        if last is not None and not _begins(last, block, usual):
            last.lines.append(block)
            continue
        above = last.lines[-1] if last else None
        apart = above is None or abs(above.size - block.size) > 0.6
        apart = apart or (above is not None and _gap(above, block) > usual.leading * 1.15)
        found.append(Paragraph(page, [block], apart=apart))
    return found


def _gap(above: Line, below: Line) -> float:
    """The distance between two lines in letters' heights; large when the second is in another column."""
    if below.y >= above.y or below.left > above.right or below.right < above.left:
        return 99.0
    return (above.y - below.y) / max(above.size, below.size)


def _begins(last: Paragraph, line: Line, usual: Measure) -> bool:
    """Whether `line` begins a new paragraph after `last`."""
    above, first = last.lines[-1], last.lines[0]
    if abs(above.size - line.size) > 0.6 or above.bold != line.bold:
        return not (
            above.bold != line.bold and abs(above.size - line.size) < 0.6 and _runs_on(above, line, usual)
        )
    if line.size > 1.1 * usual.body:  # headings: set apart by less, and a new number is a new one
        return _gap(above, line) > 1.4 or bool(NUMBERED.match(line.text) or SECTION.match(line.text))
    if _gap(above, line) > max(usual.leading * 1.3, usual.leading + 0.25):
        return True
    ended = bool(_SENTENCE_END.search(above.text))
    short = above.x1 < above.right - 0.12 * (above.right - above.left)
    if BULLET.match(line.text) or (SECTION.match(line.text) and (ended or short)):
        return True
    if NUMBER.match(line.text) and (ended or short or _is_item(first)):
        return True
    capital = not line.text[:1].islower()
    if _is_item(first) and first.body > first.x0 + 2 and line.x0 < first.body - 3:
        return True
    if ended and short and capital:
        return True
    if capital and above.x1 < above.right - 0.4 * (above.right - above.left):
        return True  # nobody breaks a line so early in the middle of a sentence
    indented = line.x0 > above.x0 + 0.8 * line.size
    return ended and indented and capital and not _is_item(first)


def _runs_on(above: Line, line: Line, usual: Measure) -> bool:
    """Whether a line goes on from one that was bold, or the other way: no space between, and mid-sentence."""
    return (
        _gap(above, line) <= usual.leading * 1.1
        and not _SENTENCE_END.search(above.text)
        and line.text[:1].islower()
    )


def _is_item(line: Line) -> bool:
    return bool(BULLET.match(line.text) or NUMBER.match(line.text))


def continues(before: Paragraph, after: Paragraph) -> bool:
    """Whether a paragraph goes on in the next column or on the next page."""
    if before.table or after.table or abs(before.size - after.size) > 0.6 or before.bold != after.bold:
        return False
    text, begins = before.lines[-1].text, after.lines[0].text
    if _is_item(after.lines[0]) or SECTION.match(begins) or _SENTENCE_END.search(text):
        return False
    return begins[:1].islower() or begins[:1].isdigit() or text[-1:] in "-,\u00ad" or _filled(before)


def _filled(paragraph: Paragraph) -> bool:
    """Whether the last line reaches the edge of its column, as only a line that goes on does."""
    line = paragraph.lines[-1]
    width = line.right - line.left
    long = median(len(each.text) for each in paragraph.lines) > 30
    return long and line.x1 > line.right - 0.12 * width
