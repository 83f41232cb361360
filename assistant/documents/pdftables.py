"""Simple tables on a PDF page: between ruled lines, or from cells that stand below each other. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from assistant.documents.pdflayout import PROSE, Segment, Table, is_label
from assistant.documents.pdfruns import Rule
from assistant.documents.pdfwords import join

MAX_BAND = 260.0
"""Height of the tallest row that is believed."""


def find(own: Sequence[Segment], rules: Sequence[Rule]) -> tuple[list[Table], list[Segment]]:
    """The tables of a page, and the segments that stand outside them."""
    tables: list[Table] = []
    rest = list(own)
    for levels, uprights in _grids(rules):
        table, used = _ruled(rest, levels, uprights)
        if table:
            tables.append(table)
            rest = [segment for segment in rest if id(segment) not in used]
    aligned, rest = _aligned(rest)
    return [*tables, *aligned], rest


def _grids(rules: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Horizontal lines that belong together, from the top down, with the upright ones between them."""
    flat = _merged([r for r in rules if r.horizontal])
    upright = [r for r in rules if not r.horizontal]
    groups: list[list[Rule]] = []
    for rule in sorted(flat, key=lambda r: -r.at):
        for group in groups:
            last = group[-1]
            same = abs(last.start - rule.start) < 4 and abs(last.end - rule.end) < 4
            if same and last.at - rule.at < MAX_BAND:
                group.append(rule)
                break
        else:
            groups.append([rule])
    found = []
    for group in groups:
        if len(group) < 3:
            continue
        first, last = group[0], group[-1]
        inside = [
            u for u in upright
            if first.start - 3 <= u.at <= first.end + 3 and u.start < first.at and u.end > last.at
        ]  # fmt: skip
        found.append((group, inside))
    return found


def _merged(rules: Sequence[Rule]) -> list[Rule]:
    """Lines on one height that touch, as one: cells are often drawn one by one."""
    found: list[Rule] = []
    for rule in sorted(rules, key=lambda r: (round(-r.at / 2), r.start)):
        last = found[-1] if found else None
        if last and abs(last.at - rule.at) < 2.5 and rule.start <= last.end + 4:
            found[-1] = Rule(True, last.at, last.start, max(last.end, rule.end))
        else:
            found.append(rule)
    return found


def _ruled(
    own: Sequence[Segment], levels: Sequence[Rule], uprights: Sequence[Rule]
) -> tuple[Table | None, set[int]]:
    left, right = levels[0].start - 3, levels[0].end + 3
    bands: list[list[Segment]] = []
    for above, below in pairwise(levels):
        band = [s for s in own if below.at < s.y < above.at and s.x0 >= left and s.x1 <= right]
        if band:
            bands.append(band)
    inside = [s for band in bands for s in band]
    edges = _edges_of(uprights) or _open_edges(inside)
    if len(bands) < 2 or len(edges) < 1:
        return None, set()
    prose = not uprights and median(len({round(s.y) for s in band}) for band in bands) > 6
    if prose:
        return None, set()
    rows = tuple(_cells(band, edges) for band in bands)
    if max(sum(1 for cell in row if cell) for row in rows) < 2:
        return None, set()
    table = Table(rows, levels[0].start, levels[0].end, levels[0].at, levels[-1].at)
    return table, {id(s) for s in inside}


def _edges_of(uprights: Sequence[Rule]) -> list[float]:
    """Where one column ends and the next begins, from upright lines; the outer two are left out."""
    found: list[float] = []
    for at in sorted(u.at for u in uprights):
        if not found or at - found[-1] > 4:
            found.append(at)
    return found[1:-1]


def _open_edges(inside: Sequence[Segment]) -> list[float]:
    """Where columns part when no line is drawn: the white space that no segment crosses."""
    spans: list[list[float]] = []
    for segment in sorted(inside, key=lambda s: s.x0):
        if spans and segment.x0 <= spans[-1][1] + 3:
            spans[-1][1] = max(spans[-1][1], segment.x1)
        else:
            spans.append([segment.x0, segment.x1])
    return [(a[1] + b[0]) / 2 for a, b in pairwise(spans)]


def _cells(band: Sequence[Segment], edges: Sequence[float]) -> tuple[str, ...]:
    columns: list[list[Segment]] = [[] for _ in range(len(edges) + 1)]
    for segment in sorted(band, key=lambda s: (-round(s.y), s.x0)):
        # The middle of a segment may lie beyond a column it overflows; its beginning does not.
        columns[sum(segment.x0 + 1 > edge for edge in edges)].append(segment)
    return tuple(join([s.text for s in column]) for column in columns)


def _aligned(own: Sequence[Segment]) -> tuple[list[Table], list[Segment]]:
    """Tables without lines: three or more heights in a row with cells below each other."""
    heights: list[list[Segment]] = []
    for segment in sorted(own, key=lambda s: (-s.y, s.x0)):
        if heights and abs(heights[-1][0].y - segment.y) < 0.4 * segment.size:
            heights[-1].append(segment)
        else:
            heights.append([segment])
    tables: list[Table] = []
    used: set[int] = set()
    at = 0
    while at < len(heights):
        end = _reach(heights, at)
        table = _table(heights[at:end]) if end - at >= 3 else None
        if table is None:
            at += 1
            continue
        tables.append(table)
        used |= {id(s) for row in heights[at:end] for s in row}
        at = end
    return tables, [s for s in own if id(s) not in used]


def _reach(heights: Sequence[list[Segment]], at: int) -> int:
    """The end of the run of lines from `at` that could be the rows of one table."""
    first = heights[at]
    if len(first) < 2 or is_label(first[0].text):
        return at
    end, full = at + 1, 1
    starts = [s.x0 for s in first]
    ends = [s.x1 for s in first]
    while end < len(heights):
        row, above = heights[end], heights[end - 1]
        if above[0].y - row[0].y > 3.2 * row[0].size:
            break
        fits = [any(abs(s.x0 - a) < 4 for a in starts) or any(abs(s.x1 - b) < 4 for b in ends) for s in row]
        more = len(row) >= 2 and fits[0] and sum(fits) >= 2
        continued = len(row) < len(first) and all(fits) and row[0].x0 > starts[0] + 4
        if not more and not continued:
            break
        full += more
        end += 1
    return end if full >= 3 else at


def _table(rows: Sequence[list[Segment]]) -> Table | None:
    flat = [s for row in rows for s in row]
    edges = _open_edges(flat)
    if not edges:
        return None
    lengths: list[list[int]] = [[] for _ in range(len(edges) + 1)]
    for segment in flat:
        lengths[sum(segment.x0 > edge for edge in edges)].append(len(segment.text))
    long = sum(median(column) > PROSE for column in lengths if column)
    if long > 1:
        return None
    made: list[list[Segment]] = []
    for row in rows:
        if made and row[0].x0 > edges[0]:
            made[-1] += row
        else:
            made.append(list(row))
    if len(made) < 3:
        return None
    cells = tuple(_cells(row, edges) for row in made)
    return Table(cells, min(s.x0 for s in flat), max(s.x1 for s in flat), rows[0][0].y, rows[-1][0].y)
