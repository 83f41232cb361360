"""Learns how questions that are not answered are put (`assistant/phrasing.py`), from the corpus alone.

    python -m evals.phrase

The question keys of all documents against the examples out of scope, and the examples that seek a way round a
rule against both. What is left out of the build on which the confidence is learned (`heldout.py`) is left
out here too. No embedding model takes part; some seconds. Learn the weights that rest on it
(`python -m evals.train`) after it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant import ingest, phrasing, scope
from assistant.settings import Settings
from evals import heldout

SOURCES = 3
"""Files of the corpus in which a trait must occur."""
PENALTY = 1.0
"""The inverse of the weight of the L1 penalty."""
SMALL = 0.01
"""A weight below this is left out."""


@dataclass(frozen=True, slots=True)
class Put:
    """A question of the corpus, the file it stands in, and what is to become of it."""

    question: str
    file: str
    refusable: bool = False
    evasive: bool = False


def material(corpus: Path) -> list[Put]:
    """The questions of a corpus, without those that are left out."""
    keys, _ = ingest.read_keys(corpus)
    found = [
        Put(key.question, section.split("#")[0]) for section, listed in sorted(keys.items()) for key in listed
    ]
    for file in scope.files(corpus):
        found += [
            Put(example.question, file.stem, True, example.status == scope.REDIRECTED)
            for example in scope.read_file(file)
        ]
    return [put for put in found if not heldout.left_out(put.question)]


def learn(questions: Sequence[Put], sources: int = SOURCES) -> dict[str, phrasing.Manner]:
    """What each trait weighs for the two things that a manner of asking may tell."""
    files: dict[str, set[str]] = defaultdict(set)
    for put in questions:
        for trait in phrasing.traits(put.question):
            files[trait].add(put.file)
    places = {trait: n for n, trait in enumerate(sorted(t for t, f in files.items() if len(f) >= sources))}
    return {
        name: _fit(questions, places, np.array([getattr(put, name) for put in questions]))
        for name in ("refusable", "evasive")
    }


def _fit(questions: Sequence[Put], places: Mapping[str, int], right: NDArray[np.bool_]) -> phrasing.Manner:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    rows = [sorted(places[t] for t in phrasing.traits(put.question) if t in places) for put in questions]
    ends = np.cumsum([0, *map(len, rows)], dtype=np.int32)  # the solver takes 32-bit indices alone
    columns = np.array([place for row in rows for place in row], dtype=np.int32)
    table = csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(rows), len(places)))
    model = LogisticRegression(
        l1_ratio=1.0, C=PENALTY, solver="liblinear", class_weight="balanced", random_state=0, max_iter=300
    ).fit(table, right)
    weights = {
        trait: round(float(model.coef_[0, place]), 2)
        for trait, place in places.items()
        if abs(model.coef_[0, place]) >= SMALL
    }
    return phrasing.Manner(weights, round(float(model.intercept_[0]), 4))


def main(report: Callable[[str], None] = print) -> None:
    """Learn from the corpus and write the data file."""
    manners = learn(material(Settings.read().corpus))
    content = {name: {"weights": m.weights, "bias": m.bias} for name, m in manners.items()}
    text = json.dumps(content, ensure_ascii=False, indent=0)
    (Path(phrasing.__file__).parent / phrasing.FILE).write_text(text + "\n", encoding="utf-8")
    report(", ".join(f"{name}: {len(m.weights)} trekk" for name, m in manners.items()))


if __name__ == "__main__":
    main()
