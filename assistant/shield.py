"""What every response carries and every request must respect, whichever part of the service answers.

- security headers, with a Content-Security-Policy for each kind of page
- no CORS header but on the widget's script
- requests that another web site makes in the reader's browser are turned away
- no request body is larger than the service needs
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant import texts
from assistant.errors import SettingsError
from assistant.problems import MEDIA_TYPE, Problem

MEANT = ("X-Requested-With", "anskaffelsesassistenten")
"""Header with which a page of ours changes what is stored."""
MAX_BODY = 256 * 1024
"""Largest request that is read, in bytes."""
FORMS = "/admin"
"""Where pages of ours send forms."""

_OWN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)
_CHAT = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'none'"
)
_POSTING = _OWN.replace("form-action 'none'", "form-action 'self'")
_DATA = "default-src 'none'; base-uri 'none'; form-action 'none'"
EMBED = "/embed"
"""The one page that other sites may show in a frame."""
_LOADER = re.compile(r"/widget(?:-[0-9a-f]+)?\.js")
_TOO_LARGE = texts.PROBLEM["too_large"].format(limit=MAX_BODY // 1024)
_WITHOUT_BODY = {"GET", "HEAD"}
_SOURCE = re.compile(r"'self'|https?://(?:\*\.)?[A-Za-z0-9.-]+(?::\d{1,5})?", re.ASCII)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def ancestors(value: str) -> tuple[str, ...]:
    """The sites that may show the widget in a frame, read from the setting.

    Raises:
        SettingsError: one of them is not an address of a site.
    """
    sites = tuple(value.split())
    for site in sites:
        if not _SOURCE.fullmatch(site):
            message = texts.START["frame"].format(value=site)
            raise SettingsError(message, texts.START["frame_remedy"])
    return sites


class Shield:
    """ASGI middleware around the whole service.

    `rewrites` maps the path of each chat page to what must be done with its HTML. `streams` maps the paths
    that take more than `MAX_BODY` to how much that is; their bodies are handed on as they come.
    """

    def __init__(
        self,
        app: ASGIApp,
        rewrites: Mapping[str, Callable[[str], str]],
        frame_ancestors: Iterable[str] = (),
        streams: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._rewrites = rewrites
        self._ancestors = tuple(frame_ancestors)
        self._streams = dict(streams or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; the lifespan passes through."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = self._guarded(scope, send)
        most = self._streams.get(scope["path"]) if scope["method"] == "POST" else None
        if refusal := _refusal(scope, most or MAX_BODY):
            await _refuse(refusal, guarded)
            return
        if most:
            await self._app(scope, _at_most(most, receive), guarded)
            return
        rewrite = self._rewrites.get(scope["path"])
        if rewrite and scope["method"] in _WITHOUT_BODY:
            page = _Rewritten(guarded, rewrite)
            await self._app(scope, receive, page.send)
            return
        if scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, guarded)
        elif whole := await _whole_body(receive):
            await self._app(scope, whole, guarded)
        else:
            await _refuse(Problem(413, _TOO_LARGE), guarded)

    def _guarded(self, scope: Scope, send: Send) -> Send:
        """`send` with the headers that belong to the path."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(scope["path"], MutableHeaders(raw=message.setdefault("headers", [])))
            await send(message)

        return guarded

    def _dress(self, path: str, headers: MutableHeaders) -> None:
        for name in [name for name in headers if name.lower().startswith("access-control-")]:
            del headers[name]
        headers.update(_ALWAYS)
        allowed = self._ancestors if path == EMBED else ()
        policy = self._policy(path, headers.get("content-type", ""))
        framed = " ".join(allowed) or "'none'"
        headers["Content-Security-Policy"] = f"{policy}; frame-ancestors {framed}"
        if not allowed:
            headers["X-Frame-Options"] = "DENY"
        if _LOADER.fullmatch(path):
            # A script with an integrity hash is only run when its server lets every site read it.
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            headers.setdefault("Cache-Control", "no-store")
        elif "/assets/" in path or path.endswith(".woff2"):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif path.startswith("/web/"):
            headers["Cache-Control"] = "no-cache"
        else:
            headers["Cache-Control"] = "no-store"

    def _policy(self, path: str, media: str) -> str:
        if path in self._rewrites:
            return _CHAT
        if not media.startswith("text/html"):
            return _DATA
        return _POSTING if path == EMBED or path.startswith(FORMS) else _OWN


def _refusal(scope: Scope, most: int) -> Problem | None:
    headers = Headers(scope=scope)
    safe = scope["method"] in _WITHOUT_BODY
    if not safe and not _is_ours(headers):
        return Problem(403, texts.PROBLEM["cross_site"])
    if not safe and not _is_meant(scope, headers):
        return Problem(403, texts.PROBLEM["not_meant"].format(header=MEANT[0], value=MEANT[1]))
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 12 or int(length) > most:
        return Problem(413, texts.PROBLEM["too_large"].format(limit=most // 1024))
    return None


def _is_ours(headers: Headers) -> bool:
    """Whether one of our own pages, or a program, sends the request: a browser says where it comes from.

    A browser that is too old to say so in `Sec-Fetch-Site` still names the page's origin.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2].lower() == headers.get("host", "").lower()


def _is_meant(scope: Scope, headers: Headers) -> bool:
    """Whether a change of what is stored carries what no foreign page can send without being asked first.

    A body of JSON does; where there is none, as when something is deleted, our own header does.
    """
    if scope["method"] == "POST" or not scope["path"].startswith("/api/"):
        return True  # an endpoint that takes a POST reads JSON alone
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media == "application/json" or headers.get(MEANT[0], "") == MEANT[1]


async def _refuse(problem: Problem, send: Send) -> None:
    content = json.dumps(problem.body, ensure_ascii=False).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _at_most(most: int, receive: Receive) -> Receive:
    """A `receive` that hands the body on as it comes, and hangs up when it is larger than it said."""
    got = 0

    async def counted() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        return {"type": "http.disconnect"} if got > most else message

    return counted


async def _whole_body(receive: Receive) -> Receive | None:
    """A `receive` that gives the body again in one piece; None when it is larger than is read."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        more = message.get("more_body", False)
    first: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def again() -> Message:
        return first.pop() if first else await receive()

    return again


class _Rewritten:
    """A response that is held back until it is whole, and sent changed."""

    def __init__(self, send: Send, rewrite: Callable[[str], str]) -> None:
        self._send = send
        self._rewrite = rewrite
        self._start: Message = {}
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        content = bytes(self._body)
        headers = MutableHeaders(raw=list(self._start["headers"]))
        if self._start["status"] == 200 and headers.get("content-type", "").startswith("text/html"):
            content = self._rewrite(content.decode()).encode() if content else content
            if content:
                headers["content-length"] = str(len(content))
        await self._send({**self._start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": content})
