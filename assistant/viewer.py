"""The source pages: every document the assistant answers from, with cited sentences marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from assistant import markup, pages, problems, texts
from assistant.markup import escape
from assistant.types import Document, Section, Source
from assistant.wording import long_date, rank_text, span, words

if TYPE_CHECKING:
    from assistant.assistant import Assistant

MAX_QUOTES = 40
MAX_QUOTE = 4000
_SAY = texts.VIEWER
_PAGE = texts.PAGE_NB
_ORDER = list(texts.SOURCE_TYPE)


def router(assistant: Assistant) -> APIRouter:
    """The pages under `/kilder`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/kilder")
    async def every() -> HTMLResponse:
        return HTMLResponse(index(assistant.sources(), _today()))

    @routes.get("/kilder/{id}")
    def one(id: str, sitat: Annotated[list[str] | None, Query()] = None) -> HTMLResponse:
        document = assistant.document(id)
        if document is None:
            return HTMLResponse(missing(id, assistant.sources(), _today()), 404)
        quotes = [quote[:MAX_QUOTE] for quote in sitat or () if quote.strip()]
        return HTMLResponse(show(document, quotes[:MAX_QUOTES], _today()))

    return routes


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def index(sources: Sequence[Source], on: date) -> str:
    """The page with all sources, by type."""
    head = f'<h1>{escape(_SAY["all"])}</h1><p class="ingress">{escape(_SAY["all_lead"])}</p>'
    return pages.page(_SAY["all"], head + _shelves(sources, on))


def missing(id: str, sources: Sequence[Source], on: date) -> str:
    """The page for a source that does not exist, with those that do."""
    said = _SAY["not_found"].format(id=problems.clean(id)[:120])
    head = f'<h1>{escape(_SAY["not_found_title"])}</h1><p class="ingress">{escape(said)}</p>'
    return pages.page(_SAY["not_found_title"], head + _shelves(sources, on))


def _shelves(sources: Sequence[Source], on: date) -> str:
    def shelf(source: Source) -> int:
        return _ORDER.index(source.type)

    parts = []
    for _, run in groupby(sorted(sources, key=shelf), key=shelf):
        members = list(run)
        items = "".join(_entry(source, on) for source in members)
        title = texts.SOURCE_TYPE[members[0].type]
        parts.append(f'<section><h2>{escape(title)}</h2><ul class="shelf">{items}</ul></section>')
    return "".join(parts)


def _entry(source: Source, on: date) -> str:
    facts = " · ".join(
        filter(
            None,
            [
                source.publisher,
                _valid(source.valid_from, source.valid_to),
                f"{_SAY['checked'].lower()} {long_date(source.checked)}",
            ],
        )
    )
    return (
        f'<li><a href="/kilder/{escape(source.id)}">{escape(source.title)}</a> {_force(source, on)}'
        f'<p class="quiet">{escape(facts)}</p></li>'
    )


def show(document: Document, quotes: Sequence[str], on: date) -> str:
    """The page of one document, with the quotes marked wherever they stand."""
    source = document.source
    drawn = [_section(section, quotes, source) for section in document.sections]
    intro = markup.block(document.intro, quotes)
    found = [any(marks) for marks in zip(intro.found, *(each.found for each in drawn), strict=True)]
    body = (
        f'<p class="kind">{escape(texts.SOURCE_TYPE[source.type])} {_force(source, on)}</p>'
        f"<h1>{escape(source.title)}</h1>"
        f"{_summary(source)}{_facts(source)}{_quote_report(quotes, found)}"
        f'<div class="columns">{_contents(document.sections)}<article class="document">'
        f"{intro.html}{''.join(each.html for each in drawn)}</article></div>"
    )
    return pages.page(source.title, body, script=True)


def _summary(source: Source) -> str:
    return f'<p class="ingress">{escape(source.summary)}</p>' if source.summary else ""


def _force(source: Source, on: date) -> str:
    """A mark on what has ended or does not apply yet; nothing on the rest."""
    if source.valid_to and source.valid_to < on:
        return _mark("ended", _PAGE["ended_on"].format(date=long_date(source.valid_to)))
    if source.valid_from and source.valid_from > on:
        return _mark("future", _PAGE["future_from"].format(date=long_date(source.valid_from)))
    return ""


