"""From a document to what is indexed: passages, and the units (sentences, items, rows) in them.

A section is one passage unless it is too long; then it is cut between blocks, never inside a
sentence, a list item or a table row. Every unit is a verbatim span of its passage's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from assistant import language, periods
from assistant.types import Block, Document, Passage, Period, Section, Unit

MAX_CHARS = 2400
"""A section up to this length stays whole: the longest of the shipped corpus does."""

_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)]|[a-z]\))\s+")
_BOX = re.compile(r"^\[[ xX]\]\s+")
_RULE_ROW = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str


def _lines(text: str) -> Iterator[_Line]:
    offset = 0
    for line in text.splitlines(keepends=True):
        yield _Line(offset, offset + len(line.rstrip("\r\n")), line.rstrip("\r\n"))
        offset += len(line)


def _kind(line: str) -> Block | None:
    if not line.strip():
        return None
    if line.lstrip().startswith("|"):
        return Block.ROW
    if line.lstrip().startswith(">"):
        return Block.QUOTE
    return Block.ITEM if _ITEM.match(line) else Block.PARAGRAPH


def _blocks(text: str) -> Iterator[tuple[Block, int, int]]:
    """The blocks of Markdown text as (kind, start, end); lines of one paragraph are joined."""
    open_block: tuple[Block, int, int] | None = None
    for line in _lines(text):
        kind = _kind(line.text)
        continues = open_block is not None and (
            (kind is Block.PARAGRAPH and open_block[0] in (Block.PARAGRAPH, Block.ITEM))
            or (kind is Block.QUOTE and open_block[0] is Block.QUOTE)
        )
        if open_block and continues:
            open_block = (open_block[0], open_block[1], line.end)
            continue
        if open_block:
            yield open_block
        indent = len(line.text) - len(line.text.lstrip())
        open_block = (kind, line.start + indent, line.end) if kind else None
    if open_block:
        yield open_block


def split(document: Document) -> list[Passage]:
    """The passages of a document, in reading order, with ids that do not depend on other sections."""
    return [passage for section in document.sections for passage in _split_section(document, section)]


def _split_section(document: Document, section: Section) -> list[Passage]:
    return [
        Passage(
            id=f"{section.id}/{number}",
            section_id=section.id,
            source=document.source,
            headings=section.headings,
            text=piece,
            rank=section.rank,
            references=section.references,
            valid_from=section.valid_from,
            valid_to=section.valid_to,
            page=page,
        )
        for number, (page, piece) in enumerate(_paged(section))
    ]


def _paged(section: Section) -> Iterator[tuple[int | None, str]]:
    """The pieces of a section with their page: what stands on two pages is two pieces."""
    starts = [(0, section.page), *section.breaks]
    for (start, page), end in zip(starts, [*(b[0] for b in section.breaks), len(section.text)], strict=True):
        for piece in _pieces(section.text[start:end].rstrip()):
            yield page, piece


def _pieces(text: str) -> list[str]:
    if len(text) <= MAX_CHARS:
        return [text] if text.strip() else []
    cuts = [0]
    previous: Block | None = None
    for kind, start, end in _blocks(text):
        inside = previous == kind and kind in (Block.ROW, Block.ITEM)
        if kind is Block.PARAGRAPH and end - start > MAX_CHARS:
            cuts += _inside(text, start, end, cuts[-1])
        elif (
            end - cuts[-1] > MAX_CHARS
            and start > cuts[-1]
            and not (inside and end - cuts[-1] < 2 * MAX_CHARS)
        ):
            cuts.append(start)
        previous = kind
    return [text[a:b].rstrip() for a, b in pairwise([*cuts, len(text)]) if text[a:b].strip()]


def _inside(text: str, start: int, end: int, last: int) -> Iterator[int]:
    """Where a paragraph that is too long by itself is cut: between sentences."""
    for a, b in language.sentence_spans(text[start:end]):
        if start + b - last > MAX_CHARS and start + a > last:
            last = start + a
            yield last


def units(passage: Passage) -> list[Unit]:
    """The sentences, list items and table rows of a passage, in reading order."""
    found: list[Unit] = []
    last_sentence: int | None = None
    header: int | None = None
    table_open, above = False, 0
    for kind, start, end in _blocks(passage.text):
        table_open = table_open and kind is Block.ROW and "\n\n" not in passage.text[above:start]
        above = end
        if kind is Block.ROW:
            if _RULE_ROW.match(passage.text[start:end]):
                continue
            if not table_open:
                table_open, header = True, len(found)
                found.append(_unit(passage, len(found), start, end, kind, last_sentence))
                continue
            found.append(_unit(passage, len(found), start, end, kind, header))
        elif kind is Block.PARAGRAPH:
            for a, b in language.sentence_spans(passage.text[start:end]):
                last_sentence = len(found)
                found.append(_unit(passage, len(found), start + a, start + b, kind, None))
        else:
            found.append(_unit(passage, len(found), start, end, kind, last_sentence))
    return _dated(found)


_SINCE = frozenset(
    (
        "fastsatt",
        "fra",
        "fra og med",
        "gjelder fra",
        "i kraft",
        "i kraft fra",
        "trådte i kraft",
        "virkning fra",
    )
)
"""Heads of a first column whose dates tell from when a row applies, until the next row does."""


def _dated(found: list[Unit]) -> list[Unit]:
    """The units with the periods that tables give their rows: a span of days, or a first day."""
    begun: dict[int, list[tuple[date, int]]] = {}
    for unit in found:
        if unit.block is not Block.ROW or is_header(unit, found) or unit.lead is None:
            continue
        first = language.plain(cells(unit.text)[0])
        if whole := periods.span(first):
            found[unit.index] = replace(unit, period=whole)
        elif language.plain(cells(found[unit.lead].text)[0]).casefold() in _SINCE:
            day = periods.parse(first)
            if day and day.start:
                begun.setdefault(unit.lead, []).append((day.start, unit.index))
    for rows in begun.values():
        rows.sort()
        ends = [start - timedelta(days=1) for start, _ in rows[1:]]
        for (start, at), end in zip(rows, [*ends, None], strict=True):
            found[at] = replace(found[at], period=Period(start, end))
    return found


def _unit(passage: Passage, index: int, start: int, end: int, block: Block, lead: int | None) -> Unit:
    text = passage.text[start:end]
    return Unit(passage.id, index, start, end, text, block, lead, periods.stated(language.plain(text)))


def is_header(unit: Unit, found: Sequence[Unit]) -> bool:
    """Whether a row is the header of a table: rows point at it, it points at no row."""
    return unit.block is Block.ROW and (unit.lead is None or found[unit.lead].block is not Block.ROW)


def cells(row: str) -> list[str]:
    """The cells of a Markdown table row, without the bars and the spaces around them."""
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def item_text(item: str) -> str:
    """A list item without its bullet or number, and without the box of a checklist."""
    return _BOX.sub("", _ITEM.sub("", item, count=1))


def _terse(cell: str) -> bool:
    """Whether a cell says nothing without the name of its column: a bare number, «Ja», a date."""
    return len(cell.split()) <= 3 and not re.search(r"\bkr\b|kroner|prosent|%|mill", cell)


def opens(unit: Unit, found: Sequence[Unit]) -> bool:
    """Whether a sentence opens a list or table and is not whole without it: it has no full stop."""
    if unit.block is not Block.PARAGRAPH or unit.text.rstrip().rstrip("*_»)").endswith((".", "?", "!")):
        return False
    return any(other.lead == unit.index for other in found)


def reading_text(unit: Unit, found: Sequence[Unit]) -> str:
    """What a unit says when it stands alone: a row with the names of its columns, an item without bullet."""
    if unit.block is Block.ROW:
        if is_header(unit, found) or unit.lead is None:
            return " · ".join(language.plain(cell) for cell in cells(unit.text))
        names = cells(found[unit.lead].text)
        values = cells(unit.text)
        named = zip(names[1:], values[1:], strict=False)
        labelled = len(values) > 2
        rest = [f"{name}: {value}" if labelled or _terse(value) else value for name, value in named if value]
        return language.squeeze(language.plain(f"{values[0]}: {'; '.join(rest)}"))
    if unit.block is Block.ITEM:
        return language.squeeze(language.plain(item_text(unit.text)))
    if unit.block is Block.QUOTE:
        return language.squeeze(re.sub(r"^\s*>\s?", "", language.plain(unit.text), flags=re.MULTILINE))
    return language.squeeze(language.plain(unit.text))
