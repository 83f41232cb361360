"""What stands on every page and belongs to none: running headers, footers and page numbers. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from statistics import median

from assistant.documents.pdflayout import Page, Segment

EDGE = 0.16
"""The part of the page's height, at the top and the bottom, where furniture is looked for."""
DEPTH = 3
"""Lines from each edge that may be furniture."""
_NUMBER = re.compile(
    r"[-–\[(]?\s*(?:side|s\.|page|ark)?\s*(?:\d{1,4}|[ivxl]{1,6})\s*(?:(?:av|of|/|\|)\s*\d{1,4})?\s*[-–\])]?",
    re.IGNORECASE,
)
_SAME_PLACE = 8.0


def remove(pages: Sequence[Page], read: Sequence[list[Segment]], body: float) -> list[list[Segment]]:
    """The segments of each page without its furniture.

    A line is furniture when most of what stands at its height, over the pages, says the same again: a word
    that happens to begin many pages stands where other pages have their text.
    """
    edges = [_edges(page, own) for page, own in zip(pages, read, strict=True)]
    said = [
        [(row, _keys(row, page.number, body)) for row in rows]
        for page, rows in zip(pages, edges, strict=True)
    ]
    running = _running(said, len(pages))
    heights: dict[int, list[bool]] = defaultdict(list)
    for rows in said:
        for row, keys in rows:
            heights[round(row[0].y)].append(_runs(row, keys, running))
    kept: list[list[Segment]] = []
    for own, rows in zip(read, said, strict=True):
        away: set[int] = set()
        for row, keys in rows:
            near = [each for step in range(-2, 3) for each in heights[round(row[0].y) + step]]
            small = max(segment.size for segment in row) <= 1.1 * body
            if sum(near) * 2 >= len(near) and (small or _runs(row, keys, running)):
                away.update(id(segment) for segment in row)
        away.update(_page_number([row for row, _ in rows], away, named=len(pages) == 1))
        kept.append([segment for segment in own if id(segment) not in away])
    return kept


Said = tuple[list[Segment], list[str]]


def _running(said: Sequence[Sequence[Said]], pages: int) -> dict[str, float]:
    """What is said again and again at one height, and the height."""
    seen: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, rows in enumerate(said):
        for row, keys in rows:
            for key in keys:
                seen[key].append((number, row[0].y))
    enough = 2 if pages <= 5 else 3
    return {key: median(y for _, y in places) for key, places in seen.items() if _repeated(places, enough)}


def _runs(row: Sequence[Segment], keys: Sequence[str], running: dict[str, float]) -> bool:
    return any(key in running and abs(running[key] - row[0].y) < _SAME_PLACE for key in keys)


def _repeated(places: Sequence[tuple[int, float]], enough: int) -> bool:
    middle = median(y for _, y in places)
    return len({number for number, y in places if abs(y - middle) < _SAME_PLACE}) >= enough


def _edges(page: Page, own: Sequence[Segment]) -> list[list[Segment]]:
    """The lines nearest to the upper and lower edge of a page, the outermost first on each side."""
    rows = [
        list(group) for _, group in groupby(sorted(own, key=lambda s: -s.y), key=lambda s: round(s.y / 2))
    ]
    top = [row for row in rows[:DEPTH] if row[0].y > page.height * (1 - EDGE)]
    low = [row for row in reversed(rows[-DEPTH:]) if row[0].y < page.height * EDGE]
    return [*top, *low]


def _keys(row: Sequence[Segment], page: int, body: float) -> list[str]:
    """What a line says, and what it says with each of its numbers counted from the page's own."""
    text = " ".join(segment.text for segment in row)
    if text[:1].islower() and text[-1] in ".;:?!" and row[0].size > 0.95 * body:
        return []  # the end of a sentence that began on the page before
    if max(segment.size for segment in row) > 1.1 * body:
        return [text]
    numbers = list(re.finditer(r"(?<!\d)\d{1,4}(?!\d)", text))[:4]
    return [text, *(f"{text[: m.start()]}#{int(m.group()) - page}{text[m.end() :]}" for m in numbers)]


def _page_number(rows: Sequence[list[Segment]], away: set[int], *, named: bool) -> set[int]:
    """The segments of a line at the edge that is nothing but a page number; `named` asks for the word too."""
    for row in rows:
        left = [segment for segment in row if id(segment) not in away]
        text = " ".join(segment.text for segment in left)
        if left and _NUMBER.fullmatch(text) and (not named or text[:4].lower() in ("side", "page")):
            return {id(segment) for segment in left}
    return set()