def _mark(css: str, text: str) -> str:
    return f'<span class="force force-{css}">{escape(text)}</span>'


def _valid(start: date | None, end: date | None) -> str:
    when = span(start, end, words("nb"))
    return f"{_SAY['valid'].lower()} {when}" if when else ""


def _facts(source: Source) -> str:
    facts = [
        (_SAY["publisher"], escape(source.publisher)),
        (_SAY["adopted"], long_date(source.adopted) if source.adopted else ""),
        (_SAY["valid"], escape(span(source.valid_from, source.valid_to, words("nb")))),
        (_SAY["checked"], long_date(source.checked)),
        (_SAY["official"], _official(source.url)),
    ]
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts if value)
    return f'<dl class="facts">{rows}</dl>'


def _official(url: str) -> str:
    safe = markup.safe_url(url)
    host = safe.removeprefix("https://").partition("/")[0].removeprefix("www.")
    return f'<a href="{escape(safe)}" rel="noopener noreferrer">{escape(host)}</a>' if safe else ""


def _quote_report(quotes: Sequence[str], found: Sequence[bool]) -> str:
    """Whether the quotes stand in this edition of the source, and a way to the first."""
    marked = sum(found)
    lost = [quote for quote, there in zip(quotes, found, strict=True) if not there]
    parts = []
    if marked:
        text = _SAY["quote_found"] if marked == 1 else _SAY["quotes_found"].format(n=marked)
        parts.append(
            f'<p class="quotes">{escape(text)} <a href="#sitat" data-jump>{escape(_SAY["jump"])}</a></p>'
        )
    if lost:
        items = "".join(f"<li>«{escape(markup.plain(quote))}»</li>" for quote in lost)
        parts.append(
            f'<div class="notice" role="note"><p>{escape(_SAY["quote_missing"])}</p><ul>{items}</ul></div>'
        )
    return "".join(parts)


def _contents(sections: Sequence[Section]) -> str:
    items = "".join(
        f'<li class="level-{min(len(each.headings), 3)}"><a href="#{escape(_slug(each))}">'
        f"{escape(each.heading)}</a></li>"
        for each in sections
    )
    return (
        f'<nav class="contents" aria-labelledby="innholdsliste"><details open><summary id="innholdsliste">'
        f"{escape(_SAY['contents'])}</summary><ol>{items}</ol></details></nav>"
    )


def _slug(section: Section) -> str:
    return section.id.partition("#")[2]


def _section(section: Section, quotes: Sequence[str], source: Source) -> markup.Marked:
    level = min(6, len(section.headings) + 1)
    slug = escape(_slug(section))
    text = markup.block(section.text, quotes)
    html = (
        f'<section id="{slug}"><h{level}>{escape(section.heading)} <a class="anchor" href="#{slug}" '
        f'aria-label="{escape(_SAY["anchor"].format(section=section.heading))}">#</a></h{level}>'
        f'<p class="origin">{" ".join(_origin(section, source))}</p>{text.html}</section>'
    )
    return markup.Marked(html, text.found)


def _origin(section: Section, source: Source) -> Iterator[str]:
    """Where the section comes from: its rank, when it applied if not as the document, and its links."""
    rank = section.rank.value
    yield f'<span class="rank rank-{escape(rank.replace(" ", "-"))}">{escape(rank_text(rank, "nb"))}</span>'
    own = (section.valid_from, section.valid_to) != (source.valid_from, source.valid_to)
    if own and (when := _valid(section.valid_from, section.valid_to)):
        yield f"<span>{escape(when[0].upper() + when[1:])}</span>"
    if section.page:
        yield f"<span>{escape(_SAY['page'].format(n=section.page))}</span>"
    links = [_reference(each.title, each.url) for each in section.references]
    if links:
        yield f"<span>{escape(_SAY['section_source'])}: {'; '.join(links)}</span>"


def _reference(title: str, url: str) -> str:
    safe = markup.safe_url(url)
    return (
        f'<a href="{escape(safe)}" rel="noopener noreferrer">{escape(title)}</a>' if safe else escape(title)
    )
