"""The log: text for people or JSON lines for machines, one line a request, and never what anyone asked.

Only our own log follows the level of the settings; the libraries speak from `WARNING` on, since some of them
write addresses and texts below it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request that is being served; every line written meanwhile carries it."""
trace_id: ContextVar[str] = ContextVar("trace_id", default="")
"""The trace that the request is a part of, when there is one; every line of JSON carries it."""
REQUEST = logging.getLogger("assistant.request")
"""One line for each request, with `FIELDS` beside it."""
EVENTS = logging.getLogger("assistant.events")
"""What is counted and not written: the message is the name of what happened (`sentence_dropped`)."""
EVENTS.setLevel(logging.INFO)
EVENTS.propagate = False
FIELDS = ("method", "route", "status", "ms", "build")
Clean = Callable[[str], str]


def _as_it_is(text: str) -> str:
    return text


class TextFormatter(logging.Formatter):
    """A line to read: time, level, logger, request and message."""

    def __init__(self, clean: Clean = _as_it_is) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        """The line; an error's trace follows it."""
        line = super().format(record)
        number = request_id.get()
        return self._clean(f"{line} [{number}]" if number else line)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, also when the message or a trace has several lines."""

    def __init__(self, clean: Clean = _as_it_is) -> None:
        super().__init__()
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        """The object: `time`, `level`, `logger`, `message`, and what is known besides."""
        written: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._clean(record.getMessage()),
        }
        if number := request_id.get():
            written["request_id"] = number
        if trace := trace_id.get():
            written["trace_id"] = trace
        written |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            written["error"] = self._clean(self.formatException(record.exc_info))
        return json.dumps(written, ensure_ascii=False, default=str)


def configure(form: Literal["text", "json"], level: str, clean: Clean = _as_it_is) -> None:
    """Write the log of this process to standard error in this form, each line passed through `clean`."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter(clean) if form == "json" else TextFormatter(clean))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("assistant").setLevel(level.upper())
