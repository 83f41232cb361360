"""Word files through python-docx: headings by style, numbered lists as they read in Word, and tables.

Runs only in the reading process (`child.py`).
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import docx
from docx.document import Document as Word
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml.etree import LxmlError

from assistant.documents.pieces import Extract, Kind, Piece, row
from assistant.documents.unreadable import Unreadable

MAX_UNPACKED = 150_000_000
MAX_MEMBERS = 5000
MAX_DEPTH = 40
_STYLED_LEVEL = re.compile(r"(?:heading|overskrift)\s*(\d)", re.IGNORECASE)
_SAVE_AGAIN = "Åpne filen i Word og lagre den på nytt som .docx."
Node = Any
"""An XML element; python-docx makes their classes as it runs."""
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def read(path: Path) -> Extract:
    """The text of the Word file in `path` in order, with headings, lists and tables.

    Raises:
        Unreadable: the file is no Word file, is locked, damaged or too large.
    """
    _refuse_bombs(path)
    try:
        word = docx.Document(str(path))
        reader = _Reader(word)
        pieces = tuple(reader.pieces())
    except (
        LxmlError,
        PackageNotFoundError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        AttributeError,
    ) as error:
        raise Unreadable("Filen er skadet, eller er ingen Word-fil.", _SAVE_AGAIN) from error
    if not any(piece.kind is not Kind.HEADING for piece in pieces):
        raise Unreadable("Dokumentet har ingen tekst.", "Sjekk at riktig fil er lagt inn.")
    core = word.core_properties
    warnings = ("Bildene i dokumentet kan ikke leses.",) if reader.pictures else ()
    return Extract(
        pieces,
        reader.title or " ".join((core.title or "").split()),
        "",
        "",
        _day(core.modified or core.created),
        None,
        warnings,
    )


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _refuse_bombs(path: Path) -> None:
    try:
        with path.open("rb") as handle:
            if handle.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
                raise Unreadable(
                    "Filen er beskyttet med passord, eller er i det gamle formatet .doc.", _SAVE_AGAIN
                )
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Unreadable("Filen er skadet, eller er ingen Word-fil.", _SAVE_AGAIN) from error
    size = sum(member.file_size for member in members)
    if size > MAX_UNPACKED or len(members) > MAX_MEMBERS:
        raise Unreadable(
            f"Filen blir {size / 1e6:.0f} MB når den pakkes ut.", "Fjern bilder, eller del dokumentet."
        )


class _Reader:
    """One pass through a document; lists are counted on the way."""

    def __init__(self, word: Word) -> None:
        self.word = word
        self.title = ""
        self.pictures = False
        self._numbering = _Numbering(word)

    def pieces(self) -> Iterator[Piece]:
        """The pieces of the document's body."""
        yield from self._walk(self.word.element.body, 0)

    def _walk(self, parent: Node, depth: int) -> Iterator[Piece]:
        if depth > MAX_DEPTH:
            return
        for child in parent.iterchildren():
            if child.tag == qn("w:p"):
                yield from self._paragraph(Paragraph(child, self.word))
            elif child.tag == qn("w:tbl"):
                yield from _table(Table(child, self.word))
            elif child.tag == qn("w:sdt"):
                gallery = child.find(f".//{qn('w:docPartGallery')}")
                content = child.find(qn("w:sdtContent"))
                if content is not None and (
                    gallery is None or "Contents" not in str(gallery.get(qn("w:val")))
                ):
                    yield from self._walk(content, depth + 1)
            elif child.tag in (qn("w:ins"), qn("w:customXml")):
                yield from self._walk(child, depth + 1)

    def _paragraph(self, paragraph: Paragraph) -> Iterator[Piece]:
        element = paragraph._element
        self.pictures = self.pictures or element.find(f".//{qn('w:drawing')}") is not None
        text = _said(element)
        styles = list(_styles(paragraph))
        if not text or any(style.lower().startswith("toc ") for style in styles):
            return
        level = _level(paragraph, styles)
        label = self._numbering.label(paragraph)
        if any(style in ("Title", "Tittel") for style in styles):
            self.title = self.title or text
        elif level:
            yield Piece(Kind.HEADING, f"{label} {text}".strip() if label != "-" else text, level=level)
        elif label:
            yield Piece(Kind.ITEM, f"{label} {text}")
        elif any(style.startswith("List Bullet") for style in styles):
            yield Piece(Kind.ITEM, f"- {text}")
        else:
            bullet = re.match(r"[•▪●–·]\s+", text)
            item = f"- {text[bullet.end() :]}" if bullet else text
            yield Piece(Kind.ITEM if bullet else Kind.PARAGRAPH, item)


