"""Puts the parts of the web service together, and serves them."""

from __future__ import annotations

import asyncio
import errno
import logging
import math
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from assistant import (
    answerpage,
    api,
    documentation,
    frontpage,
    logs,
    metrics,
    personal,
    problems,
    promises,
    records,
    standby,
    texts,
    viewer,
    widget,
)
from assistant.closing import Closing
from assistant.errors import AssistantError, EnvironmentProblem, SettingsError
from assistant.identity import Identity, Reception
from assistant.limits import Limits
from assistant.problems import Problem
from assistant.settings import Settings
from assistant.shield import Shield, ancestors

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.conversations.recording import Recorder
    from assistant.conversations.store import Conversations
    from assistant.live import Watcher
    from assistant.spans import Spans

log = logging.getLogger(__name__)

GRACE, LONGEST_GRACE = 3, 25
"""Seconds that answers under way get when the service stops; verbatim ones are quick, a model's are not."""
CLEANING = 24 * 60 * 60.0
"""Seconds between two times that old conversations are deleted."""
STATIC = Path(__file__).parent / "static"


class Service(FastAPI):
    """A FastAPI application with the shield around all of it, its own error pages too."""

    shield: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request through the shield."""
        await self.shield(scope, receive, send)


def build_app(
    assistant: Assistant, recorder: Recorder | None = None, watcher: Watcher | None = None
) -> FastAPI:
    """The whole service around one open assistant: API, source pages and the chat at `/`.

    With a `recorder` it keeps conversations and feedback; without, it stores nothing. With a `watcher` it
    takes up new builds for as long as it is served.

    Raises:
        SettingsError: the sites that may show the widget in a frame are not addresses, or the settings ask
            for spans that cannot be sent.
    """
    from assistant import ui  # Gradio takes seconds to import: only who serves it waits

    settings = assistant.settings
    sites = ancestors(settings.frame_ancestors)
    counted, spans = metrics.Metrics(assistant), open_spans(settings)
    assistant = counted.watched()
    if spans:
        assistant = spans.watched(assistant)
    first = settings.language
    second = "nn" if first == "nb" else "nb"
    app = Service(
        title=texts.PRODUCT, version=promises.VERSION, docs_url=None, redoc_url=None, openapi_url=None,
        lifespan=partial(_watching, watcher),
    )  # fmt: skip
    problems.install(app)
    app.include_router(api.router(assistant, recorder))
    if recorder:
        app.include_router(records.router(recorder))
    app.include_router(viewer.router(assistant))
    app.include_router(answerpage.router(assistant, recorder))
    app.include_router(widget.router(assistant, sites))
    app.include_router(documentation.router(app))
    app.include_router(metrics.router(counted, settings.metrics))
    streams = _include_admin(app, assistant, recorder)
    for path, target in {f"/{second}": f"/{second}/", f"/{first}": "/", f"/{first}/": "/"}.items():
        app.add_route(path, partial(_moved, target), include_in_schema=False)
    app.mount("/web", StaticFiles(directory=STATIC), name="web")
    app.router.routes.append(_Nowhere(app, ("/", f"/{second}")))
    ui.mount(app, assistant, second, f"/{second}", other="/", recorder=recorder)
    ui.mount(app, assistant, first, "/", other=f"/{second}/", recorder=recorder)
    pages = {"/": first, f"/{second}/": second}
    kept = recorder is not None and recorder.store.keeps
    rewrites = {
        path: partial(frontpage.rewrite, language=language, kept=kept) for path, language in pages.items()
    }
    identity = Identity(settings)
    limited = Limits(super(Service, app).__call__, settings, identity.address)
    inner = Closing(Reception(limited, identity), settings)
    app.shield = metrics.Observed(Shield(inner, rewrites, sites, streams), counted)
    if spans:
        app.shield = spans.around(app.shield, identity.is_from_proxy)
        _end_with(app, spans.close)
    return app


def open_spans(settings: Settings) -> Spans | None:
    """What follows each request, when the settings ask for it; only then OpenTelemetry is loaded.

    Raises:
        SettingsError: its packages are missing, or its own variables do not say where to send.
    """
    if settings.otel == "off":
        return None
    try:
        from assistant import spans
    except ImportError:
        raise SettingsError(
            "ASSISTANT_OTEL=traces trenger pakker som ikke er installert.",
            "Installer dem: pip install '.[otel]'.",
        ) from None
    return spans.Spans.open(os.environ)


def _end_with(app: FastAPI, close: Callable[[], object]) -> None:
    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await run_in_threadpool(close)

    app.router.lifespan_context = _both(app.router.lifespan_context, life)


def keep_clean(app: FastAPI, store: Conversations) -> None:
    """Delete what is too old when the service starts and once a day after, and close the store with it."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        cleaning = asyncio.create_task(_clean(store))
        try:
            yield
        finally:
            cleaning.cancel()
            await asyncio.gather(cleaning, return_exceptions=True)
            await run_in_threadpool(store.close)

    app.router.lifespan_context = _both(app.router.lifespan_context, life)


