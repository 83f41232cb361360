"""Which of the chosen sentences stand in an extractive answer, and in which order: the point first.

Then the rest of what the passage of the point says, and support from a few other passages. A list that was
asked for comes whole; a question that asks two things gets two points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from assistant import chunking, language, periods, selection, validity
from assistant.intents import Intent
from assistant.selection import Candidate
from assistant.types import Block, Passage, Sentence, Unit

WORDS = 175
"""Longest answer, in words, except for a list that was asked for."""
LIST_WORDS = 260
REST_WORDS = 90
"""Words that the passage of the point may add to it."""
SUPPORT = 2
"""Passages that may stand beside the one that carries the point."""
SUPPORT_UNITS = 2
"""Sentences that each of them may add."""
SUPPORT_GAP = 3.0
"""How far behind the point, in score, a supporting sentence may be."""
SAME = 0.7
"""Share of common words from which two sentences are taken to say the same."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a question, or one part of it, is answered with first."""

    candidate: Candidate
    listing: bool
    """Whether the whole list is the answer, rather than one item of it."""


def point(ranked: Sequence[Candidate], wanted: frozenset[Intent]) -> Point:
    """The best candidate that applied on the day of the question; the best of all when none did."""
    return Point(next((c for c in ranked if c.may_lead), ranked[0]), selection.lists(wanted))


@dataclass
class Draft:
    """An answer being put together: what has been taken, and the words left."""

    left: int
    sentences: list[tuple[Passage, Sentence, tuple[str, ...]]] = field(default_factory=list)
    seen: list[set[str]] = field(default_factory=list)
    used: set[tuple[str, int]] = field(default_factory=set)
    """Passage id and index of every unit that stands in the answer."""

    def add(self, passage: Passage, text: str, units: Sequence[Unit], block: Block) -> bool:
        """Take a sentence made of `units` unless it is there, says nothing new, or finds no room."""
        size = len(text.split())
        stems = set(language.stems(text))
        if self.sentences and size > self.left:
            return False
        if (passage.id, units[-1].index) in self.used:
            return False
        if any(stems and len(stems & old) / len(stems | old) > SAME for old in self.seen):
            return False
        self.left -= size
        self.seen.append(stems)
        self.used.update((passage.id, unit.index) for unit in units)
        self.sentences.append((passage, Sentence(text, (), block), tuple(unit.text for unit in units)))
        return True


def draft(points: Sequence[Point], ranked: Sequence[Candidate], on: date) -> Draft:
    """The answer that opens with `points` and takes the rest from `ranked`, best first."""
    listing = any(point.listing for point in points)
    made = Draft(LIST_WORDS if listing else WORDS)
    for point in points:
        _add_point(made, point.candidate, point.listing)
    first = points[0].candidate
    opened = {point.candidate.passage.id for point in points}
    own = [c for c in ranked if c.passage.id in opened and _usable(c, on)]
    others = [c for c in ranked if c.passage.id not in opened and _usable(c, on)]
    if listing:
        _add_list(made, own)
    _add_rest(made, [c for c in own if c.passage.id == first.passage.id])
    _add_support(made, others, first)
    return made


def opening_text(point: Candidate) -> str:
    """How a unit reads as the first sentence: an item together with the words that introduce its list."""
    lead = selection.with_lead(point)
    return f"{language.squeeze(language.plain(lead.text))} {point.text}" if lead else point.text


def _add_point(draft: Draft, point: Candidate, listing: bool) -> None:
    lead = selection.with_lead(point)
    if lead is not None and not listing:
        draft.add(point.passage, opening_text(point), (lead, point.unit), Block.PARAGRAPH)
        return
    if lead is not None:
        _add_unit(draft, point, lead)
    else:
        _add_unit(draft, point, point.unit)
    if listing or chunking.opens(point.unit, point.units):
        for unit in selection.siblings(point):
            _add_unit(draft, point, unit)


def _add_list(draft: Draft, own: Sequence[Candidate]) -> None:
    """The list of the passage that fits the question best, whole, when the point did not bring one."""
    if any(sentence.block is Block.ITEM for _, sentence, _ in draft.sentences):
        return
    opener = next((c for c in own if chunking.opens(c.unit, c.units)), None)
    if opener is None:
        return
    items = selection.siblings(opener)
    words = sum(len(unit.text.split()) for unit in (opener.unit, *items))
    if words <= draft.left:
        for unit in (opener.unit, *items):
            _add_unit(draft, opener, unit)


def _add_unit(draft: Draft, chosen: Candidate, unit: Unit) -> bool:
    text = chunking.reading_text(unit, chosen.units)
    return draft.add(chosen.passage, text, (unit,), unit.block)


def _add_rest(draft: Draft, own: Sequence[Candidate]) -> None:
    """The best of what else the passage says, in reading order; a list keeps the words that open it."""
    keep: dict[int, Candidate] = {}
    words = min(draft.left, REST_WORDS)
    for candidate in own:
        size = len(candidate.text.split())
        if size > words or (candidate.passage.id, candidate.unit.index) in draft.used:
            continue
        if chunking.opens(candidate.unit, candidate.units) and not any(
            c.unit.lead == candidate.unit.index for c in keep.values()
        ):
            continue
        keep[candidate.unit.index] = candidate
        words -= size
    for index in sorted(keep):
        chosen = keep[index]
        lead = selection.with_lead(chosen)
        if lead is not None and (chosen.passage.id, lead.index) not in draft.used:
            _add_unit(draft, chosen, lead)
        _add_unit(draft, chosen, chosen.unit)


def _add_support(draft: Draft, others: Sequence[Candidate], point: Candidate) -> None:
    """The best of a few other passages: what they add, not what they repeat."""
    taken: dict[str, int] = {}
    for candidate in others:
        if candidate.score < point.score - SUPPORT_GAP or chunking.opens(candidate.unit, candidate.units):
            continue
        used = taken.get(candidate.passage.id, 0)
        if used == SUPPORT_UNITS or (not used and len(taken) == SUPPORT):
            continue
        if draft.add(candidate.passage, opening_text(candidate), _with_lead(candidate), Block.PARAGRAPH):
            taken[candidate.passage.id] = used + 1


def _with_lead(candidate: Candidate) -> tuple[Unit, ...]:
    lead = selection.with_lead(candidate)
    return (lead, candidate.unit) if lead else (candidate.unit,)


def _usable(candidate: Candidate, on: date) -> bool:
    """Whether a unit may stand beside the point: in force, or its own words tell when it was."""
    return candidate.may_lead or periods.near(validity.stated(candidate.units, candidate.unit), on)
