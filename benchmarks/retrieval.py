"""An outside check of the retrieval: NorQuAD, which nobody here wrote, and the usual pipelines beside it.

    python -m benchmarks.retrieval --data MAPPE [--sample 60] [--docs]

Both evaluation files of NorQuAD are one corpus. Every system gets the same passages with the title of their
text. The product reads them as Markdown documents and builds its own index of them. Its weights are learned,
by the function that learns the shipped ones, on the questions of texts that are not in the test corpus; the
weights that ship are measured beside. What has been embedded is kept in `--work` for the next run.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant import ingest, models
from assistant.embedding import Embedder, OnnxEmbedder
from assistant.features import weighed
from assistant.index import Index
from assistant.retrieval import Retriever, Weights
from assistant.settings import Settings
from assistant.terms import Terms
from assistant.types import Question
from benchmarks import norquad, peers, tables
from benchmarks.norquad import Asked, Collection
from benchmarks.peers import Ranking
from evals import metrics, stats
from evals.train import POSITIVE, Choice, softmax_weights

ROOT = Path(__file__).resolve().parent.parent
DAY = date(2026, 7, 1)
"""The texts say nothing of law, so that any day would do."""
L2 = 0.01
"""How hard weights are held down: the value that the shipped ranking is learned with."""
DEPTH = 10
"""How far down a ranking counts."""
MEASURES = {"recall@1": "R@1", "recall@5": "R@5", "mrr": "MRR@10", "ndcg@10": "nDCG@10"}
COMPARED = ("recall@1", "ndcg@10")
LEARNED = "Produktet, vekter lært på andre tekster"
Values = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Found:
    """What the product finds for one question before it is weighed: section ids, and the features of each."""

    ids: tuple[str, ...]
    features: Mapping[str, NDArray[np.float32]]

    def ranked(self, weights: Mapping[str, float]) -> list[str]:
        """The ids by score, best first, as `Retriever.retrieve` orders them."""
        scores = weighed(self.features, weights, len(self.ids))
        return [self.ids[n] for n in np.argsort(-scores, kind="stable").tolist()]


def build(collection: Collection, folder: Path, embedder: Embedder) -> Index:
    """The product's own index of a collection; what is unchanged in `folder` is not embedded again."""
    norquad.write_corpus(collection.texts, folder / "corpus")
    outcome = ingest.ingest(folder / "corpus", folder / "index", embedder)
    if outcome.skipped or outcome.passages != len(collection.passages):
        raise SystemExit(f"Produktet leste ikke alle tekstene: {outcome.skipped[:3]}")
    return Index.open(folder / "index", embedder.name)


def search(
    opened: Index, embedder: Embedder | None, questions: Sequence[Asked], vectors: str = "chroma"
) -> list[Found]:
    """What the product finds for each question; without an embedder by words alone."""
    retriever = Retriever(opened, embedder, Terms({}), vectors)
    gathered = []
    for asked in questions:
        passages, features = retriever.features(Question(asked.question, DAY), asked.question)
        gathered.append(Found(tuple(p.section_id for p in passages), features))
    return gathered


def learn(found: Sequence[Found], questions: Sequence[Asked]) -> dict[str, float]:
    """Ranking weights as the product learns its own: the same features, function and penalty."""
    names = list(found[0].features)
    choices = [
        Choice(
            np.stack([each.features[name] for name in names], axis=1).astype(np.float64),
            np.array([i == asked.passage_id for i in each.ids]),
        )
        for each, asked in zip(found, questions, strict=True)
        if each.ids
    ]
    return softmax_weights(choices, names, L2, POSITIVE)


def measure(rankings: Sequence[Sequence[str]], questions: Sequence[Asked]) -> Values:
    """Each measure for each question."""
    rows = [
        metrics.ranking((asked.passage_id,), tuple(ranking[:DEPTH]))
        for ranking, asked in zip(rankings, questions, strict=True)
    ]
    return {name: [row[name] or 0.0 for row in rows] for name in MEASURES}


