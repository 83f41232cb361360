"""What can go wrong with a request, told in Norwegian: problem details (RFC 9457) or a plain page."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from assistant import pages, texts
from assistant.errors import AssistantError, InputError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY = "5"
"""Seconds after which it is worth asking again, when something that we need is away."""


class Problem(Exception):
    """A request that cannot be served; becomes the response."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = headers

    @property
    def body(self) -> dict[str, object]:
        """The problem details as RFC 9457 has them; `errors` lists the fields that are wrong."""
        body: dict[str, object] = {
            "type": "about:blank",
            "title": texts.PROBLEM_TITLE.get(self.status, texts.PROBLEM_TITLE[500]),
            "status": self.status,
            "detail": self.detail,
        }
        return {**body, "errors": list(self.errors)} if self.errors else body


def of(error: AssistantError) -> Problem:
    """The problem that an error of the assistant is to whoever asked."""
    if isinstance(error, InputError):
        return Problem(422, clean(str(error)))
    return Problem(503, clean(str(error)), headers={"Retry-After": RETRY})


def clean(text: str) -> str:
    """The text without what UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode()


def respond(request: Request, problem: Problem) -> Response:
    """Problem details for the API, a page for people."""
    headers = dict(problem.headers or {})
    if _wants_page(request):
        content = pages.problem(problem.status, problem.detail)
        return HTMLResponse(content, problem.status, headers)
    content = json.dumps(problem.body, ensure_ascii=False)
    return Response(clean(content), problem.status, headers, MEDIA_TYPE)


def _wants_page(request: Request) -> bool:
    path = request.url.path
    machine = path.startswith("/api/") or path in {"/api", "/openapi.json", "/healthz", "/readyz", "/metrics"}
    return not machine


def install(app: FastAPI) -> None:
    """Answer everything that goes wrong in `app` in our own words; never with a stack trace."""

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return respond(request, error)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return respond(request, route_problem(request, error.status_code, error.headers))

    async def on_parameters(request: Request, _: Exception) -> Response:
        return respond(request, Problem(422, texts.PROBLEM["fields"]))

    async def on_assistant(request: Request, error: Exception) -> Response:
        assert isinstance(error, AssistantError)
        if not isinstance(error, InputError):
            log.error("%s", error)
        return respond(request, of(error))

    async def on_accident(request: Request, _: Exception) -> Response:
        return respond(request, Problem(500, texts.PROBLEM["internal"]))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_parameters)
    app.add_exception_handler(AssistantError, on_assistant)
    app.add_exception_handler(Exception, on_accident)


def route_problem(request: Request, status: int, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem of a request that no route takes."""
    path = clean(request.url.path)[:200]
    if status == 404:
        detail = texts.PROBLEM["no_route"].format(path=path)
    elif status == 405:
        detail = texts.PROBLEM["no_method"].format(method=request.method, path=path)
    else:
        detail = texts.PROBLEM_TITLE.get(status, texts.PROBLEM["internal"])
    return Problem(status, detail, headers=headers)
