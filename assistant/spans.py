"""OpenTelemetry's home: a span for each request, one in it for the answer, and one for each stage of that.

Loaded only with `ASSISTANT_OTEL=traces`; OpenTelemetry's own variables say where the spans are sent. No span
holds a word that a person wrote: names and values are from the short lists of `metrics`, `stages` and
`types`. The provider is never made the global one, so what other libraries would tell of themselves is not
sent. Spans wait in a queue that drops what is too much, and a thread of its own sends them: a receiver that
is slow or gone costs spans, and never an answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, format_trace_id, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant import logs, metrics, stages
from assistant.errors import SettingsError
from assistant.export.sheets import program_version
from assistant.llm import ModelTrouble
from assistant.stages import Stage
from assistant.types import Answer, Event

if TYPE_CHECKING:
    from assistant.assistant import Assistant

NAME = "anskaffelsesassistenten"
"""What the service is called until `OTEL_SERVICE_NAME` says otherwise."""
LAST = 2.0
"""Seconds that the last spans get to leave when the service stops."""
UNTOLD = frozenset({"health", "/web"})
"""Routes without a span: health checks, and the files of the pages."""
_NOWHERE = Context()
_request: ContextVar[_Served | None] = ContextVar("request_span", default=None)
"""The request that is being served, if any."""


def address(environ: Mapping[str, str]) -> str:
    """Where the spans are sent, as OpenTelemetry's own variables say it.

    Raises:
        SettingsError: none of them does, it is no address, or they ask for another protocol.
    """
    base = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").rstrip("/")
    named = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "") or (base and f"{base}/v1/traces")
    parts = urlsplit(named)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            "ASSISTANT_OTEL=traces trenger adressen til en mottaker.",
            "Sett OTEL_EXPORTER_OTLP_ENDPOINT, f.eks. http://localhost:4318.",
        )
    for variable in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if environ.get(variable, "") not in ("", "http/protobuf"):
            raise SettingsError(
                f"{variable}={environ[variable]} kan ikke brukes: sporene sendes som http/protobuf.",
                "Fjern den, og bruk mottakerens port for HTTP, ofte 4318.",
            )
    return named


class Spans:
    """The spans of one service, and the way they leave it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._exporter = OTLPSpanExporter(address)
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self.tracer = self._provider.get_tracer("assistant")

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Spans:
        """The spans of a service, sent where the variables say.

        Raises:
            SettingsError: they do not say where, or OpenTelemetry refuses one of them.
        """
        named = address(environ)
        try:
            return cls(named)
        except Exception as error:  # noqa: BLE001 - it checks each of its variables in its own way
            raise SettingsError(
                f"OpenTelemetry tar ikke imot innstillingene sine ({type(error).__name__}).",
                "Se over variablene som begynner med OTEL_.",
            ) from None

    def around(self, app: ASGIApp, believed: Callable[[Scope], bool]) -> ASGIApp:
        """The app with a span around each request; whose `traceparent` is `believed`, a function says."""
        return _Traced(app, self.tracer, believed)

    def watched(self, assistant: Assistant) -> Assistant:
        """The assistant, with every answer it gives followed."""
        return metrics.watched(assistant, self.follow)

    def follow(self, events: Iterator[Event]) -> Iterator[Event]:
        """The same events, with a span around the answer and one in it for each stage."""
        served = _request.get()
        answer = self.tracer.start_span("answer", served.inside if served and not served.over else _NOWHERE)
        # The steps of a generator may be taken by different threads: the context goes with the generator.
        own = copy_context()
        own.run(stages.follower.set, _Stages(self.tracer, answer))
        outcome = {"assistant.status": "abandoned"}
        try:
            while (event := own.run(next, events, None)) is not None:
                if isinstance(event, Answer):
                    told = {"status": event.status.value, "mode": event.mode.value, "build": event.build}
                    outcome = {f"assistant.{name}": value for name, value in told.items()}
                yield event
        except Exception as error:
            outcome = {"assistant.status": "failed"}
            _fail(answer, error)
            raise
        finally:
            own.run(getattr(events, "close", lambda: None))
            answer.set_attributes(outcome)
            answer.end()

    def close(self) -> None:
        """Send what is left and stop; a receiver that does not answer is left to itself."""
        ending = threading.Thread(target=self._provider.shutdown, name="spor", daemon=True)
        ending.start()
        ending.join(LAST)
        if ending.is_alive():
            # This wakes the thread that sends from its pause before another try, so that it ends too.
            self._exporter.shutdown()  # type: ignore[no-untyped-call]  # OpenTelemetry leaves it without types


@dataclass(slots=True)
class _Served:
    """A request, as what is done for it knows of it; a task that it leaves behind is no part of it."""

    inside: Context
    over: bool = False


class _Stages:
    """A span for each stage of one answer, in that of the stage it is a part of."""

    def __init__(self, tracer: Tracer, answer: Span) -> None:
        self._tracer = tracer
        self._around = set_span_in_context(answer, _NOWHERE)

    @contextmanager
    def __call__(self, name: Stage) -> Iterator[None]:
        outer = self._around
        span = self._tracer.start_span(name, outer)
        self._around = set_span_in_context(span, _NOWHERE)
        try:
            yield
        except Exception as error:
            _fail(span, error)
            raise
        finally:
            self._around = outer
            span.end()


class _Traced:
    """ASGI middleware around the whole service: a span for each request."""

    def __init__(self, app: ASGIApp, tracer: Tracer, believed: Callable[[Scope], bool]) -> None:
        self._app = app
        self._tracer = tracer
        self._believed = believed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = metrics.route(scope["path"]) if scope["type"] == "http" else "health"
        if found in UNTOLD:
            await self._app(scope, receive, send)
            return
        method = metrics.method(scope)
        told = {"http.request.method": method, "http.route": found}
        span = self._tracer.start_span(
            f"{method} {found}", self._parent(scope), SpanKind.SERVER, attributes=told
        )
        number = logs.trace_id.set(format_trace_id(span.get_span_context().trace_id))
        served = _Served(set_span_in_context(span, _NOWHERE))
        before = _request.set(served)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                span.set_attribute("http.response.status_code", message["status"])
                if message["status"] >= 500:
                    span.set_status(StatusCode.ERROR)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            _fail(span, error)
            raise
        finally:
            served.over = True
            span.end()
            _request.reset(before)
            logs.trace_id.reset(number)

    def _parent(self, scope: Scope) -> Context:
        """What a proxy of ours says that the request is a part of.

        `tracestate` and `baggage` are left alone: they may hold anything, and a browser may have written it.
        """
        given = Headers(scope=scope).getlist("traceparent")
        if len(given) != 1 or not self._believed(scope):
            return _NOWHERE
        return TraceContextTextMapPropagator().extract({"traceparent": given[0]}, _NOWHERE)


def _fail(span: Span, error: Exception) -> None:
    """Note the kind of error, in one word; its message may hold what somebody wrote."""
    span.set_attribute(
        "error.type", error.reason if isinstance(error, ModelTrouble) else type(error).__name__
    )
    span.set_status(StatusCode.ERROR)


def _resource() -> Resource:
    ours = Resource({"service.name": NAME, "service.version": program_version()})
    return Resource.create().merge(ours).merge(OTELResourceDetector().detect())
