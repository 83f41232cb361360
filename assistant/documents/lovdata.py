"""Laws and regulations from Lovdata's open data (NLOD 2.0): one section for each §.

Two forms are read: the normalised JSON of one document a file, and Lovdata's own HTML-like XML from the
bulk archives (`lovdatamarkup`). Both give the same: the chapter path as headings, each ledd as a paragraph
and each list entry as an item, so that every one of them can be quoted alone, and an address to the § at
lovdata.no. What the file does not tell (which provisions ended, and when) stands in a sidecar `name.toml`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from assistant.documents import lovdatamarkup, lovdatatext
from assistant.documents.lovdatamarkup import Article
from assistant.documents.overlay import Overlay
from assistant.documents.overlay import read as read_overlay
from assistant.errors import CorpusError
from assistant.slugs import slugify
from assistant.types import Document, Period, Rank, Reference, Section, Source, SourceType

ATTRIBUTION = (
    "Inneholder data under norsk lisens for offentlige data (NLOD 2.0) tilgjengeliggjort av Lovdata. "
    "Teksten er gjengitt slik den sto {day}; senere endringer står på lovdata.no."
)
_REFID = re.compile(r"(lov|forskrift)/(\d{4}-\d\d-\d\d(?:-\d+)?)")
_RANKS = {"lov": Rank.ACT, "forskrift": Rank.REGULATION}
_FORM = "Bruk filene fra Lovdatas åpne data; se corpus/lovdata/README.md."


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file tells of its document as a whole."""

    refid: str
    """`lov/2016-06-17-73`."""
    title: str
    publisher: str
    in_force: date | None
    as_of: date
    """The day on which the text stood like this."""
    areas: tuple[str, ...] = ()
    articles: tuple[Article, ...] = field(default=(), repr=False)


def load_json(path: Path) -> Document:
    """The law or regulation in a normalised JSON file.

    Raises:
        CorpusError: the file cannot be read or has another form.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: filen er ikke lesbar JSON ({error}).", _FORM) from error
    overlay = read_overlay(path)
    try:
        facts = _from_json(content, overlay)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"{path}: filen har ikke formen til et lovdokument ({error!r})."
        raise CorpusError(message, _FORM) from error
    return _document(path, facts, overlay)


def load_markup(path: Path) -> Document:
    """The law or regulation in one of Lovdata's own XML files.

    Raises:
        CorpusError: the file cannot be read or has another form.
    """
    try:
        tree = lovdatamarkup.parse(path.read_text(encoding="utf-8"))
        head = lovdatamarkup.head(tree)
        as_of = head.get("lastupdated", "")[:10] or head.get("lastChangeInForce", "")[:10]
        facts = Facts(
            refid=head["refid"],
            title=head.get("titleShort") or head["title"],
            publisher=head.get("ministry", "Lovdata"),
            in_force=_day(head.get("dateInForce")),
            as_of=_day(as_of) or date.fromisoformat(_refid(head["refid"])[1][:10]),
            areas=tuple(
                area.strip() for area in re.split(r"[>,]", head.get("legalArea", "")) if area.strip()
            ),
            articles=tuple(lovdatamarkup.articles(tree)),
        )
    except (KeyError, OSError, ValueError) as error:
        raise CorpusError(f"{path}: filen har ikke formen til et lovdokument ({error!r}).", _FORM) from error
    return _document(path, facts, read_overlay(path))


def _from_json(content: Mapping[str, Any], overlay: Overlay) -> Facts:
    articles = [
        Article(
            number=str(row["provision_ref"]).removeprefix("§").strip(),
            title=str(row.get("heading") or ""),
            path=tuple(row.get("path") or ()),
            blocks=tuple(lovdatatext.blocks(str(row["text"]), overlay.skiller)),
        )
        for row in content["sections"]
    ]
    short = content.get("short_title")
    return Facts(
        refid=str(content["lovdata_refid"]),
        title=str(short or content["title"]),
        publisher=str(content.get("department") or "Lovdata"),
        in_force=_day(content.get("date_in_force")),
        as_of=date.fromisoformat(str(content["archive_last_modified"])[:10]),
        areas=tuple(a.strip() for a in re.split(r"[>,]", content.get("legal_area") or "") if a.strip()),
        articles=tuple(articles),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _refid(refid: str) -> tuple[str, str]:
    match = _REFID.fullmatch(refid)
    if not match:
        raise ValueError(f"ukjent dokument-id {refid!r}")
    return match[1], match[2]


def source_id(refid: str) -> str:
    """The logical id of a document: `lov-2016-06-17-73`, `for-2016-08-12-974`."""
    kind, number = _refid(refid)
    return f"{'lov' if kind == 'lov' else 'for'}-{number}"


def _document(path: Path, facts: Facts, overlay: Overlay) -> Document:
    kind, _ = _refid(facts.refid)
    source = Source(
        id=overlay.id or source_id(facts.refid),
        title=overlay.tittel or facts.title,
        type=SourceType.REGULATION,
        publisher=overlay.utgiver or facts.publisher,
        url=f"https://lovdata.no/dokument/{'NL' if kind == 'lov' else 'SF'}/{facts.refid}",
        checked=overlay.kontrollert or facts.as_of,
        adopted=date.fromisoformat(_refid(facts.refid)[1][:10]),
        valid_from=overlay.gyldig_fra or facts.in_force,
        valid_to=overlay.gyldig_til,
        topics=overlay.tema or facts.areas,
        summary=overlay.sammendrag,
    )
    sections = tuple(_sections(facts, source, overlay, _RANKS[kind]))
    if not sections:
        raise CorpusError(f"{path}: fant ingen paragrafer i filen.", _FORM)
    unknown = overlay.numbers - {article.number for article in facts.articles}
    if unknown:
        listed = ", ".join(f"§ {number}" for number in sorted(unknown))
        raise CorpusError(
            f"{path.with_suffix('.toml')}: dokumentet har ikke {listed}.", "Rett «nr» i overstyringen."
        )
    intro = ATTRIBUTION.format(day=facts.as_of.isoformat())
    return Document(source, sections, f"{overlay.merknad}\n\n{intro}" if overlay.merknad else intro)


def _sections(facts: Facts, source: Source, overlay: Overlay, rank: Rank) -> Iterator[Section]:
    name = source.title.split(" – ")[0]
    for article in facts.articles:
        text = "\n\n".join(_joined(article.blocks))
        if not text:
            continue
        period = overlay.period(article.number) or Period(article.since or source.valid_from, source.valid_to)
        own = f"§ {article.number} {article.title}".strip()
        url = f"https://lovdata.no/{facts.refid}/§{article.number.replace(' ', '')}"
        yield Section(
            id=f"{source.id}#{slugify(article.number)}",
            headings=(*article.path, own),
            text=text,
            rank=rank,
            references=(Reference(f"{name} § {article.number}", url),),
            valid_from=period.start,
            valid_to=period.end,
        )


def _joined(blocks: Iterable[str]) -> Iterator[str]:
    """Paragraphs with the items that follow them, one to a line, so that a list keeps its introduction."""
    run: list[str] = []
    for block in blocks:
        item = lovdatatext.is_item(block)
        if run and not item:
            yield "\n".join(run)
            run = []
        run.append(block)
    if run:
        yield "\n".join(run)
