"""A receiver of OpenTelemetry's own protocol over real HTTP, which keeps what it is sent and can fail.

It runs in a thread of its own on a free port, and reads the spans out of the protobuf as any receiver would.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from local_http import listening
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Received:
    """What the receiver has been sent, and how it answers."""

    status: int = 200
    hangs: bool = False
    """It takes what it is sent and never answers, until `freed` is set."""
    paths: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    freed: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def resources(self) -> list[dict[str, str]]:
        """What each batch says of the service that sent it."""
        return [values(each.resource.attributes) for sent in self._sent() for each in sent.resource_spans]

    @property
    def spans(self) -> list[Span]:
        """Every span, as it was sent."""
        return [
            span
            for sent in self._sent()
            for resource in sent.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def tree(self, name: str) -> list[str]:
        """The names in the one trace that `name` is in, each with its depth as spaces, in order of start."""
        (root,) = [span for span in self.spans if span.name == name]
        return self._below(root, "")

    def _below(self, span: Span, indent: str) -> list[str]:
        inside = [each for each in self.spans if each.parent_span_id == span.span_id]
        inside.sort(key=lambda each: each.start_time_unix_nano)
        return [indent + span.name, *(line for each in inside for line in self._below(each, f"{indent} "))]

    def _sent(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in self.bodies]


def values(attributes) -> dict:
    """Attributes as Python has them."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@contextmanager
def receiving(**told) -> Iterator[Received]:
    """A receiver for the time of the block."""
    received = Received(**told)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.paths.append(self.path)
            received.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            if received.hangs:
                received.freed.wait(20)
            self.send_response(received.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with listening(Handler) as received.url:
        try:
            yield received
        finally:
            received.freed.set()
