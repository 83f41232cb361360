"""Search by words: BM25 over several fields of the passages, and how much of the question each covers.

bm25s builds the fields (k1 0.9, b 0.6: the values of Anserini, confirmed on our dev questions) and
stores plain arrays, which are read here with numpy alone, so that no answer waits for the library's import.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.errors import IndexBroken

K1, B = 0.9, 0.6
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of all passages: for each token the passages that hold it and their BM25 weights."""

    vocabulary: Mapping[str, int]
    weights: Floats
    indices: NDArray[np.int32]
    starts: NDArray[np.int64]
    size: int

    def postings(self, token: str) -> tuple[NDArray[np.int32], Floats]:
        """The passages that hold `token`, and the BM25 weight of the token in each."""
        number = self.vocabulary.get(token)
        if number is None:
            return self.indices[:0], self.weights[:0]
        span = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return self.indices[span], self.weights[span]

    def holders(self) -> dict[str, int]:
        """For each token how many passages hold it."""
        counts = np.diff(self.starts).tolist()
        return {token: counts[number] for token, number in self.vocabulary.items()}

    def score(self, tokens: Mapping[str, float]) -> Floats:
        """BM25 of every passage, shape (size,), for tokens with their weights."""
        scores = np.zeros(self.size, dtype=np.float32)
        for token, weight in tokens.items():
            where, values = self.postings(token)
            scores[where] += np.float32(weight) * values
        return scores

    def idf(self, token: str) -> float:
        """ln(1 + (N - n + .5) / (n + .5)); a token that no passage holds counts as the rarest."""
        n = len(self.postings(token)[0])
        return float(np.log1p((self.size - n + 0.5) / (n + 0.5)))


def best(scores: Floats, limit: int) -> NDArray[np.int64]:
    """The numbers of the passages with the highest scores above 0, best first; ties by number.

    Only those that may be among them are sorted, which tells when there are very many passages.
    """
    floor = np.float32(0)
    if limit < len(scores):
        floor = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    found = np.flatnonzero((scores >= floor) & (scores > 0))
    return found[np.argsort(-scores[found], kind="stable")][:limit]


def build_field(tokens: Sequence[Sequence[str]], folder: Path) -> None:
    """Write one field to `folder`: `tokens` holds the tokens of each passage, in passage order."""
    import bm25s

    model = bm25s.BM25(k1=K1, b=B, method="lucene")
    safe = [list(row) or [""] for row in tokens]
    model.index(safe, show_progress=False)
    model.save(str(folder), show_progress=False)


def open_field(folder: Path, size: int) -> Field:
    """The field that `build_field` wrote.

    Raises:
        IndexBroken: a file is missing or does not fit the others.
    """
    try:
        vocabulary = json.loads((folder / "vocab.index.json").read_text(encoding="utf-8"))
        weights = np.load(folder / "data.csc.index.npy", allow_pickle=False)
        indices = np.load(folder / "indices.csc.index.npy", allow_pickle=False)
        starts = np.load(folder / "indptr.csc.index.npy", allow_pickle=False)
    except (EOFError, OSError, ValueError) as error:
        raise IndexBroken(f"ordindeksen i {folder.name} kan ikke leses ({error})") from error
    if (
        len(weights) != len(indices)
        or not len(starts)
        or int(starts[-1]) != len(weights)
        or (len(indices) and indices.max() >= size)
    ):
        raise IndexBroken(f"ordindeksen i {folder.name} henger ikke sammen")
    return Field(
        vocabulary, weights.astype(np.float32), indices.astype(np.int32), starts.astype(np.int64), size
    )
