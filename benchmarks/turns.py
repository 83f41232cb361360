"""One system in a process of its own, asked over its standard input: a line of JSON in, a line out.

    python -m benchmarks.turns SYSTEM STORE          SYSTEM: product, langchain or txtai

`{"ask": "…"}` gives the milliseconds of one question, `{"many": ["…"], "clients": 8, "seconds": 10}` the
questions a second with so many clients, `{"use": true}` the memory. `--build` makes the store from nothing
and tells the seconds, `--once QUESTION` asks once and ends, as a person at a command line would.
STORE holds `passages.json`, the texts that every system gets.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine

Asked = Callable[[str], object]
TXTAI = "txtai"


def product(store: Path, build: bool) -> Asked:
    """The product, whole answers."""
    from assistant import ingest, models
    from assistant.assistant import Assistant
    from assistant.embedding import OnnxEmbedder
    from assistant.settings import Settings
    from evals.cases import DAY

    settings = Settings(var=machine.ROOT / "var", corpus=machine.ROOT / "corpus")
    if build:
        ingest.ingest(settings.corpus, store / "product", OnnxEmbedder.open(models.find(settings)))
        return len
    opened = Assistant.open(settings, clock=lambda: DAY)
    return lambda question: opened.ask(opened.question(question, on=DAY))


def langchain(store: Path, build: bool) -> Asked:
    """LangChain's Chroma over sentence-transformers, the search alone."""
    from benchmarks import peers

    return peers.langchain(_passages(store) if build else [], model(store), store)


def txtai(store: Path, build: bool) -> Asked:
    """txtai over sentence-transformers' model, words and vectors together, the search alone."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from txtai import Embeddings  # type: ignore[import-not-found]  # in the peers' own environment

    prefixes = {"query": "query: ", "data": "passage: "}
    database = Embeddings(
        path=str(model(store)), content=False, gpu=False, hybrid=True, instructions=prefixes
    )
    if build:
        database.index(_passages(store))
        database.save(str(store / TXTAI))
    else:
        database.load(str(store / TXTAI))
    return lambda question: database.search(question, 10)


SYSTEMS: dict[str, Callable[[Path, bool], Asked]] = {"product": product, "langchain": langchain, TXTAI: txtai}


def model(store: Path) -> Path:
    """The folder of the model that all of them embed with."""
    return Path((store / "model").read_text("utf-8").strip())


def _passages(store: Path) -> list[tuple[str, str]]:
    return [(name, text) for name, text in json.loads((store / "passages.json").read_text("utf-8"))]


def many(ask: Asked, questions: Sequence[str], clients: int, seconds: float) -> float:
    """Questions a second when so many clients ask without a pause."""
    done = [0] * clients
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        at = number
        while time.perf_counter() < end:
            ask(questions[at % len(questions)])
            at += clients
            done[number] += 1

    began = time.perf_counter()
    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began)


def reply(ask: Asked, wanted: dict[str, Any]) -> dict[str, float]:
    """What one line of input asks for."""
    if "ask" in wanted:
        began = time.perf_counter()
        ask(wanted["ask"])
        return {"ms": 1000 * (time.perf_counter() - began)}
    if "many" in wanted:
        return {"per_second": many(ask, wanted["many"], wanted["clients"], wanted["seconds"])}
    return {"mib": machine.use(os.getpid()).mib}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("store", type=Path)
    parser.add_argument("--build", action="store_true", help="lag lageret fra ingenting")
    parser.add_argument("--once", help="still ett spørsmål og avslutt")
    asked = parser.parse_args(arguments)
    began = time.perf_counter()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries print is not an answer
    ask = SYSTEMS[asked.system](asked.store, asked.build)
    if asked.build:
        print(json.dumps({"seconds": time.perf_counter() - began}), file=out, flush=True)
        return
    if asked.once:
        print(len(str(ask(asked.once))), file=out, flush=True)
        return
    print(json.dumps({"ready": True}), file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(reply(ask, json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()
