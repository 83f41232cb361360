"""A server that speaks the OpenAI chat protocol over real HTTP, and can fail in every way we know of.

It runs in a thread of its own on a free port. What it says is chosen by `script`: a function from the
request's messages to the text, or one of the `faults` by name.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from local_http import listening

Script = Callable[[list[dict]], str]
TOO_LONG = 8.0
"""Seconds after which a fault that would go on for ever gives up, so that no test can hang."""


def copied(messages: list[dict]) -> str:
    """The most faithful of models: the first whole sentence of the first source, with its marker."""
    return " ".join(f"{text} [{n}]." for n, text in list(sentences(messages))[:1])


def sentences(messages: list[dict]) -> Iterator[tuple[int, str]]:
    """(number, sentence without its full stop) of every plain sentence in the sources of a request."""
    for n, body in sources(messages).items():
        for line in body.splitlines()[2:]:
            if line[:1].isalpha():
                for text in re.split(r"(?<=[a-zæøå]{2}\.) (?=[A-ZÆØÅ])", line):
                    if text.endswith("."):
                        yield n, text[:-1]


def sources(messages: list[dict]) -> dict[int, str]:
    """The text between each pair of fences."""
    found = re.findall(r"<kilde (\w+) (\d+)>\n(.*?)\n</kilde \1 \2>", messages[-1]["content"], re.DOTALL)
    return {int(n): body for _, n, body in found}


@dataclass
class Served:
    """What the server was asked, and how it is told to answer."""

    script: Script = copied
    fault: str = ""
    pause: float = 0.0
    """Seconds between two words."""
    requests: list[dict] = field(default_factory=list)
    headers: list[dict] = field(default_factory=list)
    url: str = ""
    written: int = 0
    """Words that have been sent."""
    ended: float = 0.0
    """The clock when the last text was done."""


@contextmanager
def serving(**told: object) -> Iterator[Served]:
    """A server for the time of the block."""
    served = Served(**told)

    class Handler(_Handler):
        state = served

    with listening(Handler) as address:
        served.url = f"{address}/v1"
        yield served


class _Handler(BaseHTTPRequestHandler):
    state: Served

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        asked = json.loads(self.rfile.read(length))
        self.state.requests.append(asked)
        self.state.headers.append({name.lower(): value for name, value in self.headers.items()})
        with suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, f"_{self.state.fault or 'well'}")(asked["messages"])

    # --- the faults -------------------------------------------------------------------------------

    def _well(self, messages: list[dict]) -> None:
        self._begin()
        self._words(self.state.script(messages))
        self._finish("stop")

    def _length(self, messages: list[dict]) -> None:
        """Cut in the middle of a sentence by the limit of tokens."""
        self._begin()
        text = self.state.script(messages)
        self._words(text + " Fristen er minst ti")
        self._finish("length")

    def _broken(self, messages: list[dict]) -> None:
        """The line breaks after some words."""
        self._begin()
        self._words(self.state.script(messages) + " Grensen er ikke")
        self.wfile.flush()
        self.connection.close()

    def _stall(self, messages: list[dict]) -> None:
        """Takes the question, and says nothing."""
        time.sleep(TOO_LONG / 4)

    def _stall_midway(self, messages: list[dict]) -> None:
        self._begin()
        self._words(self.state.script(messages) + " Grensen er")
        time.sleep(TOO_LONG / 4)

    def _chatter(self, messages: list[dict]) -> None:
        """Keeps the line open with comments, and says nothing."""
        self._begin()
        ends = time.monotonic() + TOO_LONG / 4
        while time.monotonic() < ends:
            self._send(": her\n\n")
            time.sleep(0.05)

    def _limited(self, messages: list[dict]) -> None:
        self._plain(429, "application/json", b'{"error": {"message": "slow down"}}', {"Retry-After": "120"})

    def _down(self, messages: list[dict]) -> None:
        self._plain(500, "application/json", b'{"error": {"message": "oops"}}')

    def _html(self, messages: list[dict]) -> None:
        self._plain(200, "text/html", b"<html><body>Logg inn her</body></html>")

    def _binary(self, messages: list[dict]) -> None:
        """Bytes that are no UTF-8, where text should be."""
        self._begin()
        self.wfile.write(b'data: {"choices": [{"delta": {"content": "\xff\xfe\xc3("}}]}\n\n')
        self._finish("stop")

    def _garbage(self, messages: list[dict]) -> None:
        """Events that are no JSON."""
        self._begin()
        self._send("data: {ikke json\n\n")

    def _endless(self, messages: list[dict]) -> None:
        self._begin()
        ends = time.monotonic() + TOO_LONG
        while time.monotonic() < ends:
            self._word("og så videre " * 40)

    def _empty(self, messages: list[dict]) -> None:
        self._begin()
        self._finish("stop")

    def _filtered(self, messages: list[dict]) -> None:
        self._begin()
        self._finish("content_filter")

    # --- the protocol -----------------------------------------------------------------------------

    def _begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()

    def _words(self, text: str) -> None:
        for word in re.findall(r"\S+\s*|\s+", text):
            self._word(word)
            time.sleep(self.state.pause)

    def _word(self, word: str) -> None:
        self._chunk({"content": word}, None)
        self.state.written += 1

    def _finish(self, why: str) -> None:
        self.state.ended = time.monotonic()
        self._chunk({}, why)
        self._send("data: [DONE]\n\n")

    def _chunk(self, delta: dict, finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        body = {
            "id": "1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "prøve",
            "choices": [choice],
        }
        self._send(f"data: {json.dumps(body)}\n\n")

    def _send(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def _plain(self, status: int, kind: str, body: bytes, more: dict | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
