"""The reading order of a PDF page: runs become segments, and segments lines, in columns. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from assistant.documents.pdfruns import Marks, Rule, Run

_WIDE = 0.7
"""A gap wider than this many letters' height parts two segments."""
_SPACE = 0.15
_LABEL = re.compile(r"(?:[•‣▪●○◦–—\-*o]|\(?\d{1,3}[.)]|\(?[a-zæøå][.)]|§+ ?[\d-]+[a-z]?\.?|\d+(?:\.\d+)+\.?)")
_SYMBOLS = str.maketrans(
    {"\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "•", "\uf02d": "–", "\x7f": "•", "\u2212": "–", "\u00a0": " "}
)
_LIGATURES = str.maketrans({"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
MIN_GUTTER = 8.0
PROSE = 22
"""Letters of a typical line in a column of prose; shorter ones are the cells of a table or labels."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was drawn."""

    number: int
    width: float
    height: float
    marks: Marks
    failed: str = ""
    """Why the page could not be read, e.g. «er skadet»; empty when it could."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One bookmark of the file."""

    title: str
    page: int
    level: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Text on one line without a wide gap in it."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text with the edges of the column it stands in."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    left: float
    right: float
    body: float
    """Where the text after a bullet or number begins; `x0` when there is none."""


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a table, row by row; the first row names the columns."""

    rows: tuple[tuple[str, ...], ...]
    x0: float
    x1: float
    y: float
    bottom: float


Block = Line | Table
Item = Segment | Table


def segments(runs: Iterable[Run], rules: Sequence[Rule] = ()) -> list[Segment]:
    """The runs of a page joined into segments, from the top down and from left to right.

    An upright line among `rules` parts what stands on either side of it.
    """
    upright = [rule for rule in rules if not rule.horizontal]
    groups: list[list[Run]] = []
    for run in sorted(runs, key=lambda r: (-r.y, r.x0)):
        near = groups[-1] if groups else None
        if near and abs(near[0].y - run.y) < 0.45 * max(near[0].size, run.size):
            near.append(run)
        else:
            groups.append([run])
    found = [segment for group in groups for segment in _split(sorted(group, key=lambda r: r.x0), upright)]
    return sorted(found, key=lambda s: (-s.y, s.x0))


def _split(group: list[Run], upright: Sequence[Rule]) -> Iterable[Segment]:
    """One group of runs on a line, parted at the wide gaps."""
    size = max(run.size for run in group)
    base = next(run.y for run in group if run.size == size)
    part: list[Run] = []
    text = ""
    for run in group:
        if part and run.text == part[-1].text and abs(run.x0 - part[-1].x0) < 0.12 * run.size:
            continue  # bold made by printing twice
        if _is_note_mark(run, size, base) and part and not re.search(r"(?:^|\W)[kcdm]?m$", text):
            continue
        gap = run.x0 - part[-1].x1 if part else 0.0
        if part and (gap > _WIDE * size or gap < -0.5 * size or _parted(part[-1], run, upright)):
            yield _segment(part, text)
            part, text = [], ""
        elif part and gap > _SPACE * min(run.size, part[-1].size):
            text += " "
        part.append(run)
        text += run.text
    if part:
        yield _segment(part, text)


def _parted(before: Run, after: Run, upright: Sequence[Rule]) -> bool:
    """Whether an upright line stands between two runs."""
    return any(
        before.x1 - 1 < rule.at < after.x0 + 1 and rule.start - 1 < after.y < rule.end + 1 for rule in upright
    )


def _is_note_mark(run: Run, size: float, base: float) -> bool:
    """Whether a run is the raised number of a footnote."""
    return run.size < 0.8 * size and run.y - base > 0.15 * size and run.text.isdigit()


def _segment(part: list[Run], text: str) -> Segment:
    letters: Counter[tuple[float, float]] = Counter()
    for run in part:
        letters[(run.y, run.size)] += len(run.text)
    (y, size), _ = letters.most_common(1)[0]
    clean = " ".join(text.translate(_SYMBOLS).translate(_LIGATURES).split())
    bold = all(run.bold for run in part)
    return Segment(clean, part[0].x0, max(r.x1 for r in part), y, size, bold)


def order(items: Sequence[Item], edges: tuple[float, float] | None = None) -> list[Block]:
    """The items of a page as lines and tables in reading order, column by column.

    `edges` are those of the column the items stand in; without them, of the page's text.
    """
    left_edge, right_edge = edges or (
        min((i.x0 for i in items), default=0.0),
        max((i.x1 for i in items), default=0.0),
    )
    gutter = _gutter(items)
    if gutter is None:
        return _lines(items, left_edge, right_edge)
    inner_left = max(i.x1 for i in items if i.x1 <= gutter)
    inner_right = min(i.x0 for i in items if i.x0 >= gutter)
    found: list[Block] = []
    left: list[Item] = []
    right: list[Item] = []

    def close() -> None:
        found.extend(order(left, (left_edge, inner_left)))
        found.extend(order(right, (inner_right, right_edge)))
        left.clear()
        right.clear()

    for item in sorted(items, key=lambda i: -i.y):
        if item.x1 <= gutter:
            left.append(item)
        elif item.x0 >= gutter:
            right.append(item)
        else:
            close()
            found.extend(_lines([item], left_edge, right_edge))
    close()
    return found


def _gutter(items: Sequence[Item]) -> float | None:
    """Where the white space between two columns of prose lies; None on a page without columns."""
    prose = [item for item in items if isinstance(item, Segment)]
    if len(prose) < 6:
        return None
    edges = sorted({round(item.x1) for item in prose})
    best: tuple[int, float, float] | None = None
    for edge in edges:
        after = [s.x0 for s in prose if s.x0 > edge]
        if not after:
            break
        gap = min(after) - edge
        place = edge + gap / 2
        lefts = [s for s in prose if s.x1 <= place]
        rights = [s for s in prose if s.x0 >= place]
        crossing = len(prose) - len(lefts) - len(rights)
        if gap < MIN_GUTTER or not _are_columns(lefts, rights, crossing):
            continue
        candidate = (crossing, -gap, place)
        best = min(best, candidate) if best else candidate
    return best[2] if best else None


def _are_columns(lefts: Sequence[Segment], rights: Sequence[Segment], crossing: int) -> bool:
    """Whether both sides hold prose where they stand beside each other."""
    if min(len(lefts), len(rights)) < 3 or crossing > (len(lefts) + len(rights)) * 0.6:
        return False
    near = 1.5 * median(s.size for s in lefts)
    top = min(max(s.y for s in lefts), max(s.y for s in rights)) + near
    low = max(min(s.y for s in lefts), min(s.y for s in rights)) - near
    for side in (lefts, rights):
        lengths = [len(s.text) for s in side if low <= s.y <= top]
        if len(lengths) < 3 or (
            median(lengths) < PROSE and (sum(lengths) < 300 or max(lengths) < 1.5 * PROSE)
        ):
            return False
    return True


def _lines(items: Sequence[Item], left: float, right: float) -> list[Block]:
    """Items without columns between them: those on one height make one line."""
    found: list[Block] = []
    row: list[Segment] = []

    def close() -> None:
        if row:
            found.append(_line(sorted(row, key=lambda s: s.x0), left, right))
            row.clear()

    for item in sorted(items, key=lambda i: (-i.y, i.x0)):
        if isinstance(item, Table):
            close()
            found.append(item)
            continue
        if row and abs(row[0].y - item.y) > 0.4 * max(row[0].size, item.size):
            close()
        row.append(item)
    close()
    return found


def _line(row: Sequence[Segment], left: float, right: float) -> Line:
    main = max(row, key=lambda s: len(s.text))
    label = len(row) > 1 and _LABEL.fullmatch(row[0].text) is not None
    return Line(
        " ".join(segment.text for segment in row),
        row[0].x0,
        row[-1].x1,
        main.y,
        main.size,
        all(segment.bold for segment in row[1 if label else 0 :]),
        left,
        right,
        row[1].x0 if label else row[0].x0,
    )


def is_label(text: str) -> bool:
    """Whether a segment is nothing but the mark of a list item or the number of a section."""
    return _LABEL.fullmatch(text) is not None
