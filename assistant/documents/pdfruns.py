"""What stands where on a PDF page: the drawing operators as runs of text, rules and images. Pure.

Only what reading needs is followed: positions, fonts, text, straight lines, images and the marks that
producers set around running headers. Colours and clipping are not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Matrix = tuple[float, float, float, float, float, float]
Operation = tuple[Any, bytes]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MAX_FORMS = 200
"""Forms drawn on one page; a page that asks for more is not a page to read."""
MAX_DEPTH = 12
MAX_RUNS = 60_000
MIN_SIZE = 3.0
"""Smaller text cannot be read by people, and is not read here."""
_GAP = 0.18
"""A move inside a string by more than this part of the font's size is a space between words."""
_PAINT = frozenset({b"S", b"s", b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"})
_RULE = 1.8
"""A filled box thinner than this is a line."""


@dataclass(frozen=True, slots=True)
class Face:
    """A font as the reader needs it: what each code says, and how wide it is in thousandths."""

    wide: bool
    bold: bool
    look: Callable[[bytes], tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Run:
    """Text shown in one go, with its place on the page as a person sees it (y grows upwards)."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line along the page; `at` is its height when horizontal, else its place across."""

    horizontal: bool
    at: float
    start: float
    end: float


@dataclass(slots=True)
class Marks:
    """Everything found on one page."""

    runs: list[Run] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    images: float = 0.0
    """Area covered by images."""
    strokes: int = 0
    tiny: int = 0
    """Letters too small to be read."""


@dataclass(frozen=True, slots=True)
class Form:
    """A drawing inside the drawing: its operators, matrix, and what its names stand for."""

    operations: Iterable[Operation]
    matrix: Matrix
    names: Names


@dataclass(frozen=True, slots=True)
class Names:
    """What the names in a content stream stand for."""

    face: Callable[[str], Face | None]
    drawing: Callable[[str], Form | str | None]
    """A form, the word `image`, or nothing."""


@dataclass(slots=True)
class _State:
    ctm: Matrix = IDENTITY
    face: Face | None = None
    size: float = 0.0
    char: float = 0.0
    word: float = 0.0
    scale: float = 1.0
    leading: float = 0.0
    rise: float = 0.0

    def copy(self) -> _State:
        return _State(
            self.ctm, self.face, self.size, self.char, self.word, self.scale, self.leading, self.rise
        )


@dataclass(slots=True)
class _Mark:
    """An open marked-content span."""

    artifact: bool
    actual: str | None
    first: int


def times(a: Matrix, b: Matrix) -> Matrix:
    """The matrix that does `a` and then `b`."""
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    )


class Painter:
    """Follows the operators of one page. Make one for each page and call `draw`."""

    def __init__(self, base: Matrix) -> None:
        self.marks = Marks()
        self._base = base
        self._forms = 0

    def draw(self, operations: Iterable[Operation], names: Names) -> Marks:
        """Everything that the operators put on the page."""
        self._run(operations, names, _State(self._base), 0)
        return self.marks

    def _run(self, operations: Iterable[Operation], names: Names, state: _State, depth: int) -> None:
        stream = _Stream(self, names, state, depth)
        for operands, operator in operations:
            if len(self.marks.runs) > MAX_RUNS:
                return
            handler = _HANDLERS.get(operator)
            if handler is not None:
                try:
                    handler(stream, operands)
                except (IndexError, TypeError, ValueError, OverflowError):
                    continue  # a malformed operator moves nothing, as in other readers
            elif operator in _PAINT:
                stream.paint()

    def form(self, form: Form, state: _State, depth: int) -> None:
        """Draw a form where the page asks for it."""
        self._forms += 1
        if depth >= MAX_DEPTH or self._forms > MAX_FORMS:
            return
        inner = state.copy()
        inner.ctm = times(form.matrix, state.ctm)
        self._run(form.operations, form.names, inner, depth + 1)


class _Stream:
    """The state while one content stream is followed."""

    def __init__(self, painter: Painter, names: Names, state: _State, depth: int) -> None:
        self.painter = painter
        self.marks = painter.marks
        self.names = names
        self.state = state
        self.depth = depth
        self.saved: list[_State] = []
        self.spans: list[_Mark] = []
        self.tm = self.line = IDENTITY
        self.path: list[Rule] = []
        self.pen = (0.0, 0.0)

    def save(self, _: Sequence[Any]) -> None:
        if len(self.saved) < 500:
            self.saved.append(self.state.copy())

    def restore(self, _: Sequence[Any]) -> None:
        if self.saved:
            self.state = self.saved.pop()

    def concat(self, operands: Sequence[Any]) -> None:
        self.state.ctm = times(_matrix(operands), self.state.ctm)

    def begin(self, _: Sequence[Any]) -> None:
        self.tm = self.line = IDENTITY

    def font(self, operands: Sequence[Any]) -> None:
        self.state.face = self.names.face(str(operands[0]))
        self.state.size = float(operands[1])

    def move(self, operands: Sequence[Any]) -> None:
        self.line = times((1.0, 0.0, 0.0, 1.0, float(operands[0]), float(operands[1])), self.line)
        self.tm = self.line

    def move_leading(self, operands: Sequence[Any]) -> None:
        self.state.leading = -float(operands[1])
        self.move(operands)

    def place(self, operands: Sequence[Any]) -> None:
        self.tm = self.line = _matrix(operands)

    def next_line(self, _: Sequence[Any]) -> None:
        self.move((0.0, -self.state.leading))

    def show(self, operands: Sequence[Any]) -> None:
        if isinstance(operands[0], bytes):
            self._show([operands[0]])

    def show_many(self, operands: Sequence[Any]) -> None:
        self._show(operands[0])

    def quote(self, operands: Sequence[Any]) -> None:
        self.next_line(())
        self.show(operands)

    def double_quote(self, operands: Sequence[Any]) -> None:
        self.state.word, self.state.char = float(operands[0]), float(operands[1])
        self.next_line(())
        self.show(operands[2:])

    def _show(self, pieces: Iterable[Any]) -> None:
        """Show strings, and numbers that move the pen between them."""
        state = self.state
        face = state.face
        if face is None:
            return
        full = times((state.size * state.scale, 0.0, 0.0, state.size, 0.0, state.rise), self.tm)
        full = times(full, state.ctm)
        size = (full[2] ** 2 + full[3] ** 2) ** 0.5
        along = (full[0] ** 2 + full[1] ** 2) ** 0.5
        upright = full[0] > 0 and abs(full[1]) < 0.05 * along and full[3] > 0
        letters: list[str] = []
        pen = start = 0.0  # in unscaled text space
        step = 2 if face.wide else 1
        for piece in pieces:
            if not isinstance(piece, bytes):
                shift = -float(piece) / 1000 * state.size
                if letters and shift > _GAP * abs(state.size):
                    self._put(letters, start, pen, size, upright)
                    letters = []
                pen += shift
                continue
            if not letters:
                start = pen
            for at in range(0, len(piece), step):
                text, width = face.look(piece[at : at + step])
                letters.append(text)
                pen += width / 1000 * state.size + state.char + (state.word if text == " " else 0.0)
        self._put(letters, start, pen, size, upright)
        self.tm = times((1.0, 0.0, 0.0, 1.0, pen * state.scale, 0.0), self.tm)

    def _put(self, letters: list[str], start: float, end: float, size: float, upright: bool) -> None:
        text = "".join(letters)
        if not text.strip() or not upright or any(span.artifact for span in self.spans):
            return
        if size < MIN_SIZE:
            self.marks.tiny += len(text)
            return
        scale = self.state.scale
        whole = times(self.tm, self.state.ctm)
        x0 = start * scale * whole[0] + self.state.rise * whole[2] + whole[4]
        x1 = end * scale * whole[0] + self.state.rise * whole[2] + whole[4]
        y = start * scale * whole[1] + self.state.rise * whole[3] + whole[5]
        bold = bool(self.state.face and self.state.face.bold)
        width = (x1 - x0) / len(text)
        x0 += (len(text) - len(text.lstrip())) * width
        x1 -= (len(text) - len(text.rstrip())) * width
        self.marks.runs.append(Run(text.strip(), x0, x1, y, size, bold))

    def xobject(self, operands: Sequence[Any]) -> None:
        found = self.names.drawing(str(operands[0]))
        if found == "image":
            self.image(())
        elif isinstance(found, Form):
            self.painter.form(found, self.state, self.depth)

    def image(self, _: Sequence[Any]) -> None:
        a, b, c, d, *_rest = self.state.ctm
        self.marks.images += abs(a * d - b * c)

    def open_mark(self, operands: Sequence[Any]) -> None:
        facts = operands[1] if len(operands) > 1 and isinstance(operands[1], dict) else {}
        running = str(operands[0]) == "/Artifact" and (
            str(facts.get("/Type")) == "/Pagination" or str(facts.get("/Subtype")) in ("/Header", "/Footer")
        )
        actual = facts.get("/ActualText")
        said = _spoken(actual) if isinstance(actual, bytes | str) else None
        self.spans.append(_Mark(running, said, len(self.marks.runs)))

    def close_mark(self, _: Sequence[Any]) -> None:
        if not self.spans:
            return
        span = self.spans.pop()
        shown = self.marks.runs[span.first :]
        if span.actual is None or not shown:
            return
        first = shown[0]
        said = Run(span.actual, first.x0, max(r.x1 for r in shown), first.y, first.size, first.bold)
        self.marks.runs[span.first :] = [said] if span.actual.strip() or span.actual == "\u00ad" else []

    def path_move(self, operands: Sequence[Any]) -> None:
        self.pen = (float(operands[0]), float(operands[1]))

    def path_line(self, operands: Sequence[Any]) -> None:
        x, y = float(operands[0]), float(operands[1])
        self._line(*self.pen, x, y)
        self.pen = (x, y)

    def path_box(self, operands: Sequence[Any]) -> None:
        x, y, w, h = (float(o) for o in operands[:4])
        if abs(h) < _RULE:
            self._line(x, y + h / 2, x + w, y + h / 2)
        elif abs(w) < _RULE:
            self._line(x + w / 2, y, x + w / 2, y + h)
        else:
            for ends in (
                (x, y, x + w, y),
                (x, y + h, x + w, y + h),
                (x, y, x, y + h),
                (x + w, y, x + w, y + h),
            ):
                self._line(*ends)

    def _line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        c = self.state.ctm
        ax, ay = x0 * c[0] + y0 * c[2] + c[4], x0 * c[1] + y0 * c[3] + c[5]
        bx, by = x1 * c[0] + y1 * c[2] + c[4], x1 * c[1] + y1 * c[3] + c[5]
        if len(self.path) + len(self.marks.rules) > 20_000:
            return
        if abs(ay - by) < 1.0 and abs(ax - bx) > 8.0:
            self.path.append(Rule(True, ay, min(ax, bx), max(ax, bx)))
        elif abs(ax - bx) < 1.0 and abs(ay - by) > 4.0:
            self.path.append(Rule(False, ax, min(ay, by), max(ay, by)))

    def paint(self) -> None:
        self.marks.rules += self.path
        self.marks.strokes += 1
        self.path = []

    def forget_path(self, _: Sequence[Any]) -> None:
        self.path = []

    def set_char(self, operands: Sequence[Any]) -> None:
        self.state.char = float(operands[0])

    def set_word(self, operands: Sequence[Any]) -> None:
        self.state.word = float(operands[0])

    def set_scale(self, operands: Sequence[Any]) -> None:
        self.state.scale = float(operands[0]) / 100

    def set_leading(self, operands: Sequence[Any]) -> None:
        self.state.leading = float(operands[0])

    def set_rise(self, operands: Sequence[Any]) -> None:
        self.state.rise = float(operands[0])


def _matrix(operands: Sequence[Any]) -> Matrix:
    a, b, c, d, e, f = (float(o) for o in operands[:6])
    return (a, b, c, d, e, f)


def _spoken(value: bytes | str) -> str:
    if isinstance(value, bytes):
        value = (
            value[2:].decode("utf-16-be", "replace") if value[:2] == b"\xfe\xff" else value.decode("latin-1")
        )
    return re.sub(r"[\x00-\x1f]", " ", value)


_HANDLERS: dict[bytes, Callable[[_Stream, Sequence[Any]], None]] = {
    b"q": _Stream.save, b"Q": _Stream.restore, b"cm": _Stream.concat, b"BT": _Stream.begin,
    b"Tf": _Stream.font, b"Td": _Stream.move, b"TD": _Stream.move_leading, b"Tm": _Stream.place,
    b"T*": _Stream.next_line, b"Tj": _Stream.show, b"TJ": _Stream.show_many, b"'": _Stream.quote,
    b'"': _Stream.double_quote, b"Tc": _Stream.set_char, b"Tw": _Stream.set_word, b"Tz": _Stream.set_scale,
    b"TL": _Stream.set_leading, b"Ts": _Stream.set_rise, b"Do": _Stream.xobject,
    b"INLINE IMAGE": _Stream.image, b"BMC": _Stream.open_mark, b"BDC": _Stream.open_mark,
    b"EMC": _Stream.close_mark, b"m": _Stream.path_move, b"l": _Stream.path_line, b"re": _Stream.path_box,
    b"n": _Stream.forget_path,
}  # fmt: skip
