"""Whether a new build still finds what the one in use finds: questions with known answers, asked of both.

A document that is added can push others out of sight, by accident or because somebody meant it to. So a
build is asked for sections all over the corpus before it is published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.documents.questions import Key
from assistant.index import Index
from assistant.retrieval import Retriever
from assistant.types import Question

COUNT = 20
MOST_LOST = 0.1
"""Share of the questions that may lose their section: one in ten can be a neighbour that is better."""
ITSELF = 0.99
"""Cosine from which a vector counts as found."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A question, and the section that answers it."""

    question: str
    section_id: str


def choose(opened: Index, keys: Mapping[str, Sequence[Key]], count: int = COUNT) -> list[Canary]:
    """Questions spread evenly over the sections of a build: their own keys, else what they are called."""
    asked = []
    for document in opened.documents.values():
        for section in document.sections:
            own = keys.get(section.id)
            named = f"{document.source.title}: {section.heading}"
            asked.append(Canary(own[0].question if own else named, section.id))
    step = max(1.0, len(asked) / count)
    return [asked[int(n * step)] for n in range(min(count, len(asked)))]


def strays(opened: Index, kind: str, count: int = COUNT) -> str:
    """What is wrong with the vector search of a build, when some of its vectors are not their own nearest."""
    search = opened.search_by(kind)
    try:
        if search.problem:
            return search.problem
        rows = range(0, len(opened.searched), max(1, len(opened.searched) // count))
        nearest = [search.nearest(opened.searched[row], 1)[1] for row in rows]
        gone = sum(not len(cosines) or float(cosines[0]) < ITSELF for cosines in nearest)
        return f"{gone} av {len(nearest)} vektorer blir ikke funnet" if gone else search.problem
    finally:
        search.close()


def lost(
    canaries: Sequence[Canary], before: Retriever, after: Retriever, kept: Index, on: date
) -> list[Canary]:
    """Those whose section `before` finds and `after` does not, though `kept`, the new build, has it."""
    sections = {s.id for document in kept.documents.values() for s in document.sections}
    return [
        canary
        for canary in canaries
        if canary.section_id in sections and _finds(before, canary, on) and not _finds(after, canary, on)
    ]


def _finds(retriever: Retriever, canary: Canary, on: date) -> bool:
    found = retriever.retrieve(Question(canary.question, on))
    return any(hit.passage.section_id == canary.section_id for hit in found.hits)
