"""What brings a question and the sentence that answers it closer together than the embedding model does.

The model is made for texts that speak of the same thing; a question and its answer are not that. Two
matrices, one for questions and one for sentences, move each vector a little: `v + Wv`, of length one again.
They are learned by `evals/adapt.py` on the question keys of the corpus and the sentences these lead to (a
residual linear adapter trained with a softmax over all sentences; what it gains is in docs/evals.md), and
they fit one embedding model. They choose between sentences; what is searched is the model's own vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant import learned

FILE = "data/adapter.npz"
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Adapter:
    """The two matrices, each of shape (dim, dim)."""

    question: Floats
    sentence: Floats

    @classmethod
    def none(cls, dim: int) -> Adapter:
        """The adapter that changes nothing, for a model that none was learned for."""
        nothing = np.zeros((dim, dim), dtype=np.float32)
        return cls(nothing, nothing)

    def of_question(self, vector: Floats) -> Floats:
        """The vector of a question, moved towards those of its answers."""
        return _moved(vector[None], self.question).reshape(-1)

    def of_sentences(self, vectors: Floats) -> Floats:
        """The vectors of sentences, of shape (n, dim), moved towards those of the questions they answer."""
        return _moved(vectors, self.sentence)


def _moved(vectors: Floats, matrix: Floats) -> Floats:
    return learned.of_length_one(vectors + vectors @ matrix)


@lru_cache(maxsize=4)
def of_model(name: str, dim: int) -> Adapter:
    """The adapter that ships for the embedding model `name`; the one that changes nothing for any other."""
    found = learned.read(FILE, name)
    if found is None or found["question"].shape != (dim, dim):
        return Adapter.none(dim)
    return Adapter(**found)
