"""Which sentences, items and rows of the found passages answer a question.

Each unit of the best passages gets a few features and a linear score; the weights are data
(`data/selection.json`), learned by `evals/train.py`. What is chosen is verbatim: nothing is worded here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from assistant import chunking, index, intents, language, provisions, validity
from assistant.intents import Intent
from assistant.query import Query
from assistant.terms import Concept
from assistant.tiers import ANY_RULES, Rules
from assistant.types import Block, Hit, Passage, Retrieval, Unit

Floats = NDArray[np.float32]
PASSAGES = 4
"""Passages whose units compete for a place in the answer."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that may stand in the answer."""

    passage: Passage
    units: tuple[Unit, ...]
    """All units of the passage."""
    unit: Unit
    text: str
    """What the unit says when it stands alone."""
    may_lead: bool
    """Whether what it says applied on the day of the question."""
    place: int
    """Place of the passage among the hits, from 0."""
    score: float
    features: tuple[tuple[str, float], ...]


@lru_cache(maxsize=1)
def weights() -> Mapping[str, float]:
    """The learned weight of each feature."""
    path = resources.files("assistant").joinpath("data/selection.json")
    content: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    return content


def candidates(
    opened: index.Index, query: Query, retrieval: Retrieval, asked: str, rules: Rules = ANY_RULES
) -> list[Candidate]:
    """Every unit of the best passages with its score, best first; ties in reading order."""
    wanted = intents.wanted(asked)
    found: list[Candidate] = []
    for place, hit in enumerate(retrieval.hits[:PASSAGES]):
        found.extend(_of_passage(opened, query, retrieval, hit, place, wanted, rules))
    found = _as_written(found, retrieval)
    return sorted(found, key=lambda c: (-c.score, c.place, c.unit.index))


def _as_written(found: list[Candidate], retrieval: Retrieval) -> list[Candidate]:
    """When a § itself is asked for: the text about it from the first word on, before what explains it."""
    if not found or dict(retrieval.hits[0].features).get("named_provision", 0.0) < provisions.ASKED:
        return found
    section = retrieval.hits[0].passage.section_id
    top = max((c.score for c in found if c.passage.section_id != section), default=0.0) + 1
    return [
        replace(c, score=top - c.place / 10 - c.unit.index / 1000) if c.passage.section_id == section else c
        for c in found
    ]


def _of_passage(
    opened: index.Index,
    query: Query,
    retrieval: Retrieval,
    hit: Hit,
    place: int,
    wanted: frozenset[Intent],
    rules: Rules,
) -> list[Candidate]:
    number = opened.number[hit.passage.id]
    units = tuple(opened.units[number])
    behind = retrieval.hits[0].score - hit.score
    where = {"behind": behind, "first_passage": float(place == 0), "place": float(place)}
    learned = weights()
    scored = []
    for unit, said, features in _unit_features(opened, query, number, wanted):
        lead = validity.may_lead(hit.passage, units, unit, retrieval.on)
        own = validity.stated(units, unit)
        features |= {"not_in_force": float(not lead), "dated_in_force": float(lead and own != validity.OPEN)}
        features["row_in_force"] = features["dated_in_force"] * float(unit.block is Block.ROW)
        features["other_rules"] = float(rules.excludes_unit(hit.passage, units, unit, retrieval.on))
        features |= where
        score = sum(learned.get(name, 0.0) * value for name, value in features.items())
        scored.append(
            Candidate(hit.passage, units, unit, said.text, lead, place, score, tuple(features.items()))
        )
    return scored


def _unit_features(
    opened: index.Index, query: Query, number: int, wanted: frozenset[Intent]
) -> Iterator[tuple[Unit, index.Said, dict[str, float]]]:
    """What speaks for each unit of passage `number` as the answer, against the others of the passage."""
    units = opened.units[number]
    rows = slice(int(opened.spans[number]), int(opened.spans[number + 1]))
    kinds = opened.rows.kind[rows]
    cosines = answers = asked = np.zeros(len(units), np.float32)
    if query.vector is not None and query.towards is not None:
        near = opened.vectors[rows] @ query.vector
        cosines, answers = near[kinds == index.UNIT], opened.answers(number) @ query.towards
        asked = _asked(near, kinds, opened.rows.unit[rows], len(units))
    bare, first = bool(opened.bare[number]), int(opened.first_unit[number])
    votes = query.votes.units[first : first + len(units)] if query.votes else np.zeros(len(units), np.float32)
    loudest = query.votes.best if query.votes else 0.0
    best, best_asked = float(cosines.max(initial=0.0)), float(asked.max(initial=0.0))
    best_answer = float(answers.max(initial=-1.0))
    idfs = [(concept, opened.fields["body"].idf(concept.stem)) for concept in query.concepts]
    heading = frozenset(language.stems(opened.passages[number].heading))
    numbers = frozenset(_NUMBERS.findall(query.text))
    for unit, said in zip(units, opened.said(number), strict=True):
        if chunking.is_header(unit, units):
            continue
        cosine, key = float(cosines[unit.index]), float(asked[unit.index])
        features = _features(unit, said, heading, idfs, wanted, numbers)
        features |= _list_features(unit, units, wanted)
        around = [float(cosines[n]) for n in (unit.index - 1, unit.index + 1) if 0 <= n < len(cosines)]
        features |= {"cosine": cosine, "gap": best - cosine, "near": max(around, default=cosine)}
        answer = float(answers[unit.index])
        features |= {"answers": answer, "answers_gap": best_answer - answer}
        vote = float(votes[unit.index])
        features |= {"votes": vote, "votes_behind": loudest - vote}
        features |= {
            "key": key or best_asked - _UNASKED,
            "key_gap": best_asked - key if key else _UNASKED,
            "key_best": float(key == best_asked > 0),
            "no_key": float(not key),
        }
        if bare:
            features |= {f"bare_{name}": features[name] for name in _BARE} | {"bare": 1.0}
        yield unit, said, features


