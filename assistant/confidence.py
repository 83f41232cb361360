"""How sure a search is that what it found carries an answer: a few signs, and a probability made of them.

The signs are raw values, never relative to the other hits of the question. Three kinds: how well the best
hits fit, whether the question's neighbours are questions that the corpus answers or examples out of scope,
and what its words ask for, how it is put (`phrasing.py`) and how it reads (`reading.py`). Their weights are
learned (`evals/train.py`), and `assistant search --explain` shows them at work.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant import intents, language, phrasing
from assistant.types import Anchor, Hit

if TYPE_CHECKING:
    from assistant.index import Index
    from assistant.query import Query
    from assistant.scope import Example

Floats = NDArray[np.float32]
ENOUGH = 0.38
"""Confidence from which the hits are taken to carry an answer: the middle of the range in which dev questions
meet all that is asked of refusals, recall .92, precision .90 and 4 % without reason (docs/evals.md)."""
CERTAIN = 0.99
"""Confidence when the question asks for a § by its number and the corpus has it; without it, 0."""
LAW_KEY = 0.02
"""How far below its best sentence a § of a law counts where others have a question (dev questions)."""
NEIGHBOURS, VOTERS = 50, 30
"""The nearest questions, keys and examples together, that are weighed by how near they are; that vote."""
WIDTH = 0.01
"""Cosine over which the weight of a neighbour falls to 1/e."""
ALIKE = 5
"""The nearest examples whose words are compared with those of the question."""
MARGIN = 0.03
"""How far behind the nearest key an example out of scope still counts as being of the question's subject."""
UNKNOWN = {
    "first_key": 0.91,
    "sentence": 0.88,
    "answers": 0.44,
    "scope": 0.72,
    "ahead": 0.13,
    "nearest": 0.91,
    "vote": 0.88,
    "reads": -3.1,
}
"""Signs by meaning where there is no vector, or no reader: as of a question that is answered (means of dev
questions)."""


@dataclass(frozen=True)
class Around:
    """What lies around a question, as cosines."""

    keys: Floats
    """Of the question keys of the passages that may answer, the nearest first; at most `NEIGHBOURS`."""
    examples: Floats
    """Of the examples out of scope, in the order of `Index.anchors`."""

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """The numbers of the nearest examples, the nearest first; at most `NEIGHBOURS`."""
        among = np.arange(len(self.examples))
        if len(among) > NEIGHBOURS:
            among = np.flatnonzero(self.examples >= np.partition(self.examples, -NEIGHBOURS)[-NEIGHBOURS])
        return among[np.argsort(-self.examples[among], kind="stable")][:NEIGHBOURS]

    @property
    def nearest_key(self) -> float:
        """The cosine of the nearest key; 0 without any."""
        return float(self.keys[0]) if len(self.keys) else 0.0


NOTHING = Around(np.zeros(0, np.float32), np.zeros(0, np.float32))


def nearest_keys(cosines: Floats) -> Floats:
    """The largest of the cosines, as `Around` wants them."""
    if len(cosines) > NEIGHBOURS:
        cosines = np.partition(cosines, -NEIGHBOURS)[-NEIGHBOURS:]
    return np.sort(cosines)[::-1].astype(np.float32)


def nearest_anchor(opened: Index, near: Around) -> Anchor | None:
    """The example out of scope that lies nearest to the question."""
    if not len(near.examples):
        return None
    at = int(near.order[0])
    example = opened.anchors[at]
    return Anchor(example.group, example.status, example.section, float(near.examples[at]))


def evidence(opened: Index, query: Query, hits: Sequence[Hit], near: Around) -> dict[str, float]:
    """What speaks for `hits` carrying an answer to the question, by name; nothing when there are none."""
    if not hits:
        return {}
    question, vector, towards = query.text, query.vector, query.towards
    first, best = _as_evidence(hits[0]), [_as_evidence(hit) for hit in hits[:3]]
    found = {
        "first_score": hits[0].score,
        "first_coverage": max(first["coverage"], first["key_coverage"]),
        "strangers": min(len(strangers(question, hits[:3])), 2.0),
        **_figures(question, hits[:3]),
        "bare": first["bare"],
        "counts": float(intents.Intent.COUNT in intents.wanted(question)),
        "evades": float(intents.evades(question)),
        "put": phrasing.refusable(question),
        "worded": _worded(question, opened.anchors, near),
        "outside": _outside(opened.anchors, near),
    }
    if vector is None or towards is None:
        return found | UNKNOWN
    found |= {"first_key": first["key"], "sentence": max(row["sentence"] for row in best)}
    numbers = [opened.number[hit.passage.id] for hit in hits[:4]]
    found["answers"] = max(float((opened.answers(n) @ towards).max(initial=-1.0)) for n in numbers)
    found["scope"] = _beside_line(opened, vector)
    ahead = query.votes.ahead if query.votes else None
    found["ahead"] = UNKNOWN["ahead"] if ahead is None else ahead
    found["reads"] = query.leaning.refusable if query.leaning else UNKNOWN["reads"]
    return found | _neighbours(near)


