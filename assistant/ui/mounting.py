"""The chat page as a part of the service, with everything of Gradio that is not needed shut."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import gradio as gr

from assistant.ui.page import build

if TYPE_CHECKING:
    from fastapi import FastAPI

    from assistant.assistant import Assistant
    from assistant.conversations.recording import Recorder


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