async def _clean(store: Conversations) -> None:
    while True:
        try:
            gone = await run_in_threadpool(store.purge)
            if gone.conversations or gone.feedback:
                log.warning("deleted %d conversations, %d pieces of feedback; %d held", *astuple(gone))
        except AssistantError as error:
            log.error("nothing old was deleted: %s", error)
        await asyncio.sleep(CLEANING)


def _both(first: Lifespan[FastAPI], second: Lifespan[FastAPI]) -> Lifespan[FastAPI]:
    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[object]:
        async with first(app) as state, second(app):
            yield state

    return life  # type: ignore[return-value]  # the state, when there is any, is the first one's


def _include_admin(app: FastAPI, assistant: Assistant, recorder: Recorder | None) -> Mapping[str, int]:
    """Serve the admin page when the settings name an administrator; the paths that take files."""
    if not assistant.settings.admin_password_hash.get_secret_value().strip():
        return {}
    from assistant.admin import site  # builds and reads documents, which other services never do

    feedback = recorder.store.feedback if recorder and recorder.store.keeps else None
    app.include_router(site.router(assistant, feedback=feedback))
    return site.STREAMS


@asynccontextmanager
async def _watching(watcher: Watcher | None, _: FastAPI) -> AsyncIterator[None]:
    if watcher is None:
        yield
        return
    with watcher.running():
        yield


async def _moved(target: str, request: Request) -> Response:
    return RedirectResponse(f"{target}?{request.url.query}" if request.url.query else target)


class _Nowhere(BaseRoute):
    """Takes every request that neither our own routes nor the chat page needs, and says so.

    It stands between our routes and Gradio, which would answer any address.
    """

    def __init__(self, app: FastAPI, chats: tuple[str, ...]) -> None:
        self._own = tuple(app.router.routes)
        self._chats = chats

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or any(frontpage.needed(scope["path"], root) for root in self._chats):
            return Match.NONE, {}
        return Match.FULL, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        partial_match = any(route.matches(scope)[0] is Match.PARTIAL for route in self._own)
        request = Request(scope, receive)
        problem = problems.route_problem(request, 405 if partial_match else 404)
        await problems.respond(request, problem)(scope, receive, send)


def serve(settings: Settings) -> None:
    """Serve until stopped; the port answers at once, and says that it is starting until all is open.

    Raises:
        AssistantError: the index or the model cannot be opened, or a setting is wrong.
        EnvironmentProblem: the port is taken, or the folder for generated files cannot be written.
    """
    logs.configure(settings.log, settings.log_level, personal.mask)
    began = time.perf_counter()
    check_writable(settings.var)
    with claim_port(settings.host, settings.port) as listener:
        door = Door(partial(_open, settings))
        config = uvicorn.Config(
            door,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # who asks, and from where, is for `identity` to believe or not
            timeout_graceful_shutdown=grace(settings),
        )
        server = _Server(config, door)

        def ready() -> None:
            url = address(settings.host, settings.port)
            _say(texts.START["ready_seconds"].format(url=url, seconds=time.perf_counter() - began))

        door.when_open, door.when_failed = ready, partial(setattr, server, "should_exit", True)
        _say(texts.START["opening"])
        server.run(sockets=[listener])
    if door.failure:
        raise door.failure


