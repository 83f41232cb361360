"""The source pages: every document the assistant answers from, with cited sentences marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote as url_quote

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from assistant import markup, pages, problems, texts
from assistant.markup import escape, tag
from assistant.pageimages import PageImages
from assistant.types import Document, Section, Source
from assistant.wording import long_date, rank_style, rank_text, validity, words

if TYPE_CHECKING:
    from assistant.assistant import Assistant

MAX_QUOTES = 40
"""Quotes that are looked for on one page; an answer has fewer."""
MAX_QUOTE = 4000
"""Characters of a quote that are looked for; a passage has fewer."""
MAX_IMAGES = 4
"""Pages of a section shown as images."""
_ORDER = list(texts.SOURCE_TYPE)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a page: in which language, and on which day."""

    language: str
    on: date

    @property
    def say(self) -> dict[str, str]:
        """The words of these pages."""
        return texts.VIEWER_IN[self.language]

    @property
    def words(self) -> dict[str, str]:
        """The words they share with the chat page."""
        return words(self.language)

    def link(self, path: str) -> str:
        """The address of another of these pages, in the same language."""
        return escape(f"{path}?lang={self.language}")

    def valid(self, start: date | None, end: date | None) -> tuple[str, str]:
        """`Gjelder` or `Gjaldt`, and the period; no period when both ends are open."""
        return validity(start, end, self.on, self.language)


def router(assistant: Assistant) -> APIRouter:
    """The pages under `/kilder`; `lang` chooses the language of what stands around the sources."""
    routes = APIRouter(include_in_schema=False)
    images = PageImages(assistant.settings.index_root / ".read")

    def reader(lang: str) -> Reader:
        return Reader(lang if lang in texts.VIEWER_IN else assistant.settings.language, _today())

    @routes.get("/kilder")
    def every(lang: str = "") -> HTMLResponse:
        return HTMLResponse(index(assistant.sources(), reader(lang)))

    @routes.get("/kilder/{id}")
    def one(
        id: str, lang: str = "", sitat: Annotated[list[str] | None, Query()] = None, side: int = 0
    ) -> HTMLResponse:
        document = assistant.document(id)
        if document is None:
            return HTMLResponse(missing(id, assistant.sources(), reader(lang)), 404)
        shown = document if images.has(document.original) else replace(document, original="")
        return HTMLResponse(show(shown, _wanted(sitat), reader(lang), side))

    @routes.get("/kilder/{id}/side/{number}")
    def page_image(id: str, number: int, sitat: Annotated[list[str] | None, Query()] = None) -> Response:
        document = assistant.document(id)
        drawn = images.png(document.original, number, _wanted(sitat)) if document else None
        return Response(drawn, media_type="image/png") if drawn else Response(status_code=404)

    return routes


def _wanted(quotes: Sequence[str] | None) -> list[str]:
    return [quote[:MAX_QUOTE] for quote in quotes or () if quote.strip()][:MAX_QUOTES]


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def index(sources: Sequence[Source], reader: Reader) -> str:
    """The page with all sources, by type."""
    head = f'<h1>{escape(reader.say["all"])}</h1><p class="ingress">{escape(reader.say["all_lead"])}</p>'
    return pages.page(reader.say["all"], head + _shelves(sources, reader), language=reader.language)


def missing(id: str, sources: Sequence[Source], reader: Reader) -> str:
    """The page for a source that does not exist, with those that do."""
    said = reader.say["not_found"].format(id=problems.clean(id)[:120])
    head = f'<h1>{escape(reader.say["not_found_title"])}</h1><p class="ingress">{escape(said)}</p>'
    body = head + _shelves(sources, reader)
    return pages.page(reader.say["not_found_title"], body, language=reader.language)


def _shelves(sources: Sequence[Source], reader: Reader) -> str:
    def shelf(source: Source) -> int:
        return _ORDER.index(source.type)

    parts = []
    for _, run in groupby(sorted(sources, key=shelf), key=shelf):
        members = list(run)
        items = "".join(_entry(source, reader) for source in members)
        title = texts.SOURCE_TYPE_IN[reader.language][members[0].type]
        parts.append(f'<section><h2>{escape(title)}</h2><ul class="shelf">{items}</ul></section>')
    return "".join(parts)


