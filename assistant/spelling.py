"""Mends misspelt words of a question with the corpus's own vocabulary.

Only words that the corpus does not know at all are touched, only when one known word lies within one
slip of the fingers (two in long words), and only for the search: the question is shown as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from assistant import language

MIN_LENGTH = 5
"""Shorter words have too many neighbours to guess."""


@dataclass(frozen=True, slots=True)
class Speller:
    """Known stems, grouped by their first letter."""

    known: frozenset[str]
    by_letter: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, *vocabularies: Mapping[str, int]) -> Speller:
        """A speller that knows the stems of the given vocabularies."""
        known = frozenset(word for vocabulary in vocabularies for word in vocabulary if word)
        by_letter: dict[str, list[str]] = {}
        for word in sorted(known):
            if len(word) >= MIN_LENGTH - 1 and word.isalpha():
                by_letter.setdefault(word[0], []).append(word)
        return cls(known, {letter: tuple(group) for letter, group in by_letter.items()})

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
        found = process.extractOne(
            stem, self.by_letter.get(stem[0], ()), scorer=DamerauLevenshtein.distance, score_cutoff=slips
        )
        return found[0] if found else word
