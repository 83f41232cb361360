"""One exchange as the widget shows it: drawn by `render` and `cards`, handed over as a tree of elements.

The same tree is streamed to the widget's script and written into the page of a reader without one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from assistant import cards, nodes, render
from assistant.exchanges import READ, Exchange, announcement, unused
from assistant.markup import escape
from assistant.nodes import Element, Node
from assistant.types import Answer, Citation, Event, Progress, Question, Retrieval, Sentence
from assistant.widgettexts import widget_words
from assistant.wording import words

FORM = "skjema"
"""Id of the form on the widget's page that every suggested question is sent by."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """An exchange in the language of the page."""

    shown: Exchange
    language: str

    def tree(self) -> tuple[Node, ...]:
        """The exchange as it is now, sources and all."""
        article = self.article()
        return (replace(article, children=(*article.children, *self.sources())),)

    def article(self) -> Element:
        """The question and its answer, without the sources below it."""
        html = render.exchange(self.shown, self.language)
        article, *_ = nodes.altered(nodes.parse(html), _for_the_widget)
        assert isinstance(article, Element), "an exchange is drawn as one element"
        return article

    def sources(self) -> tuple[Node, ...]:
        """What the answer cites, and apart from it what was only read; nothing before anything is cited."""
        shown, say = self.shown, widget_words(self.language)
        cited = cards.cited(shown, self.language)
        if not cited:
            return ()
        rest = cards.only_read(unused(shown), shown.on, self.language)
        groups = "".join(
            f"<h3>{escape(say[title])}</h3>{drawn}"
            for title, drawn in (("cited", cited), ("only_read", rest))
            if drawn
        )
        count = len(shown.answer.citations if shown.answer else shown.citations)
        html = (
            f'<details class="sources" id="kilder-{shown.number}">'
            f"<summary>{escape(say['sources'].format(n=count))}</summary>{groups}</details>"
        )
        return nodes.altered(nodes.parse(html), _for_the_widget)


def begin(question: Question, number: int, language: str) -> Drawing:
    """A question that nothing has come of yet."""
    progress = widget_words(language)["searching"]
    return Drawing(Exchange(number, question.text, question.on, progress), language)


def advance(drawing: Drawing, event: Event) -> Drawing:
    """The drawing after one more event of the assistant's stream."""
    shown, say = drawing.shown, widget_words(drawing.language)
    match event:
        case Progress():
            return drawing
        case Retrieval():
            read = event.hits[:READ]
            progress = say["reading"].format(n=len(read))
            return replace(drawing, shown=replace(shown, progress=progress, read=read))
        case Citation():
            known = (*shown.citations, event)
            return replace(drawing, shown=replace(shown, citations=known, progress=say["checking"]))
        case Sentence():
            return replace(drawing, shown=replace(shown, sentences=(*shown.sentences, event)))
        case Answer():
            return replace(drawing, shown=replace(shown, answer=event, progress=""))


def failed(drawing: Drawing, reason: str = "") -> Drawing:
    """The drawing of a question that an accident put an end to."""
    reason = reason or words(drawing.language)["failed"]
    return replace(drawing, shown=replace(drawing.shown, failure=reason, progress=""))


class Pen:
    """Draws the exchange again for each event of a stream; its sources only when they change."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._sources: tuple[Node, ...] = ()

    def frame(self, event: Event) -> str:
        """The exchange after the event, as it goes over the wire."""
        self._drawing = advance(self._drawing, event)
        return self._frame()

    def failure(self, reason: str) -> str:
        """The exchange after an accident, as it goes over the wire."""
        self._drawing = failed(self._drawing, reason)
        return self._frame()

    def _frame(self) -> str:
        return f"event: drawn\ndata: {json.dumps(self._outline(), ensure_ascii=False)}\n\n"

    def _outline(self) -> dict[str, Any]:
        shown = self._drawing.shown
        outline: dict[str, Any] = {
            "state": shown.state,
            "said": announcement(shown, self._drawing.language),
            "nodes": nodes.plain([self._drawing.article()]),
        }
        sources = self._drawing.sources()
        if sources != self._sources:
            self._sources = sources
            outline["sources"] = nodes.plain(sources)
        if shown.answer:
            answer = shown.answer
            outline |= {
                "id": answer.id,
                "status": answer.status.value,
                "text": answer.text,
                "cited": len(answer.citations),
            }
        return outline


def _for_the_widget(element: Element) -> Element | None:
    """What differs from the chat page: no panel to open, and questions that a plain form can send."""
    attributes = dict(element.attributes)
    if element.tag == "a" and element.has("back"):
        return None
    if element.tag == "button" and "data-show" in attributes:
        return None
    if element.tag == "a" and element.has("cite"):
        attributes |= {"target": "_blank", "rel": "noopener"}
    if element.tag == "button" and "data-ask" in attributes:
        asked = attributes.pop("data-ask")
        attributes |= {"type": "submit", "form": FORM, "formnovalidate": "", "name": "choice", "value": asked}
    return replace(element, attributes=tuple(attributes.items()))
