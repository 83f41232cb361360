"""From the pages of a PDF to pieces: headings with levels, paragraphs, list items and table rows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date

from assistant.documents import pdffurniture, pdflayout, pdftables, pdfwords
from assistant.documents.pdflayout import Entry, Page
from assistant.documents.pdfparagraphs import (
    BULLET,
    NUMBER,
    NUMBERED,
    SECTION,
    Measure,
    Paragraph,
    continues,
    measure,
    paragraphs,
)
from assistant.documents.pieces import Extract, Kind, Piece, row
from assistant.documents.unreadable import Unreadable

_JUNK_TITLE = re.compile(
    r"\.(?:docx?|pdf|indd|pptx?|xlsx?)$"
    r"|^\W*(?:microsoft|untitled|uten navn|anonymous|unspecified|dokument\d*\W*$)",
    re.IGNORECASE,
)
_JUNK_AUTHOR = re.compile(r"^\W*(?:anonymous|user|bruker|admin\w*|unknown|)\W*$", re.IGNORECASE)
_CONTENTS = re.compile(r"innhold(?:sfortegnelse|sliste)?|innhald(?:sliste)?", re.IGNORECASE)
_SCAN = "kan ikke leses"
_OCR = "Kjør tekstgjenkjenning (OCR) på dokumentet, og lagre det på nytt."
_SAVE_AGAIN = "Åpne filen og lagre den som PDF på nytt."
TOO_HEAVY, BROKEN = "er for tung", "er skadet"
MAX_LEVEL = 4
_PLURAL = {
    "er et bilde": "er bilder",
    "er en tegning": "er tegninger",
    TOO_HEAVY: "er for tunge",
    BROKEN: "er skadd",
}
Style = tuple[float, int, bool]


@dataclass(frozen=True, slots=True)
class _Read:
    """A document's paragraphs with what is usual in it."""

    found: list[Paragraph]
    usual: Measure
    known: frozenset[str]


def extract(
    pages: Sequence[Page], outline: Sequence[Entry], title: str, author: str, dated: date | None
) -> Extract:
    """The pieces of a PDF, and what could not be read.

    Raises:
        Unreadable: no page has text.
    """
    unread = dict(_unread(pages))
    if len(unread) == len(pages):
        raise Unreadable(*_nothing(set(unread.values())))
    read = [
        [] if page.number in unread else pdflayout.segments(page.marks.runs, page.marks.rules)
        for page in pages
    ]
    usual = measure(read)
    kept = pdffurniture.remove(pages, read, usual.body)
    known = pdfwords.vocabulary([s.text for own in kept for s in own])
    found: list[Paragraph] = []
    for page, own in zip(pages, kept, strict=True):
        tables, rest = pdftables.find(own, page.marks.rules)
        found += paragraphs(page.number, pdflayout.order([*rest, *tables]), usual)
    document = _Read(_joined(_without_contents(found)), usual, known)
    headings, top = _headings(document, outline)
    named = _text(top, known)[0] if top else ""
    document.found[:] = [paragraph for paragraph in document.found if paragraph is not top]
    pieces = tuple(_pieces(document, headings))
    if not pieces:
        raise Unreadable(f"Dokumentet har ingen tekst som {_SCAN.replace('ikke ', '')}.", _OCR)
    good = "" if _JUNK_TITLE.search(title) else title
    publisher = "" if _JUNK_AUTHOR.search(author) else author
    warnings = (*_told(unread), *_tiny(pages))
    return Extract(pieces, named or good, publisher, "", dated, len(pages), warnings)


def _unread(pages: Sequence[Page]) -> Iterator[tuple[int, str]]:
    """Pages that show something but have no text to read, and what they show."""
    for page in pages:
        if page.failed:
            yield page.number, page.failed
            continue
        text = "".join(run.text for run in page.marks.runs)
        letters = sum(c.isalnum() for c in text)
        covered = page.marks.images / max(1.0, page.width * page.height)
        odd = sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" or c < " " for c in text)
        little = 150 if covered > 0.6 else 15 if covered > 0.25 else 1 if covered > 0.02 else 0
        if letters < little:
            yield page.number, "er et bilde"
        elif text and odd > 0.25 * len(text):
            yield page.number, "har bokstaver uten tegnkoder"
        elif not letters and page.marks.strokes > 100:
            yield page.number, "er en tegning"
        elif not letters and len(pages) == 1:
            yield page.number, "er tom"


