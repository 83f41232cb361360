"""Plain text, and Markdown without a head: paragraphs by blank lines, headings by how they are written.

Runs only in the reading process (`child.py`), as the readers of other formats do.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from assistant.documents.pieces import Extract, Kind, Piece, row
from assistant.documents.unreadable import Unreadable

_ATX = re.compile(r"(#{1,6})\s+(.+?)\s*#*")
_UNDERLINE = re.compile(r"(=|-){3,}\s*")
_NUMBERED = re.compile(r"(\d+(?:\.\d+)*)\.?\s+[A-ZÆØÅ«].*")
_SECTION = re.compile(r"(?:§\s?\d|(?:kapittel|kap\.|del|vedlegg)\s+(?:\d|[ivx]+\b)).*", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:(?P<bullet>[-*+•–])|(?P<number>\(?(?:\d{1,3}|[a-zæøå])[.)]))\s+(?P<rest>.*)")
_RULE_ROW = re.compile(r"\s*\|?[\s:|-]+\|?\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def read(path: Path) -> Extract:
    """The text in `path`.

    Raises:
        Unreadable: the file is not text, or is empty.
    """
    text = decode(path.read_bytes())
    if len(_CONTROL.findall(text)) > max(4, len(text) // 200):
        raise Unreadable("Filen er ikke tekst.", "Sjekk at riktig fil er lagt inn.")
    pieces = list(_pieces(_CONTROL.sub(" ", text).replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)))
    title = ""
    tops = [p for p in pieces if p.kind is Kind.HEADING and p.level == 1]
    if len(tops) == 1 and pieces[0] is tops[0] and any(p.kind is not Kind.HEADING for p in pieces):
        title = pieces.pop(0).text
    if not pieces:
        raise Unreadable("Filen har ingen tekst.", "Sjekk at riktig fil er lagt inn.")
    return Extract(tuple(pieces), title)


def decode(raw: bytes, declared: str = "") -> str:
    """The bytes as text: by their mark, else as UTF-8, else as declared, else as Windows wrote Norwegian."""
    if raw.startswith(codecs.BOM_UTF8):
        return raw.decode("utf-8-sig", "replace")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    for encoding in ("utf-8", declared, "cp1252"):
        try:
            return raw.decode(encoding) if encoding else raw.decode("ascii")
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("cp1252", "replace")


def _pieces(text: str) -> Iterator[Piece]:
    for block in re.split(r"\n[ \t]*\n+", text):
        lines = [line for line in block.split("\n") if line.strip()]
        if lines:
            yield from _block(lines)


def _block(lines: list[str]) -> Iterator[Piece]:
    """The pieces of lines without a blank one between them."""
    heading = _heading(lines)
    if heading:
        piece, used = heading
        yield piece
        if lines[used:]:
            yield from _block(lines[used:])
        return
    open_item: list[str] = []
    kind = Kind.PARAGRAPH
    header = True
    for number, line in enumerate(lines):
        item = _ITEM.fullmatch(line)
        if item and item["number"] and open_item and open_item[-1][-1] not in ".:;!?":
            item = None  # «… fra / 1. mai»: a line that goes on, and no item
        if line.lstrip().startswith("|"):
            yield from _close(open_item, kind)
            if not _RULE_ROW.fullmatch(line):
                yield Piece(Kind.HEADER if header else Kind.ROW, row(line.strip().strip("|").split("|")))
                header = False
        elif item or (number and _ATX.fullmatch(line)):
            yield from _close(open_item, kind)
            if not item:
                yield from _block(lines[number:])
                return
            mark = "-" if item["bullet"] else item["number"]
            open_item.append(f"{mark} {item['rest']}")
            kind = Kind.ITEM
        else:
            open_item.append(line.strip())
    yield from _close(open_item, kind)


def _close(lines: list[str], kind: Kind) -> Iterator[Piece]:
    text = " ".join(" ".join(lines).split())
    lines.clear()
    if text:
        yield Piece(kind, text)


def _heading(lines: list[str]) -> tuple[Piece, int] | None:
    """A heading at the top of a block, and how many lines it takes."""
    first = lines[0].strip()
    if atx := _ATX.fullmatch(first):
        return Piece(Kind.HEADING, atx[2], level=len(atx[1])), 1
    if len(lines) > 1 and _UNDERLINE.fullmatch(lines[1].strip()) and len(first) < 120:
        return Piece(Kind.HEADING, first, level=1 if lines[1].startswith("=") else 2), 2
    alone = len(lines) == 1 and len(first) <= 100 and first[-1] not in ".,;:!?"
    if not alone:
        return None
    numbered = _NUMBERED.fullmatch(first)
    if numbered:
        return Piece(Kind.HEADING, first, level=min(numbered[1].count(".") + 2, 6)), 1
    if _SECTION.fullmatch(first):
        return Piece(Kind.HEADING, first, level=3 if first.startswith("§") else 2), 1
    if first.isupper() and sum(c.isalpha() for c in first) > 3:
        return Piece(Kind.HEADING, first, level=2), 1
    return None
