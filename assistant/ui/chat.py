"""What the buttons of the chat page do: from what the reader asked to what is drawn, step by step."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant import cards, fieldparts, pastchats, startpage, texts
from assistant.chattexts import chat_words
from assistant.errors import AssistantError, InputError
from assistant.exchanges import Exchange, advance, announcement, history, reopened
from assistant.markup import escape
from assistant.types import Answer, Question, SourceKind
from assistant.wording import read_date, words

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.conversations.recording import Recorder, Seat

log = logging.getLogger(__name__)

Exchanges = tuple[Exchange, ...]
Update = tuple[Any, ...]


def single_line(html: str) -> str:
    """The HTML as one block that Markdown passes through unread: without line breaks."""
    return re.sub(r"\s*\n\s*", " ", html)


def _owner(request: gr.Request | None) -> str:
    """What the reader's conversations are kept under; empty when nobody has said who asks."""
    visitor = getattr(request.request.state, "visitor", None) if request and request.request else None
    return visitor.owner if visitor else ""


def _is_running(exchanges: Exchanges) -> bool:
    return bool(exchanges) and exchanges[-1].state == "running"


_UNCHANGED: Update = (gr.skip(),) * 8


@dataclass(frozen=True, slots=True)
class Asked:
    """What stood in the fields when the reader asked."""

    text: str
    day: str
    only: tuple[SourceKind, ...] = ()


def source_kinds(value: str) -> tuple[SourceKind, ...]:
    """The kinds of source that are chosen; none, which is all of them, when it is not one of ours."""
    return (SourceKind(value),) if value in set(SourceKind) else ()


