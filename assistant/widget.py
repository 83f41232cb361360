"""The widget: the page at `/embed` that other sites may show in a frame, and the script that shows it there.

The page is ours alone: no build step, nothing inline, nothing from elsewhere. Without script it is a
plain form that is answered with a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from assistant import drawing, embedpage, loader, nodes, texts
from assistant.embedpage import Page
from assistant.errors import AssistantError, InputError
from assistant.problems import Problem
from assistant.types import Turn
from assistant.wording import read_date, words

if TYPE_CHECKING:
    from assistant.assistant import Assistant

FEEDBACK = "/api/v1/feedback"
REMEMBERED = 6
"""Earlier questions that the plain form carries along for follow-ups to lean on."""
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_SCHEMES = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Form:
    """What the plain form sends: a question of the reader's own, or one that was offered."""

    question: str = ""
    on: str = ""
    earlier: tuple[str, ...] = ()

    @classmethod
    def read(cls, body: bytes) -> Form:
        """The fields of the form.

        Raises:
            Problem: they are not text, or too many.
        """
        try:
            fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=30, errors="strict")
        except ValueError:
            raise Problem(400, texts.PROBLEM["no_form"]) from None
        chosen = fields.get("choice") or fields.get("question") or [""]
        return cls(chosen[-1], fields.get("on", [""])[-1], tuple(fields.get("earlier", ())[-REMEMBERED:]))


def router(assistant: Assistant, allowed: tuple[str, ...]) -> APIRouter:
    """`/embed`, which the sites in `allowed` may show in a frame, and `/widget.js`."""
    routes = APIRouter(include_in_schema=False)

    def page(request: Request) -> Page:
        asked: Mapping[str, str] = request.query_params
        language, scheme = asked.get("lang", ""), asked.get("theme", "")
        return Page(
            language=language if language in texts.PAGE_IN else assistant.settings.language,
            full=asked.get("full") == "1",
            scheme=scheme if scheme in _SCHEMES else "auto",
            sources=assistant.sources(),
            settings=assistant.settings,
            ancestors=allowed,
            feedback=any(getattr(route, "path", "") == FEEDBACK for route in request.app.routes),
            limited=assistant.limited,
        )

    @routes.api_route("/embed", methods=["GET", "HEAD"])
    async def empty(request: Request) -> HTMLResponse:
        return HTMLResponse(embedpage.draw(page(request)))

    @routes.post("/embed")
    async def answered(request: Request) -> HTMLResponse:
        form = Form.read(await request.body())
        return await run_in_threadpool(_answer, assistant, page(request), form)

    @routes.api_route("/widget.js", methods=["GET", "HEAD"])
    async def newest() -> Response:
        return _script(loader.current(), {"Cache-Control": "no-cache"})

    @routes.api_route("/widget-{digest}.js", methods=["GET", "HEAD"])
    async def version(digest: str) -> Response:
        for each in loader.versions():
            if each.path == f"/widget-{digest}.js":
                return _script(each, _FOREVER)
        raise Problem(404, texts.PAGE_404_TEXT)

    return routes


def _script(script: loader.Loader, headers: Mapping[str, str]) -> Response:
    return Response(script.content, media_type="text/javascript; charset=utf-8", headers=dict(headers))


def _answer(assistant: Assistant, page: Page, form: Form) -> HTMLResponse:
    """The page with the answer to the form, or with what is wrong with it."""
    say = words(page.language)
    try:
        if not form.question.strip():
            raise InputError(say["empty_question"])
        on = read_date(form.on, page.language)
        question = assistant.question(form.question, on=on, history=_turns(form.earlier))
    except InputError as error:
        return HTMLResponse(embedpage.draw(page, form=form, problem=str(error)), 422)
    drawn = drawing.begin(question, 1, page.language)
    status = 200
    try:
        for event in assistant.stream(question):
            drawn = drawing.advance(drawn, event)
    except AssistantError as error:
        drawn, status = drawing.failed(drawn, str(error)), 503
    earlier = (*form.earlier, question.text)[-REMEMBERED:]
    answer = nodes.html(drawn.tree())
    return HTMLResponse(embedpage.draw(page, form=Form("", form.on, earlier), answer=answer), status)


def _turns(questions: Sequence[str]) -> tuple[Turn, ...]:
    return tuple(Turn(question) for question in questions)
