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
    """The segments of each page without its furniture."""
    seen: dict[str, list[tuple[int, float]]] = defaultdict(list)
    edges = [_edges(page, own) for page, own in zip(pages, read, strict=True)]
    for number, rows in enumerate(edges):
        for key, y, _ in _keyed(rows, pages[number].number, body):
            seen[key].append((number, y))
    enough = 2 if len(pages) <= 5 else 3
    running = {key: median(y for _, y in places) for key, places in seen.items() if _repeated(places, enough)}
    shelves = _shelves(edges, pages, running, body)
    kept: list[list[Segment]] = []
    for number, (page, own) in enumerate(zip(pages, read, strict=True)):
        away: set[int] = set()
        for key, y, row in _keyed(edges[number], page.number, body):
            large = max(segment.size for segment in row) > 1.1 * body
            shelved = not large and any(abs(shelf - y) < 2 for shelf in shelves)
            if shelved or (key in running and abs(running[key] - y) < _SAME_PLACE):
                away.update(id(segment) for segment in row)
        away.update(_page_number(edges[number], away, named=len(pages) == 1))
        kept.append([segment for segment in own if id(segment) not in away])
    return kept


def _shelves(
    edges: Sequence[list[list[Segment]]], pages: Sequence[Page], running: dict[str, float], body: float
) -> list[float]:
    """Heights where half of the pages have furniture: what else stands there is furniture too."""
    heights: dict[int, set[int]] = defaultdict(set)
    for number, (page, rows) in enumerate(zip(pages, edges, strict=True)):
        for key, y, _ in _keyed(rows, page.number, body):
            if key in running and abs(running[key] - y) < _SAME_PLACE:
                heights[round(y)].add(number)
    return [float(y) for y, found in heights.items() if len(found) >= max(3, len(pages) / 2)]


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


def _keyed(rows: Sequence[list[Segment]], page: int, body: float) -> list[tuple[str, float, list[Segment]]]:
    """Each line with what it says, and with each of its numbers counted from the page's own."""
    found = []
    for row in rows:
        text = " ".join(segment.text for segment in row)
        found.append((text, row[0].y, row))
        if max(segment.size for segment in row) > 1.1 * body:
            continue
        for match in list(re.finditer(r"(?<!\d)\d{1,4}(?!\d)", text))[:4]:
            counted = f"{text[: match.start()]}#{int(match.group()) - page}{text[match.end() :]}"
            found.append((counted, row[0].y, row))
    return found


def _page_number(rows: Sequence[list[Segment]], away: set[int], *, named: bool) -> set[int]:
    """The segments of a line at the edge that is nothing but a page number; `named` asks for the word too."""
    for row in rows:
        left = [segment for segment in row if id(segment) not in away]
        text = " ".join(segment.text for segment in left)
        if left and _NUMBER.fullmatch(text) and (not named or text[:4].lower() in ("side", "page")):
            return {id(segment) for segment in left}
    return set()
