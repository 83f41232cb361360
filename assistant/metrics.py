"""What the service tells of itself in numbers, in the format that Prometheus reads.

Each service has a registry of its own. No label holds anything that a person wrote: routes, statuses and
builds are all from short lists.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant import closing, logs, problems
from assistant.types import Answer, Event, Question, Retrieval, Sentence, last_answer

if TYPE_CHECKING:
    from assistant.assistant import Assistant

PATH = "/metrics"
QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
ROUTES = (
    ("/api/v1/ask", r"/api/v1/ask"),
    ("/api", r"/api(?:/.*)?"),
    ("/kilder", r"/kilder(?:/.*)?"),
    ("/svar", r"/svar/.*"),
    ("/web", r"/(?:web|(?:n[nb]/)?(?:assets|static))/.*|/widget[-.].*"),
    ("/embed", r"/embed(?:/.*)?"),
    ("/admin", r"/admin(?:/.*)?"),
    ("chat", r"/(?:n[nb]/?)?|/(?:n[nb]/)?(?:gradio_api/.*|config/?|theme\.css)"),
    ("health", r"/(?:healthz|readyz|metrics)"),
)
_ROUTES = tuple((name, re.compile(pattern)) for name, pattern in ROUTES)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Metrics:
    """The numbers of one service, and the places where they are counted."""

    def __init__(self, assistant: Assistant) -> None:
        self.registry = CollectorRegistry()
        self._assistant = assistant
        kept: dict[str, Any] = {"registry": self.registry}
        self.requests = Counter(
            "assistant_http_requests",
            "Requests by route, method and status.",
            ("route", "method", "status"),
            **kept,
        )
        self.seconds = Histogram(
            "assistant_http_seconds", "Time until the last byte, by route.", ("route",), buckets=QUICK, **kept
        )
        self.in_flight = Gauge("assistant_in_flight", "Requests that are being served.", **kept)
        self.shed = Counter(
            "assistant_shed", "Requests turned away: too many from one reader, or all places taken.",
            ("reason",), **kept,
        )  # fmt: skip
        self.answers = Counter(
            "assistant_answers", "Answers by outcome and by who worded them.", ("status", "mode"), **kept
        )
        self.stages = Histogram(
            "assistant_stage_seconds",
            "Work on an answer until its search, first sentence and end; not the time the reader takes.",
            ("stage",), buckets=QUICK, **kept,
        )  # fmt: skip
        self.dropped = Counter(
            "assistant_sentences_dropped", "Sentences that no source carried, and nobody saw.", **kept
        )
        for reason in ("rate", "busy"):
            self.shed.labels(reason)
        self.registry.register(_State(assistant))
        ProcessCollector(registry=self.registry)
        logs.EVENTS.addHandler(_Counting({"sentence_dropped": self.dropped}))

    @property
    def build(self) -> str:
        """The build in use, for the log."""
        return self._assistant.build

    def text(self) -> bytes:
        """All numbers as Prometheus reads them."""
        return generate_latest(self.registry)

    def follow(self, events: Iterator[Event]) -> Iterator[Event]:
        """The same events, counted; the time a slow reader takes between two of them is not."""
        spent, seen = 0.0, set[type]()
        try:
            while True:
                began = time.perf_counter()
                event = next(events, None)
                spent += time.perf_counter() - began
                if event is None:
                    return
                if type(event) not in seen:
                    seen.add(type(event))
                    self._reached(event, spent)
                yield event
        except GeneratorExit:
            if Answer not in seen:
                self.answers.labels("abandoned", "none").inc()
            raise
        except Exception:
            self.answers.labels("failed", "none").inc()
            raise
        finally:
            getattr(events, "close", lambda: None)()

    def _reached(self, event: Event, spent: float) -> None:
        match event:
            case Retrieval():
                self.stages.labels("search").observe(spent)
            case Sentence():
                self.stages.labels("first_sentence").observe(spent)
            case Answer(status=status, mode=mode):
                self.stages.labels("answer").observe(spent)
                self.answers.labels(status.value, mode.value).inc()

    def watched(self) -> Assistant:
        """The assistant, with every answer it gives counted."""
        return watched(self._assistant, self.follow)


Follow = Callable[[Iterator[Event]], Iterator[Event]]


def watched(assistant: Assistant, follow: Follow) -> Assistant:
    """The assistant, with the events of every answer passed through `follow`."""
    return cast("Assistant", _Watched(assistant, follow))


class _Watched:
    def __init__(self, assistant: Assistant, follow: Follow) -> None:
        self._assistant = assistant
        self._follow = follow

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - everything else is the assistant's own
        return getattr(self._assistant, name)

    def stream(self, question: Question) -> Iterator[Event]:
        return self._follow(self._assistant.stream(question))

    def ask(self, question: Question) -> Answer:
        return last_answer(self.stream(question))


class _State(Collector):
    """What is asked for when somebody reads, and not counted along the way."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    def collect(self) -> Iterable[Metric]:
        search, settings = self._assistant.vectors, self._assistant.settings
        build = GaugeMetricFamily(
            "assistant_build_info", "The build that is answered from.", labels=["build"]
        )
        build.add_metric([self._assistant.build], 1)
        yield build
        wanted = 0 if settings.vectors == "exact" else 1
        yield GaugeMetricFamily("assistant_chroma_wanted", "Whether Chroma is to be used.", wanted)
        up = 1 if search.name == "chroma" else 0
        yield GaugeMetricFamily(
            "assistant_chroma_up", "Whether Chroma answers; the exact search does if not.", up
        )
        failures = getattr(search, "failures", 0)
        yield CounterMetricFamily("assistant_chroma_failures", "Times that Chroma was unusable.", failures)
        closed = 1 if closing.message(settings) else 0
        yield GaugeMetricFamily("assistant_closed", "Whether the service is closed on purpose.", closed)


