"""The text of a § in the normalised JSON, back into ledd and list entries. Pure.

That form joined list entries without a space («…organer,sammenslutninger»). Where punctuation, a number or a
capital tells the seam it is found by rule; where two words simply ran together the seam is data: an entry
`myndigheter|fylkeskommunale` among the sidecar's `skiller`. No other character is added or taken away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

SEAM = "\x1f"
_NUMBERED = re.compile(r"\((\d{1,2})\)\s")
_AFTER_MARK = re.compile(r"(?<=[a-zæøå)»\]\d][,;:.])(?=[A-ZÆØÅa-zæøå]{2}|[iå]\s)")
_AFTER_NUMBER = re.compile(
    r"((?:§\s?|kapittel |vedlegg |nr\. |artikkel )\d+(?:-\d+)?|bokstav [a-h])(?=[a-zæøå]{3})"
)
_ABBREVIATION = re.compile(r"(?:www\.|\.no\b|\b[a-zA-Z]{1,2}\.[a-z]|@)")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")


def is_item(block: str) -> bool:
    """Whether a block is a list entry."""
    return bool(re.match(r"\s*(?:- |\d+[.)] |[a-zæøå]\) )", block))


def blocks(text: str, seams: Sequence[str] = ()) -> Iterator[str]:
    """The paragraphs and the list entries («- …») of a §, in order."""
    for part in text.split("\n"):
        for ledd in _ledd(part.strip()):
            yield from _entries(_with_seams(ledd, tuple(seams)))


def _ledd(text: str) -> Iterator[str]:
    """`text` cut before «(2)», «(3)» … as long as the numbers follow each other."""
    start, expected = 0, 1
    for match in _NUMBERED.finditer(text):
        if int(match[1]) != expected:
            continue
        expected += 1
        if text[start : match.start()].strip():
            yield text[start : match.start()].strip()
            start = match.start()
    if text[start:].strip():
        yield text[start:].strip()


@lru_cache(maxsize=8)
def _pattern(seams: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, str]] | None:
    joined = {seam.replace("|", ""): seam.replace("|", SEAM) for seam in seams}
    if not joined:
        return None
    longest = sorted(joined, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)"), joined


def _with_seams(text: str, seams: tuple[str, ...]) -> str:
    known = _pattern(seams)
    if known:
        pattern, joined = known
        text = pattern.sub(lambda m: joined[m.group()], text)
    text = _AFTER_NUMBER.sub(rf"\1{SEAM}", text)
    kept = [m.span() for m in _ADDRESS.finditer(text)]
    cuts = [m.start() for m in _AFTER_MARK.finditer(text) if not _is_whole(text, m.start(), kept)]
    for cut in reversed(cuts):
        text = text[:cut] + SEAM + text[cut:]
    return text


def _is_whole(text: str, cut: int, kept: Sequence[tuple[int, int]]) -> bool:
    """Whether the mark before `cut` stands inside an address or an abbreviation."""
    if any(start < cut < end for start, end in kept):
        return True
    word = re.search(r"[\w.]*$", text[:cut])
    return bool(word and _ABBREVIATION.search(word.group() + text[cut : cut + 1]))


def _entries(text: str) -> Iterator[str]:
    """What comes before the first seam is a paragraph; what follows are entries, or the paragraph goes on."""
    first, *rest = re.sub(rf"{SEAM}+", SEAM, text).split(SEAM)
    if first.strip():
        yield first.strip()
    before = first
    for part in rest:
        entry = part.strip()
        if not entry:
            continue
        # After a full stop a capital begins a sentence of the ledd itself, unless all entries have capitals.
        resumes = before.rstrip().endswith(".") and entry[0].isupper() and not _capitals(rest)
        yield entry if resumes else f"- {entry}"
        before = part


def _capitals(entries: Sequence[str]) -> bool:
    return all(entry.strip()[:1].isupper() for entry in entries if entry.strip())