_BARE = ("answers", "answers_gap", "cosine", "gap", "near", "cover", "cover_near", "first")
"""Features that weigh more where no question key leads to the passage, and nothing else speaks for a unit."""
_UNASKED = 0.15
"""How far behind the nearest question of its passage a unit is taken to be that no question leads to."""


def _asked(near: Floats, kinds: NDArray[np.int8], units: NDArray[np.int32], n: int) -> Floats:
    """For each of `n` units how near (cosine) the nearest question is that it answers; 0 without one."""
    nearest = np.zeros(n, np.float32)
    keys = np.flatnonzero((kinds == index.KEY) & (units >= 0))
    np.maximum.at(nearest, units[keys], near[keys])
    return nearest


def _features(
    unit: Unit,
    said: index.Said,
    heading: frozenset[str],
    idfs: Sequence[tuple[Concept, float]],
    wanted: frozenset[Intent],
    numbers: frozenset[str],
) -> dict[str, float]:
    text = said.text
    features = {
        "cover": _cover(idfs, said.stems),
        "cover_near": _cover(idfs, said.stems | said.lead | heading),
        "numbers": len(numbers & set(_NUMBERS.findall(text))) / len(numbers) if numbers else 0.0,
        "first": float(unit.index == 0),
        "second": float(unit.index == 1),
        "late": min(unit.index, 12) / 12,
        "row": float(unit.block is Block.ROW),
        "quote": float(unit.block is Block.QUOTE),
        "short": float(len(text) < 35),
        "long": float(len(text) > 260),
        "asks": float(text.endswith("?")),
        "advice": float(intents.fits(Intent.HOW_TO, text)),
        "fits_any": float(any(intents.fits(i, text) for i in wanted)),
        "backward": float(_points_back(text)),
    }
    if Intent.YES_NO in wanted:
        features["says_yes_no"] = float(bool(_YES_NO.match(text)))
        features["yes_no_first"] = features["first"]
    if Intent.DEFINITION in wanted:
        features["definition_first"] = features["first"]
    for intent in intents.MARKED & wanted:
        fit = float(intents.fits(intent, text))
        features[f"fits_{intent.value}"] = fit
        features[f"misses_{intent.value}"] = 1 - fit
    return features


_NUMBERS = re.compile(r"\d+(?:[-.,]\d+)*")
_YES_NO = re.compile(r"(ja|nei)\b", re.IGNORECASE)


def _list_features(unit: Unit, units: Sequence[Unit], wanted: frozenset[Intent]) -> dict[str, float]:
    """Whether a unit opens a list or stands in one, told apart by whether a list was asked for."""
    opens, item = float(chunking.opens(unit, units)), float(unit.block is Block.ITEM)
    listing = lists(wanted)
    return {
        "opens_list": 0.0 if listing else opens,
        "opens_wanted_list": opens if listing else 0.0,
        "opens_contents": opens if Intent.CONTENTS in wanted else 0.0,
        "item": 0.0 if listing else item,
        "wanted_item": item if listing else 0.0,
    }


def lists(wanted: frozenset[Intent]) -> bool:
    """Whether the answer is a whole list rather than one item of it."""
    return Intent.LIST in wanted or Intent.HOW_TO in wanted


def _cover(idfs: Sequence[tuple[Concept, float]], stems: frozenset[str]) -> float:
    total = covered = 0.0
    for concept, idf in idfs:
        total += idf
        if concept.stem in stems:
            covered += idf
        elif not stems.isdisjoint(concept.alternatives):
            covered += 0.8 * idf
    return covered / total if total else 0.0


_POINTING = frozenset(
    """
    det dette den denne de disse da slik slike samme derfor likevel
    her ellers men og også antallet kravet begge
    """.split()
)


def _points_back(text: str) -> bool:
    """Whether a sentence leans on the one before it by its first word."""
    first = text.split(" ", 1)[0].lower().strip("«»,.")
    return first in _POINTING


def with_lead(chosen: Candidate) -> Unit | None:
    """The sentence that introduces the list a candidate stands in, if it is not whole without the item."""
    if chosen.unit.block is not Block.ITEM or chosen.unit.lead is None:
        return None
    lead = chosen.units[chosen.unit.lead]
    return lead if chunking.opens(lead, chosen.units) else None


def siblings(chosen: Candidate) -> list[Unit]:
    """The items of the list (or the rows of the table) that a candidate belongs to or opens."""
    anchor = chosen.unit.index if chunking.opens(chosen.unit, chosen.units) else chosen.unit.lead
    if anchor is None:
        return []
    return [u for u in chosen.units if u.lead == anchor and u.block in (Block.ITEM, Block.ROW)]
