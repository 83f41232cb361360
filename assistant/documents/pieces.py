"""What every reader of a file gives: its text in order as pieces, and the facts the file tells of itself.

A piece is the smallest thing a reader sees: a heading, a paragraph, a list item or a table row. Pieces
travel as JSON from the process that reads a file to the one that asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How a piece stood in the file."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    HEADER = "header"
    """The first row of a table: the names of its columns."""
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Piece:
    """A heading, paragraph, list item or table row, and the page it begins on when the file has pages."""

    kind: Kind
    text: str
    """Items begin with their mark («- », «1. »); rows are Markdown (`| a | b |`)."""
    page: int | None = None
    level: int = 0
    """1 for the outermost heading."""
    turns: tuple[tuple[int, int], ...] = ()
    """(offset, page) for each place in the text where a new page begins."""


@dataclass(frozen=True, slots=True)
class Extract:
    """A file as it was read."""

    pieces: tuple[Piece, ...]
    title: str = ""
    publisher: str = ""
    url: str = ""
    dated: date | None = None
    pages: int | None = None
    warnings: tuple[str, ...] = ()
    """What could not be read though the file could, in Norwegian."""


def row(cells: Sequence[str]) -> str:
    """The cells as one row of a Markdown table; a bar inside a cell is written as a slash."""
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "/") for cell in cells) + " |"


def dump(extract: Extract) -> dict[str, Any]:
    """`extract` as plain values for JSON."""
    values = asdict(extract)
    values["dated"] = extract.dated.isoformat() if extract.dated else None
    return values


def restore(values: dict[str, Any]) -> Extract:
    """The extract that `dump` made plain.

    Raises:
        KeyError, TypeError, ValueError: the values are something else.
    """
    pieces = tuple(
        Piece(
            Kind(p["kind"]),
            str(p["text"]),
            p["page"],
            int(p["level"]),
            tuple((int(offset), int(page)) for offset, page in p["turns"]),
        )
        for p in values["pieces"]
    )
    dated = date.fromisoformat(values["dated"]) if values["dated"] else None
    return Extract(
        pieces,
        str(values["title"]),
        str(values["publisher"]),
        str(values["url"]),
        dated,
        values["pages"],
        tuple(str(w) for w in values["warnings"]),
    )
