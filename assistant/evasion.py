"""Whether a question seeks a way round a rule, and which rule that is.

The corpus has examples of such questions (`redirected` in `scope.py`). What speaks for another one: how many
of the examples nearest to it are evasions, whether one lies nearer than any question that is answered, what
its words ask for, and how it reads. The weights are learned with those of the confidence (`evals/train.py`).
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
    from assistant.query import Query

NEAR, WIDE = (8, 0.02), (20, 0.05)
"""How many of the nearest examples are weighed, and the cosine over which their weight falls to 1/e."""
CIRCLE = 40
"""How many of the nearest examples may tell which rule it is."""
FOUND, SOURCE_FOUND = 3.0, 1.5
"""How many times more a rule counts that the search found by itself, or another section of its source."""
UNREAD = -11.2
"""How a question reads where nothing reads it: as one that is answered (mean of dev questions)."""


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

    def rule(self, hits: Sequence[Hit], common: Mapping[str, int]) -> str:
        """The section that most of the evasions lead to, those found by the search before others.

        `common` tells how many examples of the build lead to each section: many seek a way round some rules.
        """
        found = {hit.passage.section_id for hit in hits}
        sources = {hit.passage.source.id for hit in hits}
        total: dict[str, float] = {}
        for section, evasive, cosine in zip(self.sections, self.evasive, self.cosines, strict=True):
            if not evasive or not section:
                continue
            known = FOUND if section in found else SOURCE_FOUND if section.split("#")[0] in sources else 1.0
            weight = known * math.sqrt(common.get(section, 1))
            weight *= math.exp(float(cosine - self.cosines[0]) / NEAR[1])
            total[section] = total.get(section, 0.0) + weight
        return max(total, key=lambda section: total[section], default="")


def signs(
    query: Query, company: Company, near: Around, evidence: Mapping[str, float], sure: float
) -> dict[str, float]:
    """What speaks for a question seeking a way round a rule, by name; nothing when no evasion lies near it.

    `evidence` are the signs of the confidence, and `sure` is what they come to.
    """
    if not evidence or not company.evasive.any():
        return {}
    return {
        "evasive_near": company.share(*NEAR),
        "evasive_wide": company.share(*WIDE),
        "evasive_ahead": float(company.cosines[company.evasive][0]) - near.nearest_key,
        "evades": evidence["evades"],
        "put": phrasing.evasive(query.text),
        "asks_whether": float(intents.Intent.YES_NO in intents.wanted(query.text)),
        "reads": query.leaning.evasive if query.leaning else UNREAD,
        "vote": evidence["vote"],
        "sure": sure,
    }
