"""How a question reads, word by word where it stands: as one that the sources answer, or as one they do not.

`phrasing.py` counts the words of a question. This reads them in their context: each of a few learned heads
looks at the states that the embedding model has of the tokens, weighs them, and takes what it looks for; two
small layers make log-odds of what they took (attentive pooling: Lin et al. 2017, «A structured self-attentive
sentence embedding»). The embedding model has read the question anyway. Learned by `evals/reading.py` from the
question keys of the corpus and the examples out of scope; fits one embedding model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant import learned

FILE = "data/reading.npz"
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Leaning:
    """Log-odds of what a question is, by how it reads."""

    refusable: float
    """That it is not for the sources to answer."""
    evasive: float
    """That it seeks a way round a rule."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The heads and the two layers; each matrix with its offset."""

    look: Floats
    """What each head looks for: shape (dim, heads)."""
    look_offset: Floats
    take: Floats
    """What is taken from a token: shape (dim, size)."""
    take_offset: Floats
    join: Floats
    """What all heads took, one after the other, to fewer numbers: shape (heads * size, hidden)."""
    join_offset: Floats
    lean: Floats
    """To the log-odds, in the order of `Leaning`: shape (hidden, 2)."""
    lean_offset: Floats

    def read(self, states: Floats) -> Leaning:
        """The leaning of a question with such states of its tokens, of shape (n, dim)."""
        tokens = standardised(states)
        seen = tokens @ self.look + self.look_offset
        weights = np.exp(seen - seen.max(axis=0))
        taken = (weights / weights.sum(axis=0)).T @ (tokens @ self.take + self.take_offset)
        joined = np.maximum(np.maximum(taken.reshape(-1), 0) @ self.join + self.join_offset, 0)
        return Leaning(*(joined @ self.lean + self.lean_offset).tolist())


def standardised(states: Floats) -> Floats:
    """Each row with mean 0 and deviation 1."""
    centred = states - states.mean(axis=-1, keepdims=True)
    return np.asarray(centred / (centred.std(axis=-1, keepdims=True) + 1e-5), dtype=np.float32)


@lru_cache(maxsize=4)
def of_model(name: str) -> Reader | None:
    """The reader that ships for the embedding model `name`; None for any other."""
    found = learned.read(FILE, name)
    return Reader(**found) if found else None
