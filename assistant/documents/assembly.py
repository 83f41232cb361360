"""From the pieces of a file to a `Document`: sections under their headings, stable ids and pages. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from assistant import language
from assistant.documents import ranks
from assistant.documents.pieces import Extract, Kind, Piece
from assistant.slugs import slugify
from assistant.types import Document, Reference, Section, Source

SHORT_INTRO = 240
"""Text before the first heading up to this length, without a sentence in it, is a cover and no section."""
MAX_SLUG = 80
_TIGHT = (Kind.ITEM, Kind.ROW)
_MARKUP = ("#", ">", "|")


@dataclass(slots=True)
class _Part:
    headings: tuple[str, ...]
    pieces: list[Piece] = field(default_factory=list)


def document(extract: Extract, source: Source, warnings: Sequence[str] = ()) -> Document:
    """The extract as sections of `source`, in reading order."""
    headed = any(piece.kind is Kind.HEADING for piece in extract.pieces)
    parts = _headed(extract.pieces, source) if headed else _unheaded(extract.pieces, source)
    intro = ""
    if headed and parts and parts[0].headings == (source.title,) and _is_cover(parts[0]):
        intro = _text(parts.pop(0).pieces)[0]
    slugs: set[str] = set()
    sections = tuple(_section(part, source, slugs) for part in parts)
    return Document(source, sections, intro, (*extract.warnings, *warnings))


def _headed(pieces: Sequence[Piece], source: Source) -> list[_Part]:
    above: list[Piece] = []
    parts = [_Part((source.title,))]
    for piece in pieces:
        if piece.kind is not Kind.HEADING:
            parts[-1].pieces.append(piece)
            continue
        while above and above[-1].level >= piece.level:
            above.pop()
        above.append(piece)
        parts.append(_Part(tuple(p.text for p in above)))
    return [part for part in parts if part.pieces]


def _unheaded(pieces: Sequence[Piece], source: Source) -> list[_Part]:
    """A file without headings: a section for each page, or one when it has no pages."""
    parts: dict[int | None, _Part] = {}
    for piece in (part for whole in pieces for part in _by_page(whole)):
        heading = f"Side {piece.page}" if piece.page else source.title
        parts.setdefault(piece.page, _Part((heading,))).pieces.append(piece)
    return list(parts.values())


def _by_page(piece: Piece) -> Iterator[Piece]:
    """A piece that runs over pages as one piece for each, cut between sentences."""
    cuts = [(0, piece.page), *_at_sentences(piece)]
    ends = [*(offset for offset, _ in cuts[1:]), len(piece.text)]
    for n, ((start, page), end) in enumerate(zip(cuts, ends, strict=True)):
        kind = Kind.PARAGRAPH if n else piece.kind
        yield replace(piece, kind=kind, text=piece.text[start:end].strip(), page=page, turns=())


def _at_sentences(piece: Piece) -> list[tuple[int, int]]:
    """Where a piece goes on to a new page, moved to the next sentence: a sentence stands where it begins."""
    starts = [start for start, _ in language.sentence_spans(piece.text)]
    moved = [(next((s for s in starts if s >= offset), None), page) for offset, page in piece.turns]
    found = [(offset, page) for offset, page in moved if offset]
    return [a for a, b in pairwise([*found, (-1, 0)]) if a[0] != b[0]]


def _is_cover(part: _Part) -> bool:
    text = _text(part.pieces)[0]
    return len(text) <= SHORT_INTRO and not any(
        p.text.rstrip().endswith((".", "!", "?")) for p in part.pieces
    )


def _section(part: _Part, source: Source, slugs: set[str]) -> Section:
    text, breaks = _text(part.pieces)
    address = (Reference(source.title, source.url),) if source.url else ()
    return Section(
        id=f"{source.id}#{_slug(part.headings, source, slugs)}",
        headings=part.headings,
        text=text,
        rank=ranks.of_section(address, source.type),
        valid_from=source.valid_from,
        valid_to=source.valid_to,
        page=part.pieces[0].page,
        breaks=breaks,
    )


def _slug(headings: tuple[str, ...], source: Source, taken: set[str]) -> str:
    """An address that is new in the document: the heading, else with the one above it, else numbered."""
    own = "start" if headings == (source.title,) else slugify(headings[-1])[:MAX_SLUG].strip("-") or "avsnitt"
    above = slugify(headings[-2])[:MAX_SLUG].strip("-") if len(headings) > 1 else ""
    slug = f"{above}-{own}" if own in taken and above else own
    base, number = slug, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    taken.add(slug)
    return slug


def _text(pieces: Sequence[Piece]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The pieces as Markdown, and where in it each new page begins."""
    text = ""
    breaks: list[tuple[int, int]] = []
    page = pieces[0].page
    above: Kind | None = None
    for piece in pieces:
        tight = piece.kind is Kind.ROW or (piece.kind is above is Kind.ITEM)
        text += ("\n" if tight else "\n\n") if text else ""
        if piece.page is not None and piece.page != page:
            page = piece.page
            breaks.append((len(text), page))
        table = piece.kind in (Kind.HEADER, Kind.ROW)
        mark = "\\" if piece.text.startswith(_MARKUP) and not table else ""
        for offset, number in _at_sentences(piece):
            breaks.append((len(text) + len(mark) + offset, number))
            page = number
        text += mark + piece.text
        if piece.kind is Kind.HEADER:
            text += "\n|" + "---|" * (piece.text.count("|") - 1)
        above = piece.kind
    return text, tuple(breaks)
