"""What a warm answer costs and where the time goes, with the plain LangChain pipeline in the same run.

    python -m benchmarks.latency [--sample 30] [--docs]

Every dev question of the officers is asked once of the product with Chroma, of the product with the exact
search, and of LangChain's Chroma over sentence-transformers with the same weights (retrieval alone: it
answers nothing). They take turns question by question, so that a busy machine is unfair to none of them.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assistant import confidence, evasion, ingest, likeness, models, reading, retrieval, selection
from assistant.assistant import Assistant
from assistant.embedding import Embedder, OnnxEmbedder
from assistant.index import Index
from assistant.settings import Settings
from assistant.types import Answer
from benchmarks import peers, tables
from evals import stats
from evals.cases import DAY, load_cases

ROOT = Path(__file__).resolve().parent.parent
WARM_UP = (
    "Hva er fristen for å klage?",
    "Kan vi kjøpe brukte møbler?",
    "Hvem skal godkjenne en direkteanskaffelse?",
    "Hva betyr karensperiode?",
    "Må leverandøren ha lærlinger?",
)
"""Asked before anything is timed; none of them is a dev question."""
PEER = "LangChain + Chroma + sentence-transformers, bare søk"


@dataclass
class Clock:
    """Milliseconds by stage, one entry for each question; a stage inside another is not counted twice."""

    stages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _now: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _inside: list[float] = field(default_factory=list)

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, with the time it takes itself counted to `stage`."""

        def run(*values: Any, **more: Any) -> Any:  # noqa: ANN401 - stands in for any function
            self._inside.append(0.0)
            began = time.perf_counter()
            try:
                return function(*values, **more)
            finally:
                took = time.perf_counter() - began
                self._now[stage] += took - self._inside.pop()
                if self._inside:
                    self._inside[-1] += took

        return run

    def close(self, total: float) -> None:
        """End a question that took `total` milliseconds."""
        spent = {stage: 1000 * seconds for stage, seconds in self._now.items()}
        for stage in {*spent, *self.stages}:
            self.stages[stage].append(spent.get(stage, 0.0))
        self.stages["sammensetting og kontroll"].append(total - sum(spent.values()))
        self._now.clear()


STAGES: Mapping[str, tuple[tuple[Any, str], ...]] = {
    "trekk av ord": ((retrieval, "word_features"),),
    "trekk av mening": ((retrieval, "meaning_features"),),
    "stemmer fra søkespørsmål": ((likeness.Electorate, "votes"),),
    "lesing ord for ord": ((reading.Reader, "read"),),
    "sikkerhet og omgåelser": ((confidence, "evidence"), (evasion, "signs")),
    "valg av setninger": ((selection, "candidates"),),
}
"""Functions of modules that are a stage of every answer."""


@contextmanager
def clocked(assistant: Assistant, embedder: Embedder, clock: Clock) -> Iterator[None]:
    """`clock` runs on the stages of `assistant` inside the block."""
    retriever = assistant.retriever
    places = [
        ("retting av skrivefeil", type(retriever._speller), "mend"),
        ("spørsmålets vektor", embedder, "embed_query"),
        ("vektorsøk", retriever.vectors, "nearest"),
        ("søket ellers: kandidater, rangering", retriever, "retrieve"),
        *((stage, home, name) for stage, homes in STAGES.items() for home, name in homes),
    ]
    before = [(home, name, getattr(home, name)) for _, home, name in places]
    for (stage, home, name), (_, _, function) in zip(places, before, strict=True):
        setattr(home, name, clock.timed(stage, function))
    try:
        yield
    finally:
        for home, name, function in before:
            setattr(home, name, function)