class Chat:
    """What the buttons of one page do; holds no conversation of its own."""

    def __init__(self, assistant: Assistant, language: str, recorder: Recorder | None = None) -> None:
        self._assistant = assistant
        self._language = language
        self._recorder = recorder

    def ask(
        self,
        text: str,
        day: str,
        exchanges: Exchanges,
        kinds: str = "",
        request: gr.Request | None = None,
    ) -> Iterator[Update]:
        """Draw the answer as its sentences pass, then leave the field ready for the next question.

        When the reader is changing her last question, the new one takes its place.
        """
        if not text.strip() and not _is_running(exchanges):
            yield self._keep(exchanges, words(self._language)["empty_question"])
            return
        replaced = exchanges[-1] if exchanges and exchanges[-1].edited else None
        asked = Asked(text, day, source_kinds(kinds))
        yield from self._answer(asked, exchanges, replaced, request)

    def retry(
        self, day: str, exchanges: Exchanges, kinds: str = "", request: gr.Request | None = None
    ) -> Iterator[Update]:
        """Ask the last question once more; the new answer takes the place of the old one."""
        if not exchanges:
            yield _UNCHANGED
            return
        asked = Asked(exchanges[-1].question, day, source_kinds(kinds))
        yield from self._answer(asked, exchanges, exchanges[-1], request, again=True)

    def _answer(
        self,
        asked: Asked,
        exchanges: Exchanges,
        replaced: Exchange | None,
        request: gr.Request | None,
        *,
        again: bool = False,
    ) -> Iterator[Update]:
        """The page for each step of an answer; `again` leaves what she may be writing in the field."""
        if _is_running(exchanges):
            yield _UNCHANGED
            return
        earlier = exchanges[:-1] if replaced else exchanges
        try:
            on = read_date(asked.day, self._language)
            question = self._assistant.question(asked.text, on=on, history=history(earlier), only=asked.only)
        except InputError as error:
            yield self._keep(exchanges, str(error))
            return
        seat = self._seat(exchanges, replaced, request)
        begun = Exchange(
            number=exchanges[-1].number + (not replaced) if exchanges else 1,
            question=question.text,
            on=question.on,
            progress=words(self._language)["searching"],
            conversation=exchanges[-1].conversation if seat and exchanges else "",
            id=question.id,
            only=question.only,
        )
        first = self._draw(earlier, begun, first=True)
        yield (*first[:4], gr.skip(), *first[5:]) if again else first
        drawn = 0
        for shown in self._follow(begun, question, seat):
            fresh = shown.state != "running" or len(shown.citations) > drawn
            drawn = len(shown.citations)
            yield self._draw(earlier, shown, sources=fresh)

    def _seat(
        self, exchanges: Exchanges, replaced: Exchange | None, request: gr.Request | None
    ) -> Seat | None:
        """Where the answer is to be stored; None when it is not, or the conversation has been deleted."""
        owner = _owner(request)
        if not self._recorder or not owner:
            return None
        begun = exchanges[-1].conversation if exchanges else ""
        try:
            return self._recorder.seat(owner, begun or "new", replaces=replaced.id if replaced else "")
        except AssistantError as error:
            log.error("an answer will not be stored: %s", error)
            return None

    def _follow(self, shown: Exchange, question: Question, seat: Seat | None) -> Iterator[Exchange]:
        """The exchange after each event; an accident ends it with words for the reader."""
        events = self._assistant.stream(question)
        if self._recorder and seat:
            events = self._recorder.follow(seat, events)
        try:
            for event in events:
                shown = advance(shown, event, self._language)
                if seat and isinstance(event, Answer) and texts.STORE["not_kept"] not in event.notices:
                    shown = replace(shown, conversation=seat.conversation)
                yield shown
        except AssistantError as error:
            log.warning("question failed: %s", error)
            yield replace(shown, failure=str(error))
        except Exception:
            log.exception("question failed")
            yield replace(shown, failure=words(self._language)["failed"])

    def stop(self, exchanges: Exchanges) -> Update:
        """Keep what had come when the reader pressed stop."""
        if not exchanges:
            return self.start_over()
        *earlier, last = exchanges
        shown = replace(last, stopped=True, progress="") if last.state == "running" else last
        return self._draw(tuple(earlier), shown)

    def edit(self, exchanges: Exchanges) -> Update:
        """The last question back in the field; its turn stands until the new one is sent."""
        if not exchanges or _is_running(exchanges):
            return _UNCHANGED
        *earlier, last = exchanges
        shown = replace(last, edited=True)
        drawn = self._draw(tuple(earlier), shown, sources=False, told=chat_words(self._language)["editing"])
        return (*drawn[:4], gr.update(value=last.question), *drawn[5:])

    def leave(self, exchanges: Exchanges) -> Update:
        """The last question and its answer as they were, and an empty field."""
        if not exchanges or not exchanges[-1].edited:
            return _UNCHANGED
        *earlier, last = exchanges
        told = chat_words(self._language)["edit_left"]
        drawn = self._draw(tuple(earlier), replace(last, edited=False), sources=False, told=told)
        return (*drawn[:4], gr.update(value=""), *drawn[5:])

    def welcome(self) -> str:
        """What a conversation is before anything is asked."""
        days = self._recorder.store.retention_days if self._recorder else 0
        generative = self._assistant.settings.answers == "llm"
        return startpage.welcome(startpage.About(self._assistant.sources(), days, generative), self._language)

    def start_over(self) -> Update:
        """An empty conversation."""
        return (
            "",
            single_line(self.welcome()),
            single_line(cards.panel((), self._language)),
            "",
            gr.update(value=""),
            gr.update(visible=True),
            gr.update(visible=False),
            (),
        )

    def open(self, id: str, request: gr.Request | None = None) -> Update:
        """A conversation of the reader's from before, as it was left; the next question goes on with it."""
        say = chat_words(self._language)
        owner = _owner(request)
        try:
            store = self._recorder.store if self._recorder and owner else None
            thread = store.thread(owner, id) if store else None
            if store is None or thread is None or not thread.turns:
                return self._keep((), say["past_gone"])
            said = store.feedback.verdicts(owner, [turn.id for turn in thread.turns])
        except AssistantError as error:
            log.error("a conversation was not opened: %s", error)
            return self._keep((), say["past_failed"])
        *earlier, last = reopened(thread, said)
        opened = say["past_opened"].format(title=thread.conversation.title)
        drawn = self._draw(tuple(earlier), last, first=True, told=opened)
        return (*drawn[:4], gr.skip(), *drawn[5:])  # what she is writing stays in the field

    def _draw(
        self,
        earlier: Exchanges,
        shown: Exchange,
        *,
        first: bool = False,
        sources: bool = True,
        told: str = "",
    ) -> Update:
        """The page for a conversation that ends with `shown`; what has not changed is left alone."""
        running = shown.state == "running"
        said = escape(told or announcement(shown, self._language))
        latest = pastchats.turn(shown, self._language, last=True) + f'<span id="melding" hidden>{said}</span>'
        exchanges = (*earlier, shown)
        return (
            single_line("".join(pastchats.turn(each, self._language) for each in earlier))
            if first
            else gr.skip(),
            single_line(latest),
            single_line(cards.panel(exchanges, self._language)) if sources else gr.skip(),
            fieldparts.message(self._language, edited=shown.edited),
            gr.update(value="") if first else gr.skip(),
            gr.update(visible=not running),
            gr.update(visible=running),
            exchanges,
        )

    def _keep(self, exchanges: Exchanges, message: str) -> Update:
        """The page as it was, with a message at the field and the reader's words still in it."""
        edited = bool(exchanges) and exchanges[-1].edited
        problem = fieldparts.message(self._language, edited=edited, problem=message)
        return (*_UNCHANGED[:3], problem, *_UNCHANGED[4:])
