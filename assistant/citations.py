"""The check that every shown sentence passes: its markers, quotes, §, amounts, shares and dates.

Pure. What the check can promise: each marker points at a passage shown in this turn, each quote is a
verbatim span of it, and every number, §, date and share in the sentence stands in the passages it
cites. It cannot promise that the passage was read rightly, or that the source is right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from assistant import language
from assistant.types import Citation, Sentence

_SCALES = {
    "tusen": 1000, "mill": 10**6, "million": 10**6, "millioner": 10**6, "millionar": 10**6, "mrd": 10**9,
    "milliard": 10**9, "milliarder": 10**9, "milliardar": 10**9,
}  # fmt: skip
_NUMBER_WORDS = {
    "null": 0, "to": 2, "tre": 3, "fire": 4, "fem": 5, "seks": 6, "sju": 7, "syv": 7, "åtte": 8, "ni": 9,
    "ti": 10, "elleve": 11, "tolv": 12, "tretten": 13, "fjorten": 14, "femten": 15, "seksten": 16,
    "sytten": 17, "atten": 18, "nitten": 19, "tjue": 20, "tretti": 30, "førti": 40, "femti": 50, "seksti": 60,
    "sytti": 70, "åtti": 80, "nitti": 90, "hundre": 100,
}  # fmt: skip
_MONTHS = "januar februar mars april mai juni juli august september oktober november desember".split()
# The letter of «§ 5 a» belongs to the number; the preposition of «§ 5 i loven» does not.
_PARAGRAPH = re.compile(
    r"§{1,2}\s?(\d+(?:-\d+)?)(?:([a-z])(?![a-zæøå])|\s([a-hj-z])(?![a-zæøå]))?", re.IGNORECASE
)
_DATE = re.compile(rf"(\d{{1,2}})\.\s?({'|'.join(_MONTHS)})(?:\s(\d{{4}}))?", re.IGNORECASE)
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?<![\w§])(\d{{1,3}}(?:\s\d{{3}})+|\d+(?:[.,]\d+)?)(?:\s?({_SCALE})\b)?", re.IGNORECASE
)
_NUMBER_WORD = re.compile(rf"\b({'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)


def _number(digits: str, scale: str | None) -> str:
    try:
        value = Decimal(re.sub(r"\s", "", digits).replace(",", "."))
    except InvalidOperation:
        return digits
    return format((value * _SCALES[scale.lower().rstrip(".")] if scale else value).normalize(), "f")


def hard_facts(text: str) -> frozenset[str]:
    """The numbers, § references and dates of `text` in one spelling each.

    «1,3 millioner» and «1 300 000» are the same fact, and so are «tretti prosent» and «30 %»;
    «§§ 5a» and «§ 5 a» are too.
    """
    text = language.squeeze(text)
    found = set()
    for match in _PARAGRAPH.finditer(text):
        found.add(f"§{match[1]}{(match[2] or match[3] or '').lower()}")
    rest = _PARAGRAPH.sub(" ", text)
    for match in _DATE.finditer(rest):
        found.add(f"{int(match[1])}.{match[2].lower()}")
        if match[3]:
            found.add(match[3])
    rest = _DATE.sub(" ", rest)
    found.update(_number(match[1], match[2]) for match in _NUMBER.finditer(rest))
    found.update(str(_NUMBER_WORDS[match[1].lower()]) for match in _NUMBER_WORD.finditer(rest))
    return frozenset(found)


def verify(sentence: Sentence, shown: Mapping[int, Citation]) -> Sentence | None:
    """`sentence` when its citations carry it, else None.

    It must cite at least one passage shown in this turn; the cited quotes must be verbatim spans of
    their passages; every hard fact and, for sentences taken from a source, every word must stand in
    the cited passages (their headings and titles count: they name what the passage is about).
    """
    if not sentence.citations or any(n not in shown for n in sentence.citations):
        return None
    cited = [shown[n] for n in sentence.citations]
    if any(not quote or quote not in c.text for c in cited for quote in c.quotes):
        return None
    grounds = [_ground(f"{c.title} \n {c.section} \n {c.text}") for c in cited]
    if not hard_facts(sentence.text) <= frozenset().union(*(facts for facts, _ in grounds)):
        return None
    if not set(language.words(sentence.text)) <= frozenset().union(*(words for _, words in grounds)):
        return None
    return sentence


@lru_cache(maxsize=4096)
def _ground(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The hard facts and the words of a cited passage with its headings."""
    words = language.squeeze(language.plain(text))
    return hard_facts(words), frozenset(language.words(words))