def _nothing(reasons: set[str]) -> tuple[str, str]:
    """Why a document without a single readable page cannot be read, and what to do."""
    if TOO_HEAVY in reasons:
        return "Filen er over en grense for lesing: sidene er for tunge.", _SAVE_AGAIN
    if BROKEN in reasons:
        return "Filen er skadet: ingen side kan leses.", _SAVE_AGAIN
    if reasons == {"er tom"}:
        return "Dokumentet har ingen tekst.", "Sjekk at riktig fil er lagt inn."
    return f"Hele dokumentet er bilder uten tekst, og {_SCAN}.", _OCR


def _told(unread: dict[int, str]) -> Iterator[str]:
    for reason in sorted(set(unread.values())):
        numbers = [n for n, why in unread.items() if why == reason]
        several = len(numbers) > 1
        listed = ", ".join(map(str, numbers[:20])) + (" med flere" if len(numbers) > 20 else "")
        shown = _PLURAL.get(reason, reason)
        yield f"{'Sidene' if several else 'Side'} {listed} {shown if several else reason} og {_SCAN}."


def _tiny(pages: Sequence[Page]) -> Iterator[str]:
    numbers = [page.number for page in pages if page.marks.tiny > 20]
    if numbers:
        yield f"Side {numbers[0]} har tekst som er for liten til å leses av mennesker; den er utelatt."


def _without_contents(found: list[Paragraph]) -> list[Paragraph]:
    """Without the table of contents: headings that lead nowhere, and numbers that are no facts."""
    kept: list[Paragraph] = []
    inside = False
    for paragraph in found:
        text = " ".join(line.text for line in paragraph.lines)
        if paragraph.lines and _CONTENTS.fullmatch(text):
            inside = True
            continue
        if inside:
            ends = [line.text for line in paragraph.lines]
            if paragraph.table:
                ends = [" ".join(cells) for cells in paragraph.table.rows]
            if ends and all(re.search(r"\s\d{1,4}$", end) for end in ends):
                continue
            inside = False
        kept.append(paragraph)
    return kept


def _joined(found: list[Paragraph]) -> list[Paragraph]:
    """Paragraphs that go on in the next column or page, whole again, past notes at the page's foot."""
    kept: list[Paragraph] = []
    for paragraph in found:
        before = next((p for p in reversed(kept[-4:]) if not _smaller(p, paragraph)), None)
        texts = before is not None and before.lines and paragraph.lines
        if before and texts and _moved(before, paragraph) and continues(before, paragraph):
            before.turns.append((len(before.lines), paragraph.page))
            before.lines += paragraph.lines
            kept.remove(before)  # past the notes, so that pages follow each other
            kept.append(before)
        else:
            kept.append(paragraph)
    return kept


def _smaller(note: Paragraph, text: Paragraph) -> bool:
    return bool(note.lines and text.lines) and note.size < 0.92 * text.size


def _moved(before: Paragraph, after: Paragraph) -> bool:
    page = before.turns[-1][1] if before.turns else before.page
    return page != after.page or after.lines[0].y > before.lines[-1].y


def _headings(document: _Read, outline: Sequence[Entry]) -> tuple[dict[int, int], Paragraph | None]:
    """The level of each heading by the identity of its paragraph, and the title on the first page."""
    looks = [p for p in document.found if _is_heading(p, document)]
    title = _title(looks, document.usual) or _first(looks, document)
    told = _bookmarked(document, outline)
    rest = [p for p in looks if p is not title]
    levels: dict[int, int] = {}
    if len(told) >= 3:
        levels = {id(p): min(level, MAX_LEVEL) for p, level in told if p is not title}
        styles = {_style(p, document): levels[id(p)] for p, _ in told if id(p) in levels}
        deepest = max(levels.values(), default=1)
        least = max((style for style in styles), default=None)
        for p in rest:
            style = _style(p, document)
            below = deepest + 1 if least is None or style > least else 1
            levels.setdefault(id(p), min(styles.get(style, below), MAX_LEVEL))
    else:
        ranks = {style: n for n, style in enumerate(sorted({_style(p, document) for p in rest}), 1)}
        levels = {id(p): min(ranks[_style(p, document)], MAX_LEVEL) for p in rest}
    return levels, title


def _title(looks: Sequence[Paragraph], usual: Measure) -> Paragraph | None:
    """The largest heading, when it stands once, on the first page with text, above the others."""
    if not looks:
        return None
    largest = max(looks, key=lambda p: p.size)
    others = [p for p in looks if p is not largest]
    first = min(p.page for p in looks)
    alone = all(p.size < largest.size - 0.4 for p in others)
    return largest if alone and largest.page == first and largest.size > 1.25 * usual.body else None


