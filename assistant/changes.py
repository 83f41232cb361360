"""What differs between two builds: which sections came, went or changed, and who relied on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from assistant.types import Citation, Document, Section


class Change(StrEnum):
    """What happened to a section."""

    ADDED = "ny"
    REMOVED = "borte"
    TEXT = "ny tekst"
    DATES = "nye datoer"


@dataclass(frozen=True, slots=True)
class Changed:
    """A section that is not the same in the newer build, and who relied on it."""

    section_id: str
    heading: str
    change: Change
    relied: tuple[str, ...] = ()
    """What rests on the section: ids of the eval cases that expect it."""


def between(
    older: Mapping[str, Document], newer: Mapping[str, Document], relied: Mapping[str, Iterable[str]]
) -> list[Changed]:
    """Every change from the documents of one build to those of another, in the order of the newer."""
    before, after = _sections(older), _sections(newer)
    found = []
    for section_id in (*after, *(s for s in before if s not in after)):
        change = _change(before.get(section_id), after.get(section_id))
        if change:
            section = after.get(section_id) or before[section_id]
            found.append(
                Changed(section_id, section.heading, change, tuple(sorted(relied.get(section_id, ()))))
            )
    return found


def _sections(documents: Mapping[str, Document]) -> dict[str, Section]:
    return {s.id: s for document in documents.values() for s in document.sections}


def _change(before: Section | None, after: Section | None) -> Change | None:
    if before is None:
        return Change.ADDED
    if after is None:
        return Change.REMOVED
    if (before.text, before.headings) != (after.text, after.headings):
        return Change.TEXT
    if (before.valid_from, before.valid_to, before.rank) != (after.valid_from, after.valid_to, after.rank):
        return Change.DATES
    return None


class Standing(StrEnum):
    """How what an answer cited stands today."""

    STANDS = "uendret"
    CHANGED = "endret"
    """The text is not in the source any more."""
    ENDED = "opphørt"
    """The text is there, and has stopped applying since."""


def standing(cited: Citation, document: Document | None, today: date) -> Standing:
    """How a citation stands against its source as that is now; None when the source is gone."""
    holding = [each for each in document.sections if cited.text in each.text] if document else []
    if not holding:
        return Standing.CHANGED
    ends = [each.valid_to for each in holding]
    lasting = None in ends or max(filter(None, ends)) >= today
    ended_before = cited.valid_to is not None and cited.valid_to in ends
    return Standing.STANDS if lasting or ended_before else Standing.ENDED