def probability(found: Mapping[str, float], weights: Mapping[str, float], bias: float) -> float:
    """The probability (0–1) that the best hits carry an answer: a logistic of the evidence."""
    if not found:
        return 0.0
    z = bias + sum(weights.get(name, 0.0) * value for name, value in found.items())
    return 1 / (1 + math.exp(-z))


def _beside_line(opened: Index, vector: Floats) -> float:
    """On which side of the line of the build the question lies, and how far (`index.scope_line`)."""
    line = opened.scope
    return float(line[:-1] @ vector + line[-1]) if line.any() else UNKNOWN["scope"]


def _neighbours(near: Around) -> dict[str, float]:
    """The share of keys among the nearest questions: weighed by nearness, and counted."""
    examples = near.examples[near.order]
    cosines = np.concatenate((near.keys, examples))
    if not len(cosines):
        return {"nearest": UNKNOWN["nearest"], "vote": UNKNOWN["vote"]}
    is_key = np.arange(len(cosines)) < len(near.keys)
    order = np.argsort(-cosines, kind="stable")[:NEIGHBOURS]
    weights = np.exp((cosines[order] - cosines[order[0]]) / WIDTH)
    share = float(weights[is_key[order]].sum() / weights.sum())
    return {"nearest": share, "vote": float(is_key[order[:VOTERS]].mean())}


def _worded(question: str, examples: Sequence[Example], near: Around) -> float:
    """The largest share (Jaccard) of words that the question has in common with a near example."""
    asked = set(language.stems(question))
    said = [set(language.stems(examples[int(n)].question)) for n in near.order[:ALIKE]]
    return max((len(asked & words) / (len(asked | words) or 1) for words in said), default=0.0)


def _outside(examples: Sequence[Example], near: Around) -> float:
    """How clearly the nearest example is of another subject altogether, in tenths of a cosine."""
    if not len(near.examples):
        return 0.0
    at = int(near.order[0])
    behind = float(near.examples[at]) - near.nearest_key + MARGIN
    return 10 * max(0.0, behind) if examples[at].status == "out_of_scope" else 0.0


def _figures(question: str, hits: Sequence[Hit]) -> dict[str, float]:
    """Whether the question has figures, and whether one of them stands in none of the hits."""
    figures = set(_FIGURE.findall(question))
    told = " ".join(hit.passage.text for hit in hits) if figures else ""
    return {
        "figures": float(bool(figures)),
        "figures_missing": float(any(figure not in told for figure in figures)),
    }


_FIGURE = re.compile(r"\d+(?:[-.,]\d+)*")


def _as_evidence(hit: Hit) -> dict[str, float]:
    """The features of a hit; the words of a law have few questions, and its subject is no answer."""
    found = dict(hit.features)
    if found.get("law_text"):
        found["key"] = min(found["key"], found["sentence"] - LAW_KEY)
    return found


_NAME = re.compile(r"(?<![.!?:]\s)(?<=\s)[«“\"]?([A-ZÆØÅ][\w-]+)")


def strangers(question: str, hits: Sequence[Hit]) -> list[str]:
    """The names in a Norwegian question that none of `hits` mentions: a firm, a county, a country.

    A name is a word with a capital inside a sentence; what is called otherwise in English is no stranger.
    """
    if language.detect_language(question) == "en":
        return []
    names = _NAME.findall(question)
    told: set[str] = set()
    for passage in (hit.passage for hit in hits if names):
        told.update(language.stems(f"{passage.text} {' '.join(passage.headings)} {passage.source.title}"))
    return [name for name in names if told.isdisjoint(language.stems(name))]