def compare(
    learned_on: Collection, tested: Collection, folder: Path, embedder: Embedder, model: Path | None
) -> dict[str, Values]:
    """Every system's values on the test questions, by its name; `model` is for the LangChain pipeline."""
    questions = tested.questions
    words, meaning = peers.bm25(tested.passages), peers.dense(tested.passages, embedder, folder)
    by_words, by_meaning = (peers.ranked(tested.passages, each) for each in (words, meaning))
    systems: dict[str, Ranking] = {
        "BM25 (bm25s, stammer)": by_words,
        "Vektorer (e5-small, int8)": by_meaning,
        "RRF av de to, k = 60": peers.rrf(by_words, by_meaning, 60),
        "RRF av de to, k = 10": peers.rrf(by_words, by_meaning, 10),
        "Sum av de to, standardisert": peers.ranked(tested.passages, peers.convex(words, meaning)),
    }
    if model is not None:
        systems["LangChain + Chroma + sentence-transformers"] = peers.langchain(
            tested.passages, model, folder
        )
    measured = {
        name: measure([rank(asked.question) for asked in questions], questions)
        for name, rank in systems.items()
    }
    other, own = build(learned_on, folder / "learn", embedder), build(tested, folder / "test", embedder)
    shipped = Weights.load().rank
    for suffix, engine in (("", embedder), (", uten vektorer", None)):
        weights = learn(search(other, engine, learned_on.questions), learned_on.questions)
        found = search(own, engine, questions)
        for name, chosen in ((LEARNED, weights), ("Produktet, vektene som følger med", shipped)):
            measured[name + suffix] = measure([each.ranked(chosen) for each in found], questions)
        print(f"lært{suffix}: {weights}", file=sys.stderr)
    return measured


def report(measured: Mapping[str, Values], questions: Sequence[Asked]) -> str:
    """Two tables: every system with intervals, and how much better the product is than each of the others."""
    groups = [asked.text_id for asked in questions]
    rows = [
        [name, *(tables.estimate(stats.mean(values[m], groups)) for m in MEASURES)]
        for name, values in measured.items()
    ]
    ours = measured[LEARNED]
    against = [
        [name, *(tables.difference(stats.paired_mean(values[m], ours[m], groups)) for m in COMPARED)]
        for name, values in measured.items()
        if name != LEARNED
    ]
    return "\n\n".join(
        (
            tables.table([f"n = {len(questions)}", *MEASURES.values()], rows),
            tables.table([f"«{LEARNED}» mot", *(MEASURES[m] for m in COMPARED)], against),
        )
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("NORQUAD"), help="mappen med NorQuAD")
    parser.add_argument("--sample", type=int, help="så mange tekster av hver samling, for en rask prøve")
    parser.add_argument(
        "--work", type=Path, default=ROOT / "var" / "benchmarks" / "norquad", help="mappe for indeksene"
    )
    parser.add_argument("--docs", action="store_true", help="skriv tabellen inn i docs/benchmarks.md")
    asked = parser.parse_args(arguments)
    if asked.data is None:
        raise SystemExit(str(norquad.NoData(norquad.REMEDY)))
    try:
        learned_on, tested = norquad.load(asked.data, asked.sample)
    except norquad.NoData as error:
        raise SystemExit(str(error)) from error
    began = time.perf_counter()
    settings = Settings(var=ROOT / "var")
    folder = models.ensure(settings)
    work = asked.work / (f"{asked.sample}" if asked.sample else "hele")
    measured = compare(learned_on, tested, work, OnnxEmbedder.open(folder), folder.path.parent / "st")
    text = report(measured, tested.questions)
    print(text)
    print(f"\n{time.perf_counter() - began:.0f} sekunder", file=sys.stderr)
    if asked.docs:
        tables.keep("norquad", text)


if __name__ == "__main__":
    main()
