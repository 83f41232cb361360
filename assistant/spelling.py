"""Mends misspelt words of a question with the corpus's own vocabulary.

Only words that the corpus does not know are touched, only when one known word lies within one slip of the
fingers (two in long words), and only for the search: the question is shown as it was typed. What the question
keys alone know may be a slip itself, since some of them are written as people write in a hurry.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from assistant import language

MIN_LENGTH = 5
"""Shorter words have too many neighbours to guess."""
SLIP_LENGTH, SLIP_PASSAGES = 7, 2
"""A word this long, in the question keys of so few passages and in no document, is not known when it is one
slip from a word that some document has."""


@dataclass(frozen=True, slots=True)
class Speller:
    """Known stems, grouped by their first letter."""

    known: frozenset[str]
    by_letter: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, written: Collection[str], asked: Mapping[str, int]) -> Speller:
        """A speller that knows the stems of the documents, and those of the question keys.

        `asked` tells for each stem of the keys how many passages have a key with it.
        """
        sure = cls(frozenset(filter(None, written)), _by_letter(written))
        others = {word for word in asked if word and not sure.has_slip(word, asked[word])}
        return cls(sure.known | others, _by_letter(sure.known | others))

    def has_slip(self, word: str, passages: int) -> bool:
        """Whether a stem that the keys of so many passages have looks like one of the known, misspelt."""
        if word in self.known or len(word) < SLIP_LENGTH or passages > SLIP_PASSAGES or not word.isalpha():
            return False
        return self._nearest(word, 1) is not None

    def mend(self, text: str) -> str:
        """`text` with unknown words replaced by the stem of the known word they were meant to be."""
        return re.sub(r"[^\W\d_]{5,}", lambda match: self._mend_word(match.group()), text)

    def _mend_word(self, word: str) -> str:
        stem = language.stem(word.lower())
        if word.lower() in language.STOP_WORDS or stem in self.known or word.isupper():
            return word
        a, o = stem.replace("aa", "a"), stem.replace("oe", "o")
        for spelling in (a, o, a.replace("oe", "o")):
            if spelling in self.known:
                return spelling
        slips = 1 if len(stem) < 8 else 2
        return self._nearest(stem, slips) or word

    def _nearest(self, stem: str, slips: int) -> str | None:
        found = process.extractOne(
            stem, self.by_letter.get(stem[0], ()), scorer=DamerauLevenshtein.distance, score_cutoff=slips
        )
        return found[0] if found else None


def _by_letter(words: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for word in sorted(words):
        if len(word) >= MIN_LENGTH - 1 and word.isalpha():
            found[word[0]].append(word)
    return {letter: tuple(group) for letter, group in found.items()}
