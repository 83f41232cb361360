"""The legal weight of a section, read from the links on its source line. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from assistant.types import Rank, Reference, SourceType

_PROPOSAL = re.compile(r"\b(?:prop\.|innst\.|nou\b|høring|horing|forslag)|/nou-", re.IGNORECASE)
_LEGAL = frozenset({Rank.ACT, Rank.REGULATION, Rank.KOFA})


def of_reference(reference: Reference) -> Rank:
    """What kind of legal source a link leads to; guidance when nothing else is known."""
    url = urlsplit(unquote(reference.url))
    host = (url.hostname or "").removeprefix("www.")
    segments = url.path.lower().split("/")
    if host == "lovdata.no" and "lov" in segments:
        return Rank.ACT
    if host == "lovdata.no" and "forskrift" in segments:
        return Rank.REGULATION
    if host in ("klagenemndssekretariatet.no", "kofa.no") or re.match(r"KOFA\b", reference.title):
        return Rank.KOFA
    official = host in ("stortinget.no", "regjeringen.no", "lovdata.no")
    if official and _PROPOSAL.search(f"{reference.title} {url.path}"):
        return Rank.PROPOSAL
    return Rank.GUIDANCE


def of_section(references: Sequence[Reference], kind: SourceType) -> Rank:
    """The rank of a section with these references in a document of type `kind`.

    A document about rules restates its strongest source; comments on a proposal do not make it
    anything more than a proposal. In the other types the first link is what the section is about,
    and a county's own policy is never lifted by a rule it mentions in passing.
    """
    own = kind in (SourceType.STRATEGY, SourceType.MODEL)
    default = Rank.OWN_POLICY if own else Rank.GUIDANCE
    ranks = [of_reference(reference) for reference in references]
    if not ranks:
        return default
    if kind is SourceType.REGULATION:
        strongest = min(ranks, key=lambda rank: rank.weight)
        return Rank.PROPOSAL if strongest not in _LEGAL and Rank.PROPOSAL in ranks else strongest
    return default if ranks[0] is Rank.GUIDANCE else ranks[0]
