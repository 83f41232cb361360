"""What a reader gets over HTTP when the language model fails, and when.

    python -m benchmarks.faults [--docs]

The service is the real one, with its conversations, on a port of its own. A second server
(`tests/model_server.py`) plays the model and fails in each way in turn; last it writes slowly and well, and
the moment of the first shown sentence is held against the moment when the model was done.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from assistant import api, models, problems, records
from assistant.assistant import Assistant
from assistant.conversations import open_store
from assistant.conversations.recording import Recorder
from assistant.embedding import OnnxEmbedder
from assistant.identity import Identity, Reception
from assistant.index import Index
from assistant.settings import Settings
from assistant.shield import Shield
from benchmarks import tables
from evals.cases import DAY
from tests.model_server import Served, sentences, serving

PAGE = Path(__file__).resolve().parent.parent / "docs" / "llm.md"
FAULTS = {
    "away": "nekter forbindelse",
    "stall": "tier",
    "chatter": "tier, men holder linjen åpen",
    "limited": "429 med Retry-After",
    "down": "500",
    "html": "en nettside i stedet for JSON",
    "garbage": "hendelser som ikke er JSON",
    "binary": "ugyldig UTF-8",
    "empty": "tomt svar",
    "filtered": "innholdsfilter",
    "endless": "skriver uten ende",
    "length": "kuttet av lengden",
    "broken": "linjen brytes midt i",
    "stall_midway": "tier midt i",
}
"""Every way to fail, with its name on the page."""
FIRST, SECONDS = 1.0, 3.0
"""The longest silence and the deadline that the model is given here, in seconds."""
QUESTION = "Hva er beløpsgrensen for at anskaffelsesloven gjelder?"


@dataclass(frozen=True, slots=True)
class Told:
    """What came back for one question, and how many seconds after it was asked."""

    code: int
    sources: float
    """Until the first source."""
    sentence: float
    """Until the first sentence."""
    whole: float
    answer: dict[str, Any]
    conversation: str
    first: float
    """The clock when the first sentence came."""


def settings_for(url: str) -> Settings:
    """Settings with a model at `url` and short deadlines."""
    return Settings.read(
        {
            "ASSISTANT_VECTORS": "exact", "ASSISTANT_ANSWERS": "llm", "ASSISTANT_LLM": "openai:prove",
            "ASSISTANT_LLM_BASE_URL": url, "ASSISTANT_LLM_FIRST_SECONDS": str(FIRST),
            "ASSISTANT_LLM_SECONDS": str(SECONDS),
        }
    )  # fmt: skip


@contextmanager
def service(assistant: Assistant, var: Path) -> Iterator[str]:
    """The address of the API over `assistant`, with its conversations in `var`."""
    settings = assistant.settings.model_copy(update={"var": var})
    store = open_store(settings)
    recorder = Recorder(store)
    app = FastAPI()
    problems.install(app)
    app.include_router(api.router(assistant, recorder))
    app.include_router(records.router(recorder))
    shielded = Shield(Reception(app, Identity(settings)), {})
    running = uvicorn.Server(uvicorn.Config(shielded, log_level="error", timeout_graceful_shutdown=1))
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join()
            store.close()


class Reader:
    """Someone who asks over HTTP, with the cookie that she was given."""

    def __init__(self, address: str) -> None:
        self._address, self._cookie = urlsplit(address).netloc, ""

    def ask(self, question: str = QUESTION, **more: str) -> Told:
        """The answer to a question, read as a stream."""
        began = time.monotonic()
        moments: dict[str, float] = {}
        answer: dict[str, Any] = {}
        name = ""
        with self._asking({"question": question, **more}, {"Accept": "text/event-stream"}) as response:
            for raw in response:
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                    moments.setdefault(name, time.monotonic())
                elif line.startswith("data: ") and name == "answer":
                    answer = json.loads(line.removeprefix("data: "))
        after = {key: moments.get(key, float("inf")) - began for key in ("citation", "sentence", "answer")}
        return Told(
            response.status, after["citation"], after["sentence"], after["answer"], answer,
            response.headers.get("X-Conversation-Id", ""), moments.get("sentence", float("inf")),
        )  # fmt: skip

    def ask_at_once(self, question: str = QUESTION, **more: str) -> tuple[int, dict[str, Any]]:
        """The answer to a question in one piece, with its status code."""
        with self._asking({"question": question, **more}, {}) as response:
            return response.status, json.loads(response.read())

    def turns(self, conversation: str) -> list[dict[str, Any]]:
        """What is kept of a conversation."""
        with closing(http.client.HTTPConnection(self._address, timeout=60)) as line:
            line.request("GET", f"/api/v1/conversations/{conversation}", headers={"Cookie": self._cookie})
            with line.getresponse() as response:
                found: list[dict[str, Any]] = json.loads(response.read())["turns"]
        return found

    @contextmanager
    def _asking(self, body: dict[str, str], headers: dict[str, str]) -> Iterator[http.client.HTTPResponse]:
        headers |= {"Content-Type": "application/json"} | ({"Cookie": self._cookie} if self._cookie else {})
        with closing(http.client.HTTPConnection(self._address, timeout=60)) as line:
            line.request("POST", "/api/v1/ask", json.dumps(body), headers)
            with line.getresponse() as response:
                if given := response.headers.get("Set-Cookie"):
                    self._cookie = given.partition(";")[0]
                yield response


def four(messages: list[dict[str, str]]) -> str:
    """Four sentences of the sources, each with its marker."""
    return " ".join(f"{text} [{n}]." for n, text in list(sentences(messages))[:4])


Make = Callable[[Settings], Assistant]


@contextmanager
def asked(make: Make, fault: str = "", pause: float = 0.0) -> Iterator[tuple[Served, Reader]]:
    """A model server with a fault, and a reader of the service that asks it."""
    with serving(script=four, fault="" if fault == "away" else fault, pause=pause) as server:
        assistant = make(settings_for("http://127.0.0.1:9/v1" if fault == "away" else server.url))
        with tempfile.TemporaryDirectory() as folder, service(assistant, Path(folder)) as address:
            yield server, Reader(address)


def row(make: Make, fault: str, runs: int = 3) -> list[str]:
    """What the reader got in the slowest of some runs, each with a model that has not failed before."""
    told = []
    for _ in range(runs):
        with asked(make, fault) as (_, reader):
            told.append(reader.ask(QUESTION, conversation="new"))
    last = told[-1].answer
    mode = "ordrett" if last["mode"] == "extractive" else "det som holdt, og resten ordrett"
    return [
        FAULTS[fault],
        "/".join(sorted({str(t.code) for t in told})),
        tables.comma(max(t.sources for t in told), 2),
        tables.comma(max(t.whole for t in told), 2),
        f"`{last['status']}`, {mode}",
    ]


def streaming(make: Make, pause: float = 0.02) -> str:
    """When the first shown sentence came, and when a slow model was done."""
    with asked(make, pause=pause) as (server, reader):
        began = time.monotonic()
        told = reader.ask(QUESTION)
    first = tables.comma(told.sentence, 2)
    done = tables.comma(server.ended - began, 2)
    return (
        f"Når modellen skriver {1 / pause:.0f} ord i sekundet, kommer den første kontrollerte "
        f"setningen etter {first} s, og modellen er ferdig etter {done} s."
    )


def main() -> None:
    """Fail in every way, and write the table where it is kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--docs", action="store_true", help="sett tallene inn i docs/llm.md")
    options = parser.parse_args()
    first = Settings.read()
    embedder = OnnxEmbedder.open(models.find(first), threads=first.threads)
    opened = Index.open(first.index_root, embedder.name)

    def make(settings: Settings) -> Assistant:
        return Assistant(settings, opened, embedder, clock=lambda: DAY)

    with asked(make) as (_, reader):
        reader.ask(QUESTION)  # what is only slow the first time
    head = ("feilen", "HTTP", "kilder etter (s)", "hele svaret etter (s)", "svaret")
    told = tables.table(head, [row(make, fault) for fault in FAULTS])
    text = f"{told}\n\n{streaming(make)}"
    print(text)
    if options.docs:
        tables.keep("feil", text, PAGE)


if __name__ == "__main__":
    main()
