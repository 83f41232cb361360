"""How a question is put: as one that the sources answer, one that they do not, or one that seeks a way round.

Meaning alone does not tell «Hvor stor del skal klima telle?» from «Hvor stor del fikk vi til i fjor?»: both
lie beside the same rule. The words that ask do («i fjor», «hos oss», «hva koster», «gi meg», «har rett»,
«slipper vi»). What they weigh is learned from the question keys of the corpus and the examples out of scope
by `evals/phrase.py`: logistic regression with an L1 penalty (Tibshirani 1996), so that few words remain.
Words of one or two sources alone are left out: what counts is how it is asked, not about what. No embedding
model takes part.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from assistant import language

FILE = "data/phrasing.json"
OPENING = 3
"""Words that a question begins with and that count together."""
_WORD = re.compile(r"[\wæøåÆØÅ§]+|\?")


@dataclass(frozen=True, slots=True)
class Manner:
    """What each trait weighs, in log-odds."""

    weights: Mapping[str, float]
    bias: float

    def leaning(self, traits: frozenset[str]) -> float:
        """The log-odds of a question with these traits."""
        return self.bias + sum(self.weights.get(trait, 0.0) for trait in sorted(traits))


@lru_cache(maxsize=512)
def traits(question: str) -> frozenset[str]:
    """The stems of a question, each two in a row, and how it begins; figures are one word."""
    words = [_stem(word) for word in _WORD.findall(question.lower())]
    pairs = zip(["^", *words], [*words, "$"], strict=True)
    return frozenset((*words, *map("_".join, pairs), "^" + " ".join(words[:OPENING])))


def refusable(question: str) -> float:
    """The log-odds that a question put like this is not for the sources to answer."""
    return _manners()["refusable"].leaning(traits(question))


def evasive(question: str) -> float:
    """The log-odds that a question put like this seeks a way round a rule."""
    return _manners()["evasive"].leaning(traits(question))


def _stem(word: str) -> str:
    if word[0].isdigit():
        return "#"
    return language.stem(word) if word.isalpha() else word


@lru_cache(maxsize=1)
def _manners() -> Mapping[str, Manner]:
    content = json.loads(resources.files("assistant").joinpath(FILE).read_text(encoding="utf-8"))
    return {name: Manner(**values) for name, values in content.items()}