def grace(settings: Settings) -> int:
    """Seconds that answers under way get when the service stops; within what `deploy/` gives it to end."""
    if settings.answers != "llm":
        return GRACE
    return min(LONGEST_GRACE, max(GRACE, math.ceil(settings.llm_seconds)))


class _Server(uvicorn.Server):
    """A server that tells its open pages when it stops."""

    def __init__(self, config: uvicorn.Config, door: Door) -> None:
        super().__init__(config)
        self._door = door

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking requests, and let those that are being answered come to their end."""
        self._door.hang_up()
        await super().shutdown(sockets)


def _open(settings: Settings) -> FastAPI:
    from assistant.assistant import Assistant  # the models behind it take a second to import
    from assistant.conversations import open_store
    from assistant.conversations.recording import Recorder

    store = open_store(settings)
    try:
        assistant = Assistant.open(settings, search=partial(standby.of, settings))
        app = build_app(assistant, Recorder(store), assistant.watcher())
    except BaseException:
        store.close()
        raise
    keep_clean(app, store)
    return app


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def address(host: str, port: int) -> str:
    """The address to open in a browser on this machine."""
    shown = "localhost" if host in {"0.0.0.0", "::", ""} else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def check_writable(folder: Path) -> None:
    """Make the folder for generated files, and see that it takes a file.

    Raises:
        EnvironmentProblem: it does not.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        message = texts.START["var"].format(path=folder, reason=error.strerror or error)
        raise EnvironmentProblem(message, texts.START["var_remedy"]) from None


def claim_port(host: str, port: int) -> socket.socket:
    """The address, bound and ready to listen on.

    Raises:
        EnvironmentProblem: another program has it, or it is not one of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(socket.SOMAXCONN)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            message = texts.START["port_in_use"].format(host=host, port=port)
            raise EnvironmentProblem(message, texts.START["port_in_use_remedy"]) from None
        reason = error.strerror or str(error)
        message = texts.START["port_denied"].format(host=host, port=port, reason=reason)
        raise EnvironmentProblem(message, texts.START["port_denied_remedy"]) from None
    return listener


def _nothing() -> None:
    """Nobody waits."""


class Door:
    """What the port leads to: a note that the service is starting, then the service itself."""

    def __init__(self, opening: Callable[[], FastAPI]) -> None:
        self._opening = opening
        self._app: FastAPI | None = None
        self._closing = asyncio.Event()
        self.failure: BaseException | None = None
        self.when_open: Callable[[], object] = _nothing
        self.when_failed: Callable[[], object] = _nothing

    def hang_up(self) -> None:
        """End the lines of open pages; those that are answered at the moment go on."""
        if self._app:
            from assistant import ui

            ui.hang_up(self._app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to the service, or answer for it while it is being opened."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._app:
            await self._app(scope, receive, send)
        else:
            await Shield(_starting, {})(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        opening = asyncio.create_task(self._keep_open())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._closing.set()
        await opening
        await send({"type": "lifespan.shutdown.complete"})

    async def _keep_open(self) -> None:
        """Open the service, and keep its parts alive until the server stops."""
        try:
            app = await run_in_threadpool(self._opening)
            async with app.router.lifespan_context(app):
                self._app = app
                self.when_open()
                await self._closing.wait()
        except BaseException as error:
            self.failure = error
            self.when_failed()
            if not isinstance(error, Exception):
                raise


async def _starting(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    if request.url.path == "/healthz":
        response: Response = JSONResponse({"status": "ok"})
    else:
        problem = Problem(503, texts.PROBLEM["starting"], headers={"Retry-After": "3", "Refresh": "3"})
        response = problems.respond(request, problem)
    await response(scope, receive, send)