def _entry(source: Source, reader: Reader) -> str:
    facts = " · ".join(
        filter(
            None,
            [
                source.publisher,
                _lower(reader.valid(source.valid_from, source.valid_to)),
                f"{reader.say['checked'].lower()} {long_date(source.checked)}",
            ],
        )
    )
    return (
        f'<li><a href="{reader.link("/kilder/" + source.id)}">{escape(source.title)}</a> '
        f"{_force(source, reader)}"
        f'<p class="quiet">{escape(facts)}</p></li>'
    )


def show(document: Document, quotes: Sequence[str], reader: Reader, side: int = 0) -> str:
    """The page of one document, with the quotes marked wherever they stand.

    A PDF also shows the pages that the quotes stand on as they look, and page `side` when it is asked for.
    """
    source = document.source
    drawn = [_section(section, quotes, document, reader) for section in document.sections]
    asked = _page_image(document, side, (), reader) if document.original and side > 0 else ""
    intro = markup.block(document.intro, quotes)
    found = [any(marks) for marks in zip(intro.found, *(each.found for each in drawn), strict=True)]
    kind = texts.SOURCE_TYPE_IN[reader.language][source.type]
    body = (
        f'<p class="kind">{escape(kind)} {_force(source, reader)}</p>'
        f"<h1>{escape(source.title)}</h1>"
        f"{_summary(source)}{_facts(source, reader)}{_quote_report(quotes, found, reader)}"
        f"{_warnings(document)}{asked}"
        f'<div class="columns">{_contents(document.sections, reader)}<article class="document">'
        f"{intro.html}{''.join(each.html for each in drawn)}</article></div>"
    )
    return pages.page(source.title, body, script=True, language=reader.language)


def _warnings(document: Document) -> str:
    """What the file holds that cannot be read here."""
    told = "".join(f"<li>{escape(each)}</li>" for each in document.warnings)
    return f'<div class="notice" role="note"><ul>{told}</ul></div>' if told else ""


def _page_image(document: Document, page: int, quotes: Sequence[str], reader: Reader) -> str:
    """A page as it looks in the file; the same text stands beside it, for every reader."""
    marks = "&".join(f"sitat={url_quote(quote, safe='')}" for quote in quotes)
    address = f"/kilder/{url_quote(document.source.id)}/side/{page}?{marks}"
    return (
        f'<figure class="page-image"><a href="{escape(address)}"><img src="{escape(address)}" '
        f'alt="{escape(reader.say["page_image"].format(n=page))}"></a>'
        f"<figcaption>{escape(reader.say['page_caption'].format(n=page))}</figcaption></figure>"
    )


def _quoted_pages(section: Section, quotes: Sequence[str]) -> dict[int, list[str]]:
    """The pages of a section that quotes begin on, with the quotes of each."""
    found: dict[int, list[str]] = {}
    for quote in quotes:
        at = section.text.find(quote)
        if at >= 0 and section.page:
            page = next((page for offset, page in reversed(section.breaks) if offset <= at), section.page)
            found.setdefault(page, []).append(quote)
    return dict(sorted(found.items()))


def _summary(source: Source) -> str:
    return f'<p class="ingress">{escape(source.summary)}</p>' if source.summary else ""


def _force(source: Source, reader: Reader) -> str:
    """A mark on what has ended or does not apply yet; nothing on the rest."""
    if source.valid_to and source.valid_to < reader.on:
        return tag("force force-ended", reader.words["ended_on"].format(date=long_date(source.valid_to)))
    if source.valid_from and source.valid_from > reader.on:
        return tag(
            "force force-future", reader.words["future_from"].format(date=long_date(source.valid_from))
        )
    return ""


def _lower(validity: tuple[str, str]) -> str:
    """Inside a line: `gjelder fra 1. juli 2026`."""
    label, when = validity
    return f"{label.lower()} {when}" if when else ""


