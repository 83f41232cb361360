"""Keeps the evaluation independent of the product's own data: no question may be one the product was given.

The question keys (`corpus/questions/`) and the examples out of scope (`corpus/scope.yaml`) were written by
others than the cases. Where two still came to say nearly the same, the product's copy is removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from evals.cases import Case

ALIKE = 90.0
"""Similarity (0–100, Indel ratio of the lower-cased texts) from which two questions count as one."""


@dataclass(frozen=True, slots=True)
class Twin:
    """A case that the product has, nearly word for word, among its own questions."""

    case_id: str
    question: str
    own: str
    similarity: float


def twins(cases: Iterable[Case], own: Sequence[str]) -> list[Twin]:
    """The cases that are nearly the same as a question in `own`, most alike first."""
    lowered = [question.lower() for question in own]
    found = []
    for case in cases:
        best = process.extractOne(case.question.lower(), lowered, scorer=fuzz.ratio, score_cutoff=ALIKE)
        if best is not None:
            found.append(Twin(case.id, case.question, own[best[2]], round(best[1], 1)))
    return sorted(found, key=lambda twin: -twin.similarity)
