"""Several versions of one document as a single one: the newest is in force, the older ones keep their days.

Versions share their logical id and differ in `gyldig_fra`. A section that says the same in both versions is
one section with a longer life. What a new version says otherwise, or leaves out, stays under an address
with the day it ended (`…#heading@2026-06-30`), so that a question about that day finds it. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from assistant.errors import CorpusError
from assistant.types import Document, Section


def merge(versions: Sequence[Document]) -> Document:
    """The document that `versions` of the same id make together.

    Raises:
        CorpusError: two versions begin on the same day, or one does not tell when it began.
    """
    if len(versions) == 1:
        return versions[0]
    source = versions[0].source
    begun = [v.source.valid_from for v in versions]
    if None in begun or len(set(begun)) < len(begun):
        raise CorpusError(
            f"id-en {source.id!r} er brukt av {len(versions)} dokumenter som ikke er ulike utgaver.",
            "Gi hver utgave sin egen «gyldig_fra», eller gi dokumentene hver sin id.",
        )
    ordered = sorted(versions, key=lambda v: v.source.valid_from or date.min)
    merged = ordered[0]
    for newer in ordered[1:]:
        merged = _succeeded(merged, newer)
    return merged


def _succeeded(older: Document, newer: Document) -> Document:
    """`newer`, with what `older` said otherwise kept until the day before."""
    begins = newer.source.valid_from
    if begins is None:
        raise CorpusError(f"Utgaven av {newer.source.id!r} mangler «gyldig_fra».")
    last = begins - timedelta(days=1)
    now = {section.id: section for section in newer.sections}
    continued: dict[str, Section] = {}
    kept: list[Section] = []
    for section in older.sections:
        same = now.get(section.id)
        if same and (same.text, same.headings) == (section.text, section.headings):
            continued[section.id] = replace(same, valid_from=_earlier(section.valid_from, same.valid_from))
        elif section.valid_from is None or section.valid_from <= last:
            ended = last if section.valid_to is None else min(last, section.valid_to)
            address = section.id if "@" in section.id else f"{section.id}@{ended.isoformat()}"
            kept.append(replace(section, id=address, valid_to=ended))
    sections = (*(continued.get(s.id, s) for s in newer.sections), *kept)
    source = replace(newer.source, valid_from=older.source.valid_from)
    return Document(source, sections, newer.intro)


def _earlier(one: date | None, other: date | None) -> date | None:
    return None if one is None or other is None else min(one, other)