def _first(looks: Sequence[Paragraph], document: _Read) -> Paragraph | None:
    """The first paragraph, when it is a large heading with nothing under it but the next heading."""
    if len(looks) < 3 or looks[0] is not document.found[0] or looks[1] is not document.found[1]:
        return None
    numbered = NUMBERED.match(looks[0].lines[0].text) or SECTION.match(looks[0].lines[0].text)
    return looks[0] if looks[0].size > 1.25 * document.usual.body and not numbered else None


def _is_heading(paragraph: Paragraph, document: _Read) -> bool:
    if not paragraph.lines or len(paragraph.lines) > 3 or paragraph.turns:
        return False
    text = _text(paragraph, document.known)[0]
    if not 2 < len(text) <= 160 or not any(c.isalpha() for c in text) or BULLET.match(text):
        return False
    body = document.usual.body
    numbered, section = NUMBERED.match(text), SECTION.match(text)
    if text[-1] in ",;:" or (text[-1] == "." and not (section and len(text) < 90)):
        return False
    if paragraph.size >= 1.1 * body:
        return True
    if paragraph.size < 0.95 * body:
        return False
    if paragraph.bold:
        return paragraph.apart or bool(numbered or section)
    if not paragraph.apart or len(paragraph.lines) > 1 or len(text) > 100:
        return False
    return bool(section) or (numbered is not None and "." in numbered[1] and not text.endswith("."))


def _style(paragraph: Paragraph, document: _Read) -> Style:
    """What makes headings look alike; smaller sorts as further out."""
    text = _text(paragraph, document.known)[0]
    numbered = NUMBERED.match(text)
    depth = numbered[1].count(".") + 1 if numbered else 1
    depth = 2 if text.startswith("§") else depth
    return (-round(paragraph.size * 2) / 2, depth, not paragraph.bold)


def _bookmarked(document: _Read, outline: Sequence[Entry]) -> list[tuple[Paragraph, int]]:
    """The paragraphs that bookmarks lead to, with the bookmarks' levels."""
    places: dict[tuple[int, str], Paragraph] = {}
    for paragraph in document.found:
        if paragraph.lines and len(paragraph.lines) <= 4:
            key = (paragraph.page, _plain(_text(paragraph, document.known)[0]))
            places.setdefault(key, paragraph)
    found = []
    for entry in outline:
        for page in (entry.page, entry.page + 1, entry.page - 1):
            place = places.get((page, _plain(entry.title)))
            if place:
                found.append((place, entry.level))
                break
    return found


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", re.sub(r"^[\d.]+\s", "", text)).lower()


def _text(paragraph: Paragraph, known: Set[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """What a paragraph says, and where in it each new page begins."""
    pages = dict(paragraph.turns)
    text = ""
    turns: list[tuple[int, int]] = []
    for number, line in enumerate(paragraph.lines):
        between = pdfwords.glue(text, line.text, known)
        text = text[:-1] if between == "-" else text + between
        if number in pages:
            turns.append((len(text), pages[number]))
        text += line.text
    return text.replace("\u00ad", ""), tuple(turns)


def _pieces(document: _Read, levels: dict[int, int]) -> Iterator[Piece]:
    header: tuple[str, ...] = ()
    above: Paragraph | None = None
    for paragraph in document.found:
        if paragraph.table:
            rows = paragraph.table.rows
            follows = above is not None and above.table is not None and above.page < paragraph.page
            if follows and len(header) == len(rows[0]) and rows[0] != header and above and above.table:
                same = abs(above.table.x0 - paragraph.table.x0) < 4
                rows = (header, *rows) if same else rows
            header = rows[0]
            for n, cells in enumerate(rows):
                yield Piece(Kind.ROW if n else Kind.HEADER, row(cells), paragraph.page)
        else:
            yield _piece(paragraph, document, levels.get(id(paragraph)))
        above = paragraph


def _piece(paragraph: Paragraph, document: _Read, level: int | None) -> Piece:
    text, turns = _text(paragraph, document.known)
    if level is not None:
        return Piece(Kind.HEADING, text, paragraph.page, level)
    if bullet := BULLET.match(text):
        moved = 2 - bullet.end()
        after = tuple((offset + moved, page) for offset, page in turns)
        return Piece(Kind.ITEM, f"- {text[bullet.end() :]}", paragraph.page, 0, after)
    kind = Kind.ITEM if NUMBER.match(text) else Kind.PARAGRAPH
    return Piece(kind, text, paragraph.page, 0, turns)
