"""How sure a search is that what it found carries an answer: a few signs, and a probability made of them.

The signs are raw values of the best hits, never relative scores, and few on purpose: with more of them the
questions set aside from training were told apart less well (docs/evals.md). Their weights are learned.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant import language
from assistant.types import Anchor, Hit

if TYPE_CHECKING:
    from assistant.index import Index

CERTAIN = 0.99
"""Confidence when the question asks for a § by its number and the corpus has it; without it, 0."""
LAW_KEY = 0.02
"""How far below its best sentence a § of a law counts where others have a question (dev questions)."""
NO_EXAMPLE = 0.1
"""How far behind the nearest key the nearest example is taken to be in a corpus that has no examples."""
INSIDE = 0.9
"""Where a question that is answered usually lies from the line of its build (mean of dev questions)."""
Floats = NDArray[np.float32]


def nearest_anchors(opened: Index, vector: Floats | None) -> list[Anchor]:
    """For each group of questions out of scope the example that lies nearest to the question's vector."""
    if vector is None or not opened.anchors:
        return []
    cosines = opened.vectors[int(opened.spans[-1]) :] @ vector
    best: dict[str, Anchor] = {}
    for example, cosine in zip(opened.anchors, cosines.tolist(), strict=True):
        if example.group not in best or cosine > best[example.group].similarity:
            best[example.group] = Anchor(example.group, example.status, example.section, cosine)
    return list(best.values())


def evidence(
    opened: Index, question: str, vector: Floats | None, hits: Sequence[Hit], anchors: Sequence[Anchor]
) -> dict[str, float]:
    """What speaks for `hits` carrying an answer to `question`, by name; nothing when there are none."""
    if not hits:
        return {}
    first, best = _as_evidence(hits[0]), [_as_evidence(hit) for hit in hits[:3]]
    found = {name: max(row[name] for row in best) for name in ("sentence", "key", "grams")}
    found["first_key"] = first["key"]
    found["first_coverage"] = max(first["coverage"], first["key_coverage"])
    found["anchor"] = max((a.similarity for a in anchors), default=found["key"] - NO_EXAMPLE)
    found["anchor_gap"] = max(found["key"], found["sentence"]) - found["anchor"]
    line = opened.scope
    found["scope"] = INSIDE if vector is None or not line.any() else float(line[:-1] @ vector + line[-1])
    found["strangers"] = min(len(strangers(question, hits[:3])), 2.0)
    return found


def probability(found: Mapping[str, float], weights: Mapping[str, float], bias: float) -> float:
    """The probability (0–1) that the best hits carry an answer: a logistic of the evidence."""
    if not found:
        return 0.0
    z = bias + sum(weights.get(name, 0.0) * value for name, value in found.items())
    return 1 / (1 + math.exp(-z))


def _as_evidence(hit: Hit) -> dict[str, float]:
    """The features of a hit; the words of a law have no questions, and its subject is no answer."""
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
