"""The sources panel: a card for each citation, with the passage and the cited words marked in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from urllib.parse import quote as url_quote

from assistant import markup
from assistant.chattexts import chat_words
from assistant.exchanges import Exchange, unused
from assistant.markup import escape, local_href, tag
from assistant.types import Citation, Hit, Passage
from assistant.widgettexts import widget_words
from assistant.wording import in_force, long_date, rank_style, rank_text, validity, words


def panel(exchanges: Sequence[Exchange], language: str) -> str:
    """The sources of every exchange; the page shows one exchange's at a time, the last to begin with."""
    say = words(language)
    hide = escape(chat_words(language)["hide_sources"])
    title = (
        f'<div class="panel-top"><h2 id="kilder-tittel">{escape(say["sources"])}</h2>'
        f'<button type="button" class="drawer-icon shut" data-hide aria-label="{hide}" title="{hide}">'
        "</button></div>"
    )
    last = max((each.number for each in exchanges), default=0)
    groups = "".join(_group_of_cards(each, language, hidden=each.number != last) for each in exchanges)
    return title + (groups or f'<p class="quiet">{escape(say["sources_empty"])}</p>')


def cited(shown: Exchange, language: str) -> str:
    """The card of each citation of one exchange, in order; nothing when it has none."""
    citations = shown.answer.citations if shown.answer else shown.citations
    cards = "".join(_card(each, shown.number, shown.on, language) for each in citations)
    return f'<ol class="cards">{cards}</ol>' if cards else ""


def only_read(hits: Sequence[Hit], on: date, language: str) -> str:
    """The sections that were read for an answer and not cited, in short; nothing when there are none."""
    items = "".join(_read(hit.passage, on, language) for hit in hits)
    return f'<ul class="read">{items}</ul>' if items else ""


def _read(passage: Passage, on: date, language: str) -> str:
    slug = url_quote(passage.section_id.partition("#")[2])
    href = local_href(f"/kilder/{url_quote(passage.source.id)}#{slug}", language)
    valid, when = validity(passage.valid_from, passage.valid_to, on, language)
    facts = " · ".join(filter(None, [passage.source.publisher, f"{valid} {when}" if when else ""]))
    rank = passage.rank.value
    return (
        f'<li><a href="{href}" target="_blank" rel="noopener">{escape(passage.heading)}</a> '
        f"{tag(rank_style(rank), rank_text(rank, language))}"
        f'<p class="title">{escape(passage.source.title)}</p><p class="quiet">{escape(facts)}</p></li>'
    )


def _group_of_cards(shown: Exchange, language: str, *, hidden: bool) -> str:
    title = words(language)["sources_for"].format(question=shown.question)
    about = f'<p class="quiet">{escape(title)}</p>'
    cards = cited(shown, language)
    rest = only_read(unused(shown), shown.on, language) if cards else ""
    names = widget_words(language)
    groups = "".join(
        f"<h3>{escape(names[name])}</h3>{drawn}"
        for name, drawn in (("cited", cards), ("only_read", rest))
        if drawn
    )
    inner = f"{about}{groups}" if cards else _no_cards(shown, language)
    return (
        f'<div class="sources-of" id="kilder-{shown.number}" data-of="{shown.number}"'
        f"{' hidden' if hidden else ''}>{inner}</div>"
    )


def _no_cards(shown: Exchange, language: str) -> str:
    none = words(language)["sources_none"]
    return f'<p class="quiet">{escape(none)}</p>' if shown.state != "running" else ""


@lru_cache(maxsize=512)
def _card(citation: Citation, number: int, on: date, language: str) -> str:
    """One source; kept, because the panel is drawn again for every sentence that arrives."""
    say = words(language)
    quotes = citation.quotes or (citation.quote,)
    css, force = in_force(citation, on, language)
    rank = tag(rank_style(citation.type), rank_text(citation.type, language))
    tags = rank + tag(f"force force-{css}", force)
    passage = markup.block(citation.text, quotes).html
    excerpt = "".join(f"<p>{markup.quoted(quote)}</p>" for quote in quotes)
    return (
        f'<li class="card" id="kilde-{number}-{citation.n}" tabindex="-1">'
        f'<h3><span class="n">{citation.n}</span> {escape(citation.section)}</h3>'
        f'<p class="title">{escape(citation.title)}</p><p class="tags">{tags}</p>'
        f'<blockquote class="quote">{excerpt}</blockquote>'
        f'<details class="passage"><summary>{escape(say["whole"])}</summary>'
        f'<div class="text">{passage}</div></details>'
        f"{_facts(citation, on, language)}{_links(citation, language)}"
        f'<a class="back" href="#svar-{number}" data-back="svar-{number}">'
        f"{escape(say['back'])}</a></li>"
    )


def _facts(citation: Citation, on: date, language: str) -> str:
    say = words(language)
    facts = [
        (say["publisher"], citation.publisher),
        validity(citation.valid_from, citation.valid_to, on, language),
        (say["checked"], long_date(citation.checked)),
        (say["page"], str(citation.page or "")),
    ]
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts if value
    )
    return f'<dl class="facts">{rows}</dl>'


def _links(citation: Citation, language: str) -> str:
    say = words(language)
    viewer = (
        f'<a href="{local_href(citation.href, language)}" target="_blank" rel="noopener" '
        f'aria-label="{escape(say["viewer_label"].format(n=citation.n))}">{escape(say["viewer"])}</a>'
    )
    url = markup.safe_url(citation.url)
    official = (
        f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer" '
        f'aria-label="{escape(say["official_label"].format(n=citation.n))}">{escape(say["official"])}</a>'
        if url
        else ""
    )
    return f'<p class="links">{viewer}{official}</p>'