def _said(element: Node) -> str:
    """The text of an element as it reads with every change accepted."""
    parts: list[str] = []
    for node in element.iter(qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:noBreakHyphen")):
        if any(up.tag in (qn("w:del"), qn("w:moveFrom"), qn("w:tabs")) for up in node.iterancestors()):
            continue
        text = {qn("w:t"): node.text or "", qn("w:noBreakHyphen"): "-"}.get(node.tag, " ")
        parts.append(text)
    return " ".join("".join(parts).replace("\u00ad", "").split())


def _styles(paragraph: Paragraph) -> Iterator[str]:
    """The names of a paragraph's style and of those it is built on."""
    style, seen = paragraph.style, 0
    while style is not None and seen < 12:
        yield str(style.name)
        style, seen = style.base_style, seen + 1


def _level(paragraph: Paragraph, styles: list[str]) -> int:
    """The level of a heading, 0 for other text."""
    own = paragraph._element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
    if own is not None and str(own.get(qn("w:val"))) in "01234567":
        return min(int(str(own.get(qn("w:val")))) + 1, 6)
    match = next((m for m in map(_STYLED_LEVEL.match, styles) if m), None)
    return min(int(match[1]), 6) if match else 0


def _table(table: Table) -> Iterator[Piece]:
    for n, line in enumerate(table._element.iter(qn("w:tr"))):
        cells: list[str] = []
        for cell in line.iterchildren(qn("w:tc")):
            properties = cell.find(qn("w:tcPr"))
            span = properties.find(qn("w:gridSpan")) if properties is not None else None
            text = " ".join(filter(None, (_said(p) for p in cell.iter(qn("w:p")))))
            cells += [text, *[""] * (min(int(span.get(qn("w:val"), 1)), 60) - 1 if span is not None else 0)]
        if any(cells):
            yield Piece(Kind.ROW if n else Kind.HEADER, row(cells))


class _Numbering:
    """The numbers Word writes before headings and items, which stand nowhere in the text."""

    def __init__(self, word: Word) -> None:
        self._levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self._lists: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        try:
            root = word.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return
        for abstract in root.iterchildren(qn("w:abstractNum")):
            levels = {}
            for level in abstract.iterchildren(qn("w:lvl")):
                levels[int(level.get(qn("w:ilvl")))] = (
                    _value(level, "w:numFmt", "decimal"),
                    _value(level, "w:lvlText", ""),
                    int(_value(level, "w:start", "1")),
                )
            self._levels[abstract.get(qn("w:abstractNumId"))] = levels
        for number in root.iterchildren(qn("w:num")):
            self._lists[number.get(qn("w:numId"))] = _value(number, "w:abstractNumId", "")

    def label(self, paragraph: Paragraph) -> str:
        """What stands before the paragraph: a number, «-» for a bullet, or nothing."""
        found = _list_of(paragraph)
        if found is None or found[0] not in self._lists:
            return ""
        abstract = self._lists[found[0]]
        levels, counts, level = self._levels.get(abstract, {}), self._counts[abstract], found[1]
        if level not in levels:
            return ""
        form, text, start = levels[level]
        if form == "bullet":
            return "-"
        if form == "none":
            return ""
        counts[level] = counts.get(level, start - 1) + 1
        for deeper in [n for n in counts if n > level]:
            del counts[deeper]

        def number(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            form, _, first = levels.get(at, ("decimal", "", 1))
            return _written(counts.get(at, first), form if at == level else "decimal")

        return re.sub(r"%(\d)", number, text).strip()


def _list_of(paragraph: Paragraph) -> tuple[str, int] | None:
    """The list a paragraph belongs to and its depth, by itself or by its style."""
    places = [paragraph._element.find(qn("w:pPr"))]
    style, seen = paragraph.style, 0
    while style is not None and seen < 12:
        places.append(style.element.find(qn("w:pPr")))
        style, seen = style.base_style, seen + 1
    for properties in places:
        found = properties.find(qn("w:numPr")) if properties is not None else None
        if found is not None:
            number = _value(found, "w:numId", "0")
            return None if number == "0" else (number, int(_value(found, "w:ilvl", "0")))
    return None


def _value(parent: Node, name: str, default: str) -> str:
    found = parent.find(qn(name))
    return default if found is None else str(found.get(qn("w:val"), default))


def _written(number: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (number - 1) % 26)
        return letter.upper() if form == "upperLetter" else letter
    if form in ("lowerRoman", "upperRoman"):
        text, left = "", number % 40
        for value, sign in _ROMAN:
            text += sign * (left // value)
            left %= value
        return text.upper() if form == "upperRoman" else text
    return str(number)
