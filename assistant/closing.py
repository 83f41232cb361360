"""Switching the service off without stopping it: every page and answer becomes a message, at once.

It is closed by the setting `ASSISTANT_CLOSED`, or by a file `CLOSED` in the folder for generated files, which
is looked for at each request and needs no restart. What the file says is the message. Health checks go on
answering, so that nothing restarts a service that is closed on purpose.
"""

from __future__ import annotations

import re

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant import problems, texts
from assistant.problems import Problem
from assistant.settings import Settings

FILE = "CLOSED"
LONGEST = 2000
"""Characters of the file that are shown."""
_OPEN = re.compile(r"/(?:healthz|readyz|metrics|web/.*|widget[-.][\w.-]*)")


def message(settings: Settings) -> str:
    """What to say instead of answering; empty when the service is open."""
    if settings.closed:
        return settings.closed
    try:
        with (settings.var / FILE).open(encoding="utf-8", errors="replace") as file:
            return file.read(LONGEST).strip() or texts.PROBLEM["closed"]
    except FileNotFoundError:
        return ""
    except OSError:
        return texts.PROBLEM["closed"]  # it is there and cannot be read: whoever made it meant to close


class Closing:
    """ASGI middleware that answers 503 with the message while the service is closed."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or say that the service is closed."""
        if scope["type"] == "http" and not _OPEN.fullmatch(scope["path"]):
            said = message(self._settings)
            if said:
                request = Request(scope, receive)
                response = problems.respond(request, Problem(503, said, headers={"Retry-After": "3600"}))
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)
