"""Whether a question seeks a way round a rule, and which rule that is.

The corpus has examples of such questions (`redirected` in `scope.py`). What speaks for another one: how many
of the examples nearest to it are evasions, whether one lies nearer than any question that is answered, and
what its words ask for. The weights are learned with those of the confidence (`evals/train.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant import intents, phrasing
from assistant.confidence import Around, Floats
from assistant.scope import REDIRECTED
from assistant.types import Hit

if TYPE_CHECKING:
    from assistant.index import Index

NEAR, WIDE = (8, 0.02), (20, 0.05)
"""How many of the nearest examples are weighed, and the cosine over which their weight falls to 1/e."""
CIRCLE = 40
"""How many of the nearest examples may tell which rule it is."""
FIRST = 5
"""How many of the best hits may be the rule themselves."""


@dataclass(frozen=True, slots=True)
class Company:
    """The examples out of scope that lie nearest to a question."""

    evasive: NDArray[np.bool_]
    """For each, the nearest first, whether it seeks a way round a rule."""
    sections: tuple[str, ...]
    """For each the rule that matters; may be empty."""
    cosines: Floats

    @classmethod
    def of(cls, opened: Index, near: Around) -> Company:
        """The nearest examples of the build; no more than are weighed or asked for the rule."""
        order = near.order[:CIRCLE]
        examples = [opened.anchors[int(n)] for n in order]
        evasive = np.array([example.status == REDIRECTED for example in examples], dtype=np.bool_)
        return cls(evasive, tuple(example.section for example in examples), near.examples[order])

    def share(self, count: int, width: float) -> float:
        """The share of evasions among the first `count`, weighed by how near they are."""
        weights = np.exp((self.cosines[:count] - self.cosines[0]) / width)
        return float(weights[self.evasive[:count]].sum() / weights.sum())

    def without(self, number: int) -> Company:
        """The same but for the example at that place, so that it may be asked of the others."""
        kept = np.arange(len(self.cosines)) != number
        sections = tuple(s for s, keep in zip(self.sections, kept, strict=True) if keep)
        return Company(self.evasive[kept], sections, self.cosines[kept])

    def rules(
        self, hits: Sequence[Hit], keys: Mapping[str, float], common: Mapping[str, int]
    ) -> dict[str, dict[str, float]]:
        """The sections that may hold the rule, of near evasions and first hits, and what speaks for each.

        `keys` has the nearest key (cosine) of the sections that the search looked at, and `common` tells how
        many examples of the build lead to each: many seek a way round some rules.
        """
        near: dict[str, float] = {}
        for section, evasive, cosine in zip(self.sections, self.evasive, self.cosines, strict=True):
            if evasive and section:
                voice = math.exp(float(cosine - self.cosines[0]) / NEAR[1])
                near[section] = near.get(section, 0.0) + voice
        places = {hit.passage.section_id: n for n, hit in reversed(list(enumerate(hits, 1)))}
        first = {section for section, place in places.items() if place <= FIRST}
        sources = {section.split("#")[0] for section in first}
        best = max(keys.values(), default=0.0)
        least = min(keys.values(), default=0.0)
        return {
            section: {
                "company": math.log1p(near.get(section, 0.0)),
                "place": 1 / (1 + places[section]) if section in places else 0.0,
                "key": keys.get(section, least) - best,
                "common": math.log1p(common.get(section, 0)),
                "source": float(section.split("#")[0] in sources),
            }
            for section in sorted(near.keys() | first)
        }


def rule(signs: Mapping[str, Mapping[str, float]], weights: Mapping[str, float]) -> str:
    """The section for which most speaks; empty when there is none."""

    def score(section: str) -> float:
        return sum(weights.get(name, 0.0) * value for name, value in signs[section].items())

    return max(signs, key=score, default="")


def signs(
    question: str, company: Company, near: Around, evidence: Mapping[str, float], sure: float
) -> dict[str, float]:
    """What speaks for `question` seeking a way round a rule, by name; nothing when no evasion lies near it.

    `evidence` are the signs of the confidence, and `sure` is what they come to.
    """
    if not evidence or not company.evasive.any():
        return {}
    return {
        "evasive_near": company.share(*NEAR),
        "evasive_wide": company.share(*WIDE),
        "evasive_ahead": float(company.cosines[company.evasive][0]) - near.nearest_key,
        "evades": evidence["evades"],
        "put": phrasing.evasive(question),
        "asks_whether": float(intents.Intent.YES_NO in intents.wanted(question)),
        "vote": evidence["vote"],
        "sure": sure,
    }
