"""The chat page: Gradio draws what `render` and `cards` make of the assistant's events.

One page for each language of the interface. The conversation on the page lives in the reader's session
on the server and is gone when she closes it; nothing is kept in the browser. What is asked is also
stored under whoever asks, when the page is given a recorder.
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

from assistant import cards, render, texts
from assistant.errors import AssistantError, InputError
from assistant.exchanges import Exchange, announcement
from assistant.markup import escape
from assistant.types import Answer, Citation, Event, Progress, Question, Retrieval, Sentence, Turn
from assistant.wording import read_date, today, words

if TYPE_CHECKING:
    from fastapi import FastAPI

    from assistant.assistant import Assistant
    from assistant.conversations.recording import Recorder, Seat

log = logging.getLogger(__name__)

Exchanges = tuple[Exchange, ...]
Update = tuple[Any, ...]

REMEMBERED_TURNS = 6
"""How many earlier exchanges a follow-up question may lean on."""
AT_ONCE = 8
"""Answers that are made at the same time; more wait in line."""
WAITING = 64
"""Questions that may wait in line before the next is turned away."""


def advance(shown: Exchange, event: Event, language: str) -> Exchange:
    """The exchange after one more event of the assistant's stream."""
    match event:
        case Progress():
            return replace(shown, progress=event.text)
        case Retrieval():
            return replace(shown, progress=words(language)["checking"])
        case Citation():
            return replace(shown, citations=(*shown.citations, event))
        case Sentence():
            return replace(shown, sentences=(*shown.sentences, event))
        case Answer():
            return replace(shown, answer=event, progress="")


def history(exchanges: Exchanges) -> tuple[Turn, ...]:
    """What the reader saw earlier, for follow-up questions to lean on."""
    seen = [Turn(each.question, each.answer.text) for each in exchanges if each.answer]
    return tuple(seen[-REMEMBERED_TURNS:])


def build(assistant: Assistant, language: str, other: str, recorder: Recorder | None = None) -> gr.Blocks:
    """The chat page in one language; `other` is the path of the page in the other one."""
    chat = Chat(assistant, language, recorder)
    say = words(language)
    with gr.Blocks(title=texts.PRODUCT, analytics_enabled=False, fill_width=True) as page:
        _html(header(assistant, language, other), "topp")
        with gr.Row(elem_id="arbeid"):
            with gr.Column(elem_id="samtale", min_width=0):
                with gr.Column(elem_id="rulle", min_width=0):
                    earlier = _html("", "tidligere")
                    latest = _html(render.welcome(language), "siste")
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
        at_once: dict[str, Any] = {"cancels": [running], "concurrency_limit": None, **options}
        stop.click(chat.stop, [memory], drawn, **at_once)
        new.click(chat.start_over, [], drawn, **at_once)
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


def header(assistant: Assistant, language: str, other: str) -> str:
    """The top of the page: what this is, that it is AI, and the ways out of it."""
    say = words(language)
    limited = (
        f'<div class="notice limited" role="note"><strong>{escape(say["limited"])}</strong>'
        f"<p>{escape(assistant.limited)}</p></div>"
        if assistant.limited
        else ""
    )
    other_language = "nn" if language == "nb" else "nb"
    return (
        f'<header class="top"><div><h1>{escape(texts.PRODUCT)} <span class="ai">{escape(say["badge"])}</span>'
        f"</h1><p>{escape(say['tagline'])}</p></div><nav>"
        f'<a href="/kilder?lang={language}" target="_blank" rel="noopener">{escape(say["sources_link"])}</a>'
        f'<a href="{escape(other)}" lang="{other_language}" aria-label="{escape(say["language_label"])}">'
        f"{escape(say['language'])}</a></nav></header>{limited}"
    )


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
        """Draw the answer as its sentences pass, then leave the field ready for the next question."""
        say = words(self._language)
        if exchanges and exchanges[-1].state == "running":
            yield _UNCHANGED
            return
        if not text.strip():
            yield self._keep(say["empty_question"])
            return
        try:
            on = read_date(day, self._language)
            question = self._assistant.question(text, on=on, history=history(exchanges))
        except InputError as error:
            yield self._keep(str(error))
            return
        number = exchanges[-1].number + 1 if exchanges else 1
        seat = self._seat(exchanges, request)
        begun = Exchange(
            number,
            question.text,
            question.on,
            progress=say["searching"],
            conversation=seat.conversation if seat else "",
        )
        yield self._draw(exchanges, begun, first=True)
        drawn = 0
        for shown in self._follow(begun, question, seat):
            fresh = shown.state != "running" or len(shown.citations) > drawn
            drawn = len(shown.citations)
            yield self._draw(exchanges, shown, sources=fresh)

    def _seat(self, exchanges: Exchanges, request: gr.Request | None) -> Seat | None:
        """Where the answer is to be stored; None when it is not, or the conversation has been deleted."""
        visitor = getattr(request.request.state, "visitor", None) if request and request.request else None
        if not self._recorder or visitor is None:
            return None
        begun = exchanges[-1].conversation if exchanges else ""
        try:
            return self._recorder.seat(visitor.owner, begun or "new")
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

    def start_over(self) -> Update:
        """An empty conversation."""
        return (
            "",
            single_line(render.welcome(self._language)),
            single_line(cards.panel((), self._language)),
            "",
            gr.update(value=""),
            gr.update(visible=True),
            gr.update(visible=False),
            (),
        )

    def _draw(
        self, earlier: Exchanges, shown: Exchange, *, first: bool = False, sources: bool = True
    ) -> Update:
        """The page for a conversation that ends with `shown`; what has not changed is left alone."""
        running = shown.state == "running"
        said = escape(announcement(shown, self._language))
        latest = render.exchange(shown, self._language) + f'<span id="melding" hidden>{said}</span>'
        exchanges = (*earlier, shown)
        return (
            single_line("".join(render.exchange(each, self._language) for each in earlier))
            if first
            else gr.skip(),
            single_line(latest),
            single_line(cards.panel(exchanges, self._language)) if sources else gr.skip(),
            "",
            gr.update(value="") if first else gr.skip(),
            gr.update(visible=not running),
            gr.update(visible=running),
            exchanges,
        )

    def _keep(self, message: str) -> Update:
        """The page as it was, with a message at the field and the reader's words still in it."""
        problem = f'<p class="problem" role="alert">{escape(message)}</p>'
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
