"""How much one reader may ask for, and how many answers are made at the same time.

Three limits, each a setting: questions a minute and reads a minute from one reader, and the answers under
way in all. What is over the first two is told to wait (429); what is over the last is turned away at once
(503), so that those who are being answered still get their answers. Who a reader is, one function says.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import re
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant import problems, texts
from assistant.problems import Problem
from assistant.settings import Settings

MINUTE = 60
READERS = 10_000
"""Readers that are remembered; the one who has been quiet the longest is forgotten first."""
PATIENCE = 10.0
"""Seconds a question waits for its turn before it is turned away."""
EACH = 4
"""Answers that one reader may have under way; nobody takes every place."""
_ANSWERS = re.compile(r"/api/v1/ask|/embed")
_QUEUED = re.compile(r"(?:/nn|/nb)?/gradio_api/queue/join/?")
_FREE = re.compile(
    r"/(?:web/|(?:nn/|nb/)?(?:assets|static)/|widget[-.]|healthz|readyz|metrics).*|.*\.(?:css|woff2)"
)


def reader(host: str) -> str:
    """Who is counted at an address: the address itself; for IPv6 the network it has to itself.

    Empty for this machine's own programs, which no limit slows down.
    """
    try:
        peer = ipaddress.ip_address(host)
    except ValueError:
        return ""  # a socket file has no address: it is this machine
    if isinstance(peer, ipaddress.IPv6Address):
        peer = peer.ipv4_mapped or peer
    if peer.is_loopback:
        return ""
    if isinstance(peer, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((peer, 64), strict=False))
    return str(peer)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request is within the limit, what is left of it, and how long until there is more."""

    granted: bool
    left: int
    wait: float


class Budget:
    """So many requests a minute from each reader, saved up to one minute's worth (a leaking bucket).

    One number is kept for a reader: when her bucket will be empty again.
    """

    def __init__(self, name: str, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.per_minute = per_minute
        self._each = MINUTE / per_minute
        self._clock = clock
        self._empty: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, reader: str) -> Verdict:
        """Spend one request of the reader's, when she has one."""
        now = self._clock()
        with self._lock:
            empty = max(now, self._empty.get(reader, now)) + self._each
            over = empty - now - MINUTE
            if over > 1e-6:
                return Verdict(False, 0, over)
            self._empty[reader] = empty
            self._empty.move_to_end(reader)
            if len(self._empty) > READERS:
                self._empty.popitem(last=False)
        return Verdict(True, int((MINUTE - (empty - now)) / self._each + 1e-6), self._each)

    def headers(self, verdict: Verdict) -> dict[str, str]:
        """The limit and what is left, as the RateLimit header fields say it."""
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.per_minute};w={MINUTE}',
            "RateLimit": f'"{self.name}";r={verdict.left};t={math.ceil(verdict.wait)}',
        }


class Places:
    """So many answers at the same time, and so many questions in line."""

    def __init__(self, at_once: int, waiting: int, patience: float = PATIENCE) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._patience = patience
        self._inside: Counter[str] = Counter()

    @asynccontextmanager
    async def place(self, reader: str) -> AsyncIterator[None]:
        """Wait for a place, and give it back afterwards.

        Raises:
            Problem: all are taken and the line is full, or the reader has her share already.
        """
        if self._inside.total() >= self._most:
            raise _full()
        if reader and self._inside[reader] >= EACH:
            raise Problem(429, texts.PROBLEM["under_way"].format(n=EACH), headers={"Retry-After": "2"})
        self._inside[reader] += 1
        try:
            try:
                async with asyncio.timeout(self._patience):
                    await self._free.acquire()
            except TimeoutError:
                raise _full() from None
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._inside[reader] -= 1
            self._inside += Counter()  # forget who has nothing under way


def _full() -> Problem:
    return Problem(503, texts.PROBLEM["busy"], headers={"Retry-After": "5"})


class Limits:
    """ASGI middleware that holds every request to the limits of the settings.

    `address` tells where a request comes from; requests from this machine are not counted.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        address: Callable[[Scope], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._address = address
        limits = {"questions": settings.questions_per_minute, "reads": settings.reads_per_minute}
        self._budgets = {name: Budget(name, n, clock) for name, n in limits.items() if n}
        self._places = Places(settings.answers_at_once, settings.answers_waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or say why not yet."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        who = reader(self._address(scope))
        budget = self._budgets.get(counted_as(scope)) if who else None
        verdict = budget.take(who) if budget else None
        headers = budget.headers(verdict) if budget and verdict else {}
        try:
            if verdict and not verdict.granted:
                raise _too_many(verdict)
            if not _is_answer(scope):
                await self._app(scope, receive, _with(headers, send))
                return
            async with self._places.place(who):
                await self._app(scope, receive, _with(headers, send))
        except Problem as problem:
            response = problems.respond(Request(scope), problem)
            await response(scope, receive, _with(headers, send))


def counted_as(scope: Scope) -> str:
    """Which limit a request counts against: `questions`, `reads`, or none for the files of the pages."""
    path = scope["path"]
    if _is_answer(scope) or (scope["method"] == "POST" and _QUEUED.fullmatch(path)):
        return "questions"
    return "" if _FREE.fullmatch(path) else "reads"


def _is_answer(scope: Scope) -> bool:
    return scope["method"] == "POST" and _ANSWERS.fullmatch(scope["path"]) is not None


def _too_many(verdict: Verdict) -> Problem:
    seconds = max(1, math.ceil(verdict.wait))
    detail = texts.PROBLEM["too_many"].format(seconds=seconds)
    return Problem(429, detail, headers={"Retry-After": str(seconds)})


def _with(headers: dict[str, str], send: Send) -> Send:
    """`send` with the headers added to the response."""
    if not headers:
        return send

    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(raw=message.setdefault("headers", [])).update(headers)
        await send(message)

    return adding
