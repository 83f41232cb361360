"""A million passages: what an answer costs with vectors and words already stored.

    python -m benchmarks.scale [--passages 1000000] [--questions 100] [--docs docs/performance.md]

The build is synthetic (`synthetic.py`); nothing is embedded, and a question is half of the words of some
passage with a vector near the passage's own. Everything after that is the product's: the index, the words,
the exact vectors, the ranking, the choice of sentences and the check of the answer. The time to make and
to open the build is told apart. The build is kept in var/ for the next run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from assistant.assistant import Assistant
from assistant.index import Index
from assistant.settings import Settings
from benchmarks import machine, plots, synthetic, tables
from benchmarks.latency import Clock, ask, clocked, stopwatch
from evals import stats
from evals.cases import DAY

BUDGET = 300.0
"""Milliseconds that 95 of 100 answers may take."""
WARM_UP = 5


class Known:
    """An embedder that was told the vector of every question beforehand."""

    name = synthetic.NAME
    dim = synthetic.DIM

    def __init__(self, vectors: dict[str, synthetic.Floats]) -> None:
        self._vectors = vectors

    def embed_query(self, text: str) -> synthetic.Floats:
        return self._vectors[text]

    def read_query(self, text: str) -> None:  # noqa: ARG002 - the protocol's
        return None

    def embed_passages(self, texts: Sequence[str], progress: object = None) -> synthetic.Floats:  # noqa: ARG002 - the protocol's
        return np.stack([self._vectors[text] for text in texts])


def questions(opened: Index, n: int) -> dict[str, tuple[synthetic.Floats, int]]:
    """Questions with their vectors, and the passage each was made of."""
    random = np.random.default_rng(4)
    chosen = random.choice(len(opened.passages), n, replace=False)
    near = synthetic.around(random, np.array(opened.vectors[chosen]), synthetic.NEAR / 2)
    made = {}
    for number, vector in zip(chosen.tolist(), near, strict=True):
        words = opened.passages[number].text.lower().strip(".").split()
        made[f"Hva er {' '.join(words[::2])}?"] = (vector, number)
    return made


@dataclass(frozen=True)
class Scaled:
    """What a build of so many passages costs."""

    machine: str
    passages: int
    made: float | None
    """Seconds to make the build; None when it was there."""
    opened: float
    """Seconds to open it."""
    totals: list[float]
    """Milliseconds of each answer."""
    worked: list[float]
    """Milliseconds of each that the processor worked: what a machine without other tasks comes near to."""
    stages: dict[str, list[float]]
    first: int
    """Questions whose own passage was the best hit."""
    answered: int
    mib: float


def run(root: Path, n: int, asked: int) -> Scaled:
    """Make the build when it is not there, and ask it."""
    load, made = machine.load(), None
    if not (root / f"{synthetic.NAME}-{n}" / "manifest.json").exists():
        shutil.rmtree(root, ignore_errors=True)
        began = time.perf_counter()
        synthetic.write_build(root, n)
        made = time.perf_counter() - began
    began = time.perf_counter()
    index = Index.open(root, synthetic.NAME)
    told = questions(index, asked + WARM_UP)
    embedder = Known({text: vector for text, (vector, _) in told.items()})
    settings = Settings(vectors="exact", corpus=machine.ROOT / "corpus", var=root)
    assistant = Assistant(settings, index, embedder, clock=lambda: DAY)
    opened = time.perf_counter() - began
    totals, worked, first, answered, clock = [], [], 0, 0, Clock()
    for place, (text, (_, number)) in enumerate(told.items()):
        if place < WARM_UP:
            ask(assistant, text)
            continue
        with clocked(assistant, embedder, clock):
            began = time.thread_time()
            totals.append(stopwatch(partial(ask, assistant), text))
            worked.append(1000 * (time.thread_time() - began))
        clock.close(totals[-1])
        answer, found = ask(assistant, text), assistant.search(assistant.question(text, on=DAY))
        first += bool(found.hits) and found.hits[0].passage.id == index.passages[number].id
        answered += bool(answer.sentences)
    mib = machine.use(os.getpid()).mib
    return Scaled(
        machine.described(load), n, made, opened, totals, worked, dict(clock.stages), first, answered, mib
    )


def report(found: Scaled) -> str:
    """What was found: the whole, and where the time goes."""
    late = float(np.quantile(found.totals, 0.95))
    rows = [
        ["svar, p50, ms", tables.estimate(stats.quantile(found.totals, 0.5), 0)],
        ["svar, p95, ms", tables.estimate(stats.quantile(found.totals, 0.95), 0)],
        ["svar, prosessortid, p95, ms", tables.estimate(stats.quantile(found.worked, 0.95), 0)],
        [f"grensen på {BUDGET:.0f} ms", "holdt" if late <= BUDGET else "ikke holdt"],
        ["avsnittet spørsmålet er laget av, er første treff", f"{found.first} av {len(found.totals)}"],
        ["svar med setninger", f"{found.answered} av {len(found.totals)}"],
        ["å lage indeksen, s", "fantes fra før" if found.made is None else tables.comma(found.made, 0)],
        ["å åpne den, s", tables.comma(found.opened, 0)],
        ["minne, MiB (vektorene medregnet)", tables.comma(found.mib, 0)],
    ]
    stages = sorted(found.stages.items(), key=lambda stage: -float(np.median(stage[1])))
    parts = [
        [name, *(tables.comma(float(np.quantile(ms, q)), 1) for q in (0.5, 0.95))] for name, ms in stages
    ]
    size = f"{found.passages:,}".replace(",", " ")
    return "\n\n".join(
        (
            found.machine,
            tables.table([f"{size} avsnitt, n = {len(found.totals)}", "funnet"], rows),
            tables.table(["steg, ms", "p50", "p95"], parts),
        )
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--store", type=Path, default=machine.ROOT / "var" / "benchmarks" / "scale")
    parser.add_argument("--docs", type=Path, help="siden som tabellen skrives inn i")
    asked = parser.parse_args(arguments)
    found = run(asked.store / str(asked.passages), asked.passages, asked.questions)
    text = report(found)
    print(text)
    if asked.docs:
        plots.keep(asked.docs, "scale", text, {"scale": asdict(found)})


if __name__ == "__main__":
    main()
