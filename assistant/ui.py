"""The chat page: Gradio draws what `render` and `cards` make of the assistant's events.

One page for each language of the interface. The conversation on the page lives in the reader's session
on the server; no word of it is kept in the browser. When the page is given a recorder, what is asked is
also stored under whoever asks, and she can open it again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

# Read by Gradio when it is imported and when a page is made: send nothing, and do not sum up the
# timing of every event in a data frame that nobody sees.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**12))

import gradio as gr

from assistant import cards, pastchats, startpage, texts
from assistant.chattexts import chat_words
from assistant.errors import AssistantError, InputError
from assistant.exchanges import Exchange, advance, announcement, history, reopened
from assistant.markup import escape
from assistant.types import Answer, Question
from assistant.wording import read_date, today, words

if TYPE_CHECKING:
    from fastapi import FastAPI

    from assistant.assistant import Assistant
    from assistant.conversations.recording import Recorder, Seat

log = logging.getLogger(__name__)

Exchanges = tuple[Exchange, ...]
Update = tuple[Any, ...]

AT_ONCE = 8
"""Answers that are made at the same time; more wait in line."""
WAITING = 64
"""Questions that may wait in line before the next is turned away."""


def build(assistant: Assistant, language: str, other: str, recorder: Recorder | None = None) -> gr.Blocks:
    """The chat page in one language; `other` is the path of the page in the other one."""
    chat = Chat(assistant, language, recorder)
    say = words(language)
    with gr.Blocks(title=texts.PRODUCT, analytics_enabled=False, fill_width=True) as page:
        kept = recorder is not None and recorder.store.keeps
        _html(startpage.header(language, other, kept=kept, limited=assistant.limited), "topp")
        with gr.Row(elem_id="arbeid"):
            with gr.Column(elem_id="samtale", min_width=0):
                with gr.Column(elem_id="rulle", min_width=0):
                    earlier = _html("", "tidligere")
                    latest = _html(chat.welcome(), "siste")
                with gr.Column(elem_id="skriv", min_width=0):
                    problem = _html("", "feil")
                    asked = gr.Textbox(
                        label=say["question"],
                        placeholder=say["placeholder"],
                        lines=1,
                        max_lines=8,
                        max_length=assistant.settings.max_question,
                        autofocus=True,
                        container=False,
                        elem_id="sporsmal",
                        html_attributes=gr.InputHTMLAttributes(enterkeyhint="send", autocomplete="off"),
                    )
                    stop = gr.Button(say["stop"], elem_id="stopp", visible=False, min_width=0)
                    send = gr.Button(say["send"], elem_id="send", variant="primary", min_width=0)
                    with gr.Row(elem_id="valg"):
                        day = gr.Textbox(
                            label=say["date"],
                            max_lines=1,
                            max_length=20,
                            elem_id="dato",
                            min_width=0,
                            html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                        )
                        _html(_date_button(say["pick_date"]), "velg-dato")
                        new = gr.Button(say["new"], elem_id="ny", min_width=0)
                told = [say["privacy"]]
                if recorder and recorder.store.keeps:
                    told.append(say["kept"].format(days=recorder.store.retention_days))
                _html(f'<p class="privacy">{escape(" ".join(told))}</p>', "personvern")
            with gr.Column(elem_id="kilder", min_width=0):
                panel = _html(cards.panel((), language), "panel")
        wanted = gr.Textbox(show_label=False, max_lines=1, max_length=64, elem_id="apne", visible="hidden")
        opening = gr.Button(elem_id="apne-na", visible="hidden")
        again, edit, keep = (
            gr.Button(elem_id=name, visible="hidden") for name in ("prov-na", "endre-na", "angre-na")
        )
        memory = gr.State((), time_to_live=8 * 60 * 60)
        drawn = [earlier, latest, panel, problem, asked, send, stop, memory]
        options: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        page.load(lambda: f"{today():%d.%m.%Y}", None, day, **options)
        running = gr.on(
            [send.click, asked.submit],
            chat.ask,
            [asked, day, memory],
            drawn,
            trigger_mode="multiple",
            **options,
        )
        repeating = again.click(chat.retry, [day, memory], drawn, **options)
        at_once: dict[str, Any] = {"cancels": [running, repeating], "concurrency_limit": None, **options}
        stop.click(chat.stop, [memory], drawn, **at_once)
        new.click(chat.start_over, [], drawn, **at_once)
        opening.click(chat.open, [wanted], drawn, **at_once)
        edit.click(chat.edit, [memory], drawn, **options)
        keep.click(chat.leave, [memory], drawn, **options)
    page.queue(default_concurrency_limit=AT_ONCE, max_size=WAITING, api_open=False)
    return page


def _date_button(label: str) -> str:
    """Opens the browser's calendar. The field itself is text, because a browser draws a field for dates
    in its own language, and 11/12 is then another day than 11.12.
    """
    return (
        f'<div><button type="button" class="pick" data-pick aria-label="{escape(label)}" '
        f'title="{escape(label)}"></button>'
        '<input type="date" class="picker" tabindex="-1" aria-hidden="true"></div>'
    )


def _html(value: str, name: str) -> gr.Markdown:
    """HTML of ours on the page.

    Markdown rather than gr.HTML, which compiles its template in the browser and so would need
    'unsafe-eval' in the page's Content-Security-Policy. `single_line` keeps the HTML from being
    read as Markdown.
    """
    return gr.Markdown(single_line(value), elem_id=name, sanitize_html=False, latex_delimiters=[])


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


class Chat:
    """What the buttons of one page do; holds no conversation of its own."""

    def __init__(self, assistant: Assistant, language: str, recorder: Recorder | None = None) -> None:
        self._assistant = assistant
        self._language = language
        self._recorder = recorder

    def ask(
        self, text: str, day: str, exchanges: Exchanges, request: gr.Request | None = None
    ) -> Iterator[Update]:
        """Draw the answer as its sentences pass, then leave the field ready for the next question.

        When the reader is changing her last question, the new one takes its place.
        """
        if not text.strip() and not _is_running(exchanges):
            yield self._keep(exchanges, words(self._language)["empty_question"])
            return
        replaced = exchanges[-1] if exchanges and exchanges[-1].edited else None
        yield from self._answer(text, day, exchanges, replaced, request)

    def retry(self, day: str, exchanges: Exchanges, request: gr.Request | None = None) -> Iterator[Update]:
        """Ask the last question once more; the new answer takes the place of the old one."""
        if not exchanges:
            yield _UNCHANGED
            return
        yield from self._answer(exchanges[-1].question, day, exchanges, exchanges[-1], request, again=True)

    def _answer(
        self,
        text: str,
        day: str,
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
            on = read_date(day, self._language)
            question = self._assistant.question(text, on=on, history=history(earlier))
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
                if seat and isinstance(event, Answer):
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
            pastchats.at_field(self._language, edited=shown.edited),
            gr.update(value="") if first else gr.skip(),
            gr.update(visible=not running),
            gr.update(visible=running),
            exchanges,
        )

    def _keep(self, exchanges: Exchanges, message: str) -> Update:
        """The page as it was, with a message at the field and the reader's words still in it."""
        edited = bool(exchanges) and exchanges[-1].edited
        problem = pastchats.at_field(self._language, edited=edited, problem=message)
        return (*_UNCHANGED[:3], problem, *_UNCHANGED[4:])


