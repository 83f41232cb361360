"""A question made ready for both searches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.likeness import Votes
from assistant.reading import Leaning
from assistant.terms import Concept

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: by words, and by meaning where there is a model."""

    text: str
    """What was asked: follow-ups resolved, misspelt words mended."""
    concepts: tuple[Concept, ...]
    vector: Floats | None
    towards: Floats | None = None
    """The vector, moved towards those of the sentences that answer (`adapter.py`)."""
    votes: Votes | None = None
    """How loudly the question keys speak for each passage and unit (`likeness.py`)."""
    leaning: Leaning | None = None
    """What the question is, by how it reads (`reading.py`); None where the embedding model has no reader."""