def _facts(source: Source, reader: Reader) -> str:
    valid, when = reader.valid(source.valid_from, source.valid_to)
    facts = [
        (reader.say["publisher"], escape(source.publisher)),
        (reader.say["adopted"], long_date(source.adopted) if source.adopted else ""),
        (valid, escape(when)),
        (reader.say["checked"], long_date(source.checked)),
        (reader.say["official"], _official(source.url)),
    ]
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts if value)
    return f'<dl class="facts">{rows}</dl>'


def _official(url: str) -> str:
    safe = markup.safe_url(url)
    host = safe.removeprefix("https://").partition("/")[0].removeprefix("www.")
    return f'<a href="{escape(safe)}" rel="noopener noreferrer">{escape(host)}</a>' if safe else ""


def _quote_report(quotes: Sequence[str], found: Sequence[bool], reader: Reader) -> str:
    """Whether the quotes stand in this edition of the source, and a way to the first."""
    marked = sum(found)
    lost = [quote for quote, there in zip(quotes, found, strict=True) if not there]
    parts = []
    if marked:
        text = reader.say["quote_found"] if marked == 1 else reader.say["quotes_found"].format(n=marked)
        link = f'<a href="#sitat" data-jump>{escape(reader.say["jump"])}</a>'
        parts.append(f'<p class="quotes">{escape(text)} {link}</p>')
    if lost:
        items = "".join(f"<li>«{escape(markup.plain(quote))}»</li>" for quote in lost)
        said = f"<p>{escape(reader.say['quote_missing'])}</p>"
        parts.append(f'<div class="notice" role="note">{said}<ul>{items}</ul></div>')
    return "".join(parts)


def _contents(sections: Sequence[Section], reader: Reader) -> str:
    items = "".join(
        f'<li class="level-{min(len(each.headings), 3)}"><a href="#{escape(_slug(each))}">'
        f"{escape(each.heading)}</a></li>"
        for each in sections
    )
    return (
        f'<nav class="contents" aria-labelledby="innholdsliste"><details open><summary id="innholdsliste">'
        f"{escape(reader.say['contents'])}</summary><ol>{items}</ol></details></nav>"
    )


def _slug(section: Section) -> str:
    return section.id.partition("#")[2]


def _section(section: Section, quotes: Sequence[str], document: Document, reader: Reader) -> markup.Marked:
    level = min(6, len(section.headings) + 1)
    slug = escape(_slug(section))
    text = markup.block(section.text, quotes)
    pages = _quoted_pages(section, quotes) if document.original else {}
    images = [_page_image(document, page, own, reader) for page, own in list(pages.items())[:MAX_IMAGES]]
    html = (
        f'<section id="{slug}"><h{level}>{escape(section.heading)} <a class="anchor" href="#{slug}" '
        f'aria-label="{escape(reader.say["anchor"].format(section=section.heading))}">#</a></h{level}>'
        f'<p class="origin">{" ".join(_origin(section, document, reader))}</p>'
        f"{''.join(images)}{text.html}</section>"
    )
    return markup.Marked(html, text.found)


def _origin(section: Section, document: Document, reader: Reader) -> Iterator[str]:
    """Where the section comes from: its rank, when it applied if not as the document, and its links."""
    rank, source = section.rank.value, document.source
    yield tag(rank_style(rank), rank_text(rank, reader.language))
    own = (section.valid_from, section.valid_to) != (source.valid_from, source.valid_to)
    valid, when = reader.valid(section.valid_from, section.valid_to)
    if own and when:
        yield f"<span>{escape(valid)} {escape(when)}</span>"
    if section.page:
        named = escape(reader.say["page"].format(n=section.page))
        way = f"/kilder/{url_quote(source.id)}?lang={reader.language}&side={section.page}"
        yield f'<a href="{escape(way)}">{named}</a>' if document.original else f"<span>{named}</span>"
    links = [_reference(each.title, each.url) for each in section.references]
    if links:
        yield f"<span>{escape(reader.say['section_source'])}: {'; '.join(links)}</span>"


def _reference(title: str, url: str) -> str:
    safe = markup.safe_url(url)
    return (
        f'<a href="{escape(safe)}" rel="noopener noreferrer">{escape(title)}</a>' if safe else escape(title)
    )