def theme() -> gr.themes.Base:
    """A plain theme with the fonts of the page; the rest of the looks is in `static/ui.css`."""
    fonts = ["Inter", "system-ui", "Segoe UI", "Roboto", "Arial", "sans-serif"]
    return gr.themes.Base(font=fonts, font_mono=["ui-monospace", "Consolas", "monospace"])


def mount(
    app: FastAPI,
    assistant: Assistant,
    language: str,
    path: str,
    other: str,
    recorder: Recorder | None = None,
) -> None:
    """Put the page at `path` of the app, with everything of Gradio that is not needed shut."""
    put = partial(_mount, app, partial(build, assistant, language, other, recorder), path)

    async def with_a_loop() -> None:
        put()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # Without a running loop Gradio makes one for each of its locks, and closes none of them.
        asyncio.run(with_a_loop())
    else:
        put()


def _mount(app: FastAPI, page: Callable[[], gr.Blocks], path: str) -> None:
    gr.mount_gradio_app(
        app,
        page(),
        path=path,
        theme=theme(),
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="1mb",
        allowed_paths=[],
        blocked_paths=["/"],
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
    )


def hang_up(app: FastAPI) -> None:
    """End the lines that open pages keep to the server, so that it need not wait for them to stop."""
    for route in app.routes:
        chat = getattr(route, "app", None)
        if isinstance(chat, gr.routes.App):
            chat.stop_event.set()
