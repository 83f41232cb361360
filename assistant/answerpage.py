"""The page of a stored answer: as it was given, and whether its sources still say the same.

The address is no key. It opens for the one whose answer it is, and for everybody else it is an address
that does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from assistant import cards, changes, identity, pages, render, texts
from assistant.changes import Standing
from assistant.chattexts import chat_words
from assistant.conversations.values import StoredTurn
from assistant.exchanges import Exchange
from assistant.links import again
from assistant.markup import escape
from assistant.types import Citation
from assistant.wording import long_date, moment, today, words

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.conversations.recording import Recorder

Checked = Sequence[tuple[Citation, Standing]]
_HEAD = '<link rel="stylesheet" href="/web/chat/answer.css">\n'


def router(assistant: Assistant, recorder: Recorder | None) -> APIRouter:
    """The pages under `/svar`, for whoever asked; `lang` chooses the language around the answer."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/svar/{id}")
    def one(request: Request, id: str, lang: str = "") -> HTMLResponse:
        language = lang if lang in texts.VIEWER_IN else assistant.settings.language
        found = recorder.store.turn(identity.of(request.scope).owner, id) if recorder else None
        if found is None:
            return HTMLResponse(missing(language), 404)
        conversation, turn = found
        checked = [
            (each, changes.standing(each, assistant.document(each.source_id), today()))
            for each in turn.answer.citations
        ]
        return HTMLResponse(show(conversation, turn, checked, assistant.build, language))

    return routes


def missing(language: str) -> str:
    """The page for an answer that is not there, or is another's."""
    say = chat_words(language)
    body = (
        f'<h1>{escape(say["saved_missing"])}</h1><p class="ingress">{escape(say["saved_missing_text"])}</p>'
        f'<p><a href="/{language}/">{escape(texts.VIEWER_IN[language]["home"])}</a></p>'
    )
    return pages.page(say["saved_missing"], body, language=language)


def show(conversation: str, turn: StoredTurn, checked: Checked, build: str, language: str) -> str:
    """The whole page of one answer."""
    say, answer = chat_words(language), turn.answer
    shown = Exchange(1, turn.question, turn.on, answer=answer)
    sources = cards.cited(shown, language)
    listed = f'<h2>{escape(words(language)["sources"])}</h2><div id="kilder">{sources}</div>'
    body = (
        f'<p class="kind">{escape(say["saved"])}</p><h1>{escape(turn.question)}</h1>'
        f"{_facts(turn, build, language)}{_report(checked, language)}"
        f'<article id="svar-1" tabindex="-1">{render.answered(shown, language)}</article>'
        f"{listed if sources else ''}{_ways(conversation, turn, language)}"
    )
    return pages.page(turn.question, body, language=language, head=_HEAD)


def _facts(turn: StoredTurn, build: str, language: str) -> str:
    say = chat_words(language)
    same = say["saved_same_build"] if turn.answer.build == build else say["saved_build_now"]
    facts = [
        (say["saved_given"], moment(turn.created)),
        (words(language)["date"], long_date(turn.on)),
        (say["saved_build"], f"{turn.answer.build} ({same.format(build=build)})"),
    ]
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    return f'<dl class="facts">{rows}</dl><p class="quiet">{escape(say["saved_note"])}</p>'


def _report(checked: Checked, language: str) -> str:
    """Whether the cited text stands as it did; when it does not, which of it."""
    say = chat_words(language)
    if not checked:
        return ""
    changed = [(citation, standing) for citation, standing in checked if standing is not Standing.STANDS]
    if not changed:
        return f'<p class="standing same">{escape(say["sources_same"])}</p>'
    told = {Standing.CHANGED: say["source_changed"], Standing.ENDED: say["source_ended"]}
    items = "".join(
        f"<li>[{citation.n}] {escape(citation.title)}, «{escape(citation.section)}»: "
        f"{escape(told[standing])}</li>"
        for citation, standing in changed
    )
    return (
        f'<div class="notice standing" role="note"><strong>{escape(say["sources_changed"])}</strong>'
        f"<ul>{items}</ul></div>"
    )


def _ways(conversation: str, turn: StoredTurn, language: str) -> str:
    say = chat_words(language)
    now = escape(again(turn.question, None, (), language))
    return (
        f'<p class="ways"><a href="{now}">{escape(say["saved_again"])}</a>'
        f'<a href="/{language}/#samtale-{escape(conversation)}">{escape(say["saved_open"])}</a></p>'
    )
