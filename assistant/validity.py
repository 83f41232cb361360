"""Whether a passage, and each sentence in it, speaks of the law of a given day.

A sentence's own dates win over those of the words that introduce it, and those over the section's: «Før
1. juli 2026 gikk grensen ved 100 000 kroner» tells of May 2026 although it stands in a section on the rule
that came after.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from assistant import chunking
from assistant.types import Block, Passage, Period, Rank, Unit

OPEN = Period()


def stated(units: Sequence[Unit], unit: Unit) -> Period:
    """The period that a unit gives by its own words, or by the sentence that introduces its list or table."""
    seen: Unit | None = unit
    while seen is not None:
        if seen.period != OPEN:
            return seen.period
        introduced = seen.lead is not None and (
            seen.block is Block.ROW or chunking.opens(units[seen.lead], units)
        )
        seen = units[seen.lead] if introduced and seen.lead is not None else None
    return OPEN


def effective(passage: Passage, units: Sequence[Unit], unit: Unit) -> Period:
    """When what a unit says applied: its stated period, else that of its section."""
    own = stated(units, unit)
    return passage.period if own == OPEN else own


def speaks_of(passage: Passage, units: Sequence[Unit], on: date) -> bool:
    """Whether a passage applied on the day `on`, or has a sentence that tells what applied then."""
    if passage.in_force(on):
        return True
    return any(
        unit.period != OPEN and unit.period.contains(on) and _reaches(unit.period, passage, on)
        for unit in units
    )


def _reaches(period: Period, passage: Passage, on: date) -> bool:
    """Whether the period says something of the time outside the passage's own."""
    if passage.valid_from and on < passage.valid_from:
        return period.end is not None
    return period.start is not None


def may_lead(passage: Passage, units: Sequence[Unit], unit: Unit, on: date) -> bool:
    """Whether a unit may carry the point of an answer for the day `on`.

    A county's own ended policy may: it is asked about by name, and the answer marks it as ended.
    """
    if stated(units, unit) == OPEN and passage.rank is Rank.OWN_POLICY:
        return True
    return effective(passage, units, unit).contains(on)