def ask(assistant: Assistant, question: str) -> Answer:
    """The answer, on the day that the evaluation holds."""
    return assistant.ask(assistant.question(question, on=DAY))


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of every question by system, and of every stage by system."""

    totals: Mapping[str, Sequence[float]]
    stages: Mapping[str, Mapping[str, Sequence[float]]]


def measure(
    assistants: Mapping[str, tuple[Assistant, Embedder]],
    others: Mapping[str, Callable[[str], object]],
    questions: Sequence[str],
) -> Measured:
    """Each question once to every system, in an order that turns; `others` are timed from outside alone."""
    totals: dict[str, list[float]] = {name: [] for name in (*assistants, *others)}
    clocks: dict[str, Clock] = {}
    for question in WARM_UP:
        for assistant, _ in assistants.values():
            ask(assistant, question)
        for other in others.values():
            other(question)
    for turn, question in enumerate(questions):
        names = list(totals)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            if name in others:
                totals[name].append(stopwatch(others[name], question))
                continue
            assistant, embedder = assistants[name]
            clock = clocks.setdefault(name, Clock())
            with clocked(assistant, embedder, clock):
                totals[name].append(stopwatch(partial(ask, assistant), question))
            clock.close(totals[name][-1])
    return Measured(totals, {name: clock.stages for name, clock in clocks.items()})


def report(measured: Measured) -> str:
    """Two tables: every system beside each other, and the stages of ours."""
    n = len(next(iter(measured.totals.values())))
    last = list(measured.totals)[-1]
    beside = _median(measured.totals[last])
    rows = [
        [
            name,
            *(tables.estimate(stats.quantile(values, q), 1) for q in (0.5, 0.95)),
            tables.comma(_median(values) / beside, 2),
        ]
        for name, values in measured.totals.items()
    ]
    names = list(measured.stages)
    stages = sorted(
        {stage for own in measured.stages.values() for stage in own},
        key=lambda stage: -_median(measured.stages[names[0]].get(stage, [0.0])),
    )
    parts = [
        [
            stage,
            *(
                tables.comma(quantile(measured.stages[name].get(stage, [0.0])), 2)
                for name in names
                for quantile in (_median, _late)
            ),
        ]
        for stage in stages
    ]
    head = ["steg, ms", *(f"{name}, {q}" for name in names for q in ("p50", "p95"))]
    return "\n\n".join(
        (
            tables.table([f"n = {n}", "p50, ms", "p95, ms", "p50 mot siste rad"], rows),
            tables.table(head, parts),
        )
    )


def _median(values: Sequence[float]) -> float:
    return float(np.quantile(values, 0.5))


def _late(values: Sequence[float]) -> float:
    return float(np.quantile(values, 0.95))


def stopwatch(function: Callable[[str], object], question: str) -> float:
    """Milliseconds that `function` takes."""
    began = time.perf_counter()
    function(question)
    return 1000 * (time.perf_counter() - began)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, help="så mange spørsmål, for en rask prøve")
    parser.add_argument("--var", type=Path, default=ROOT / "var", help="mappe med språkmodell og indeks")
    parser.add_argument("--docs", action="store_true", help="skriv tabellen inn i docs/benchmarks.md")
    asked = parser.parse_args(arguments)
    settings = Settings(var=asked.var, corpus=ROOT / "corpus")
    folder = models.ensure(settings)
    ingest.ingest(settings.corpus, settings.index_root, OnnxEmbedder.open(folder))
    assistants: dict[str, tuple[Assistant, Embedder]] = {}
    for name, vectors in (("Chroma", "chroma"), ("eksakt søk", "exact")):
        embedder = OnnxEmbedder.open(folder, threads=settings.threads)
        chosen = settings.model_copy(update={"vectors": vectors})
        opened = Index.open(settings.index_root, embedder.name)
        assistants[name] = (Assistant(chosen, opened, embedder, clock=lambda: DAY), embedder)
    passages = [(p.id, ingest.passage_text(p)) for p in opened.passages]
    store = asked.var / "benchmarks" / opened.id
    plain = peers.langchain(passages, folder.path.parent / "st", store)
    cases = [c for c in load_cases(names=["officers"]) if c.split == "dev" and not c.history]
    questions = [c.question for c in cases][: asked.sample]
    text = report(measure(assistants, {PEER: plain}, questions))
    print(text)
    if asked.docs:
        tables.keep("latency", text)


if __name__ == "__main__":
    main()