class _Counting(logging.Handler):
    """Counts what happens where no number is at hand."""

    def __init__(self, counters: Mapping[str, Counter]) -> None:
        super().__init__()
        self._counters = counters

    def emit(self, record: logging.LogRecord) -> None:
        if counter := self._counters.get(record.msg):
            counter.inc()


class Observed:
    """ASGI middleware around the whole service: counts and logs each request, and gives it a number."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = _number(Headers(scope=scope).get("x-request-id", ""))
        token = logs.request_id.set(number)
        status, began = 500, time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(raw=message.setdefault("headers", []))["X-Request-ID"] = number
            await send(message)

        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, noting)
        finally:
            self._metrics.in_flight.dec()
            self._note(scope, status, time.perf_counter() - began)
            logs.request_id.reset(token)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        found, counted = route(scope["path"]), self._metrics
        asked = method(scope)
        counted.requests.labels(found, asked, str(status)).inc()
        counted.seconds.labels(found).observe(seconds)
        if status == 429:
            counted.shed.labels("rate").inc()
        elif status == 503 and found != "health" and not closing.message(counted._assistant.settings):
            counted.shed.labels("busy").inc()
        told = {"method": asked, "route": found, "status": status, "ms": round(1000 * seconds, 1)}
        usual = logging.DEBUG if found == "health" and status < 500 else logging.INFO
        extra = {**told, "build": counted.build}
        logs.REQUEST.log(usual, "%(method)s %(route)s %(status)s %(ms)s ms", told, extra=extra)


def route(path: str) -> str:
    """Which of a few routes a path belongs to."""
    return next((name for name, pattern in _ROUTES if pattern.fullmatch(path)), "other")


def method(scope: Scope) -> str:
    """The method of a request, when it is one of HTTP's own; anyone can make up another."""
    return scope["method"] if scope["method"] in _METHODS else "other"


def _number(asked: str) -> str:
    """The number that a proxy in front has given the request, when it is a plain one; else a new."""
    return asked if _ID.fullmatch(asked) else uuid.uuid4().hex


def router(metrics: Metrics, access: str) -> APIRouter:
    """`/metrics`, for who may read it: `loopback`, `open` or `off`."""
    routes = APIRouter(tags=["drift"])

    @routes.get(PATH, summary="Tall for overvåking", include_in_schema=False)
    def read(request: Request) -> Response:
        if access == "off" or (access == "loopback" and not _is_local(request)):
            raise problems.route_problem(request, 404)
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return routes


def _is_local(request: Request) -> bool:
    """Whether a program on this machine asks, and not a proxy on it for somebody else."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        peer = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    mapped = getattr(peer, "ipv4_mapped", None)
    return (mapped or peer).is_loopback
