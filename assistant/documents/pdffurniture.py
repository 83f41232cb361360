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
    kept: list[list[Segment]] = []
    for number, (page, own) in enumerate(zip(pages, read, strict=True)):
        away: set[int] = set()
        for key, y, row in _keyed(edges[number], page.number, body):
            if key in running and abs(running[key] - y) < _SAME_PLACE:
                away.update(id(segment) for segment in row)
        away.update(_page_number(edges[number], away, named=len(pages) == 1))
        kept.append([segment for segment in own if id(segment) not in away])
    return kept


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
    """Each line with what it says when its numbers are counted from the page's own."""
    found = []
    for row in rows:
        text = " ".join(segment.text for segment in row)
        counted = re.sub(
            r"\d+", lambda m: f"#{int(m.group()) - page}" if len(m.group()) < 5 else m.group(), text
        )
        large = max(segment.size for segment in row) > 1.1 * body
        found.append((text if large else counted, row[0].y, row))
        if not large and text != counted:
            found.append((text, row[0].y, row))
    return found


def _page_number(rows: Sequence[list[Segment]], away: set[int], *, named: bool) -> set[int]:
    """The segments of a line at the edge that is nothing but a page number; `named` asks for the word too."""
    for row in rows:
        left = [segment for segment in row if id(segment) not in away]
        text = " ".join(segment.text for segment in left)
        if left and _NUMBER.fullmatch(text) and (not named or text[:4].lower() in ("side", "page")):
            return {id(segment) for segment in left}
    return set()
