"""How alike two questions are, as far as they have the same answer.

Two questions with one answer need not be about the same things («Må kafeen ha lærling?», «Gjelder kravet om
fagopplæring for kantina?»), and two that share most of their words may have different ones. A projection of
the embedding model's vectors brings the former together and sets the latter apart. It is learned by
`evals/alike.py` on the question keys of the corpus, those that lead to one sentence being alike, with the
examples out of scope apart from all of them; it fits one embedding model. What it gives is a vote: every
key speaks for its sentence and its passage, the louder the more alike it is (a soft nearest-neighbour vote
over a learned metric: Goldberger et al. 2004, «Neighbourhood Components Analysis»).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant import learned

FILE = "data/likeness.npz"
WIDTH = 0.12
"""Cosine over which the voice of a key falls to 1/e (dev questions)."""
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Likeness:
    """The projection: `matrix` of shape (dim, size) and `offset` of shape (size,)."""

    matrix: Floats
    offset: Floats

    @classmethod
    def none(cls, dim: int) -> Likeness:
        """The projection that changes nothing, for a model that none was learned for."""
        return cls(np.eye(dim, dtype=np.float32), np.zeros(dim, dtype=np.float32))

    def of(self, vectors: Floats) -> Floats:
        """Vectors of shape (n, dim) or (dim,), projected and of length one."""
        return learned.of_length_one(vectors @ self.matrix + self.offset)


@lru_cache(maxsize=4)
def of_model(name: str, dim: int) -> Likeness:
    """The projection that ships for the embedding model `name`; for any other, one that changes nothing."""
    found = learned.read(FILE, name)
    return Likeness(**found) if found and len(found["matrix"]) == dim else Likeness.none(dim)


@dataclass(frozen=True, slots=True)
class Votes:
    """How loudly the voters speak for what they lead to: `log(1 + sum)` of their voices, 0 without any."""

    passages: Floats
    """For each passage of the build."""
    units: Floats
    """For each unit of the build, in the order of the passages."""
    best: float
    """The loudest for any unit."""
    ahead: float | None
    """How much nearer (cosine) the nearest voter is than the nearest example; None without both."""


@dataclass(frozen=True, slots=True)
class Electorate:
    """The question keys of a build, which vote on what answers."""

    places: Floats
    """Where each voter lies, projected: shape (n, size)."""
    owner: NDArray[np.int32]
    """For each voter the number of its passage."""
    unit: NDArray[np.int64]
    """For each voter the unit it speaks for, counted through the build; the last number for none."""
    passages: int
    units: int
    examples: Floats
    """Where the examples out of scope lie, projected; they do not vote."""

    def votes(self, place: Floats) -> Votes:
        """The votes on a question that lies at `place`."""
        if not len(self.places):
            return Votes(np.zeros(self.passages, np.float32), np.zeros(self.units, np.float32), 0.0, None)
        cosines = self.places @ place
        nearest = float(cosines.max())
        voices = np.exp((cosines - nearest) / WIDTH)
        for_passages = np.log1p(np.bincount(self.owner, voices, self.passages)).astype(np.float32)
        for_units = np.log1p(np.bincount(self.unit, voices, self.units + 1)[:-1]).astype(np.float32)
        ahead = nearest - float((self.examples @ place).max()) if len(self.examples) else None
        return Votes(for_passages, for_units, float(for_units.max(initial=0.0)), ahead)
