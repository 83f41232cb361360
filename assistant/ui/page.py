"""The parts of the chat page, and which of them does what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant import cards, fieldparts, startpage, texts
from assistant.markup import escape
from assistant.ui.chat import Chat, single_line
from assistant.wording import today, words

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.conversations.recording import Recorder

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
                        _html(fieldparts.date_button(language), "velg-dato")
                        _html(fieldparts.kinds(language), "velg-typer")
                        new = gr.Button(say["new"], elem_id="ny", min_width=0)
                told = [say["privacy"]]
                if recorder and recorder.store.keeps:
                    told.append(say["kept"].format(days=recorder.store.retention_days))
                _html(f'<p class="privacy">{escape(" ".join(told))}</p>', "personvern")
            with gr.Column(elem_id="kilder", min_width=0):
                panel = _html(cards.panel((), language), "panel")
        wanted = gr.Textbox(show_label=False, max_lines=1, max_length=64, elem_id="apne", visible="hidden")
        opening = gr.Button(elem_id="apne-na", visible="hidden")
        kinds = gr.Textbox(show_label=False, max_lines=1, max_length=64, elem_id="typer", visible="hidden")
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
            [asked, day, memory, kinds],
            drawn,
            trigger_mode="multiple",
            **options,
        )
        repeating = again.click(chat.retry, [day, memory, kinds], drawn, **options)
        at_once: dict[str, Any] = {"cancels": [running, repeating], "concurrency_limit": None, **options}
        stop.click(chat.stop, [memory], drawn, **at_once)
        new.click(chat.start_over, [], drawn, **at_once)
        opening.click(chat.open, [wanted], drawn, **at_once)
        edit.click(chat.edit, [memory], drawn, **options)
        keep.click(chat.leave, [memory], drawn, **options)
    page.queue(default_concurrency_limit=AT_ONCE, max_size=WAITING, api_open=False)
    return page


def _html(value: str, name: str) -> gr.Markdown:
    """HTML of ours on the page.

    Markdown rather than gr.HTML, which compiles its template in the browser and so would need
    'unsafe-eval' in the page's Content-Security-Policy. `single_line` keeps the HTML from being
    read as Markdown.
    """
    return gr.Markdown(single_line(value), elem_id=name, sanitize_html=False, latex_delimiters=[])
