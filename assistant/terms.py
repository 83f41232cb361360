"""The register of words that mean the same to an officer, applied to questions before the search.

The register is data (`corpus/terms.toml`): groups of equal forms, and one-way entries that lead from
everyday or English words to the term of the trade.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant import language, tiers
from assistant.errors import CorpusError
from assistant.tiers import NO_THRESHOLDS, Thresholds

ADDED = 0.5
"""Weight of a word the register adds, beside 1 for a word of the question."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A content word of a question, as its stem, and the stems that count as the same."""

    stem: str
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """For each form (as its stems) the other forms it stands for."""

    groups: Mapping[tuple[str, ...], tuple[str, ...]]
    instruments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each law (`lov/2016-06-17-73`) what it is called, the usual name first."""
    thresholds: Thresholds = NO_THRESHOLDS

    @classmethod
    def read(cls, path: Path) -> Terms:
        """The register in `path`; an empty one when the file is missing.

        Raises:
            CorpusError: the file is not valid.
        """
        if not path.exists():
            return cls({})
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
            groups: dict[tuple[str, ...], tuple[str, ...]] = {}
            for entry in content.get("same", ()):
                for form in entry["forms"]:
                    others = tuple(f for f in entry["forms"] if f != form)
                    groups[_key(form)] = groups.get(_key(form), ()) + others
            for entry in content.get("one_way", ()):
                for form in entry["from"]:
                    groups[_key(form)] = groups.get(_key(form), ()) + tuple(entry["to"])
            instruments = {entry["id"]: tuple(entry["forms"]) for entry in content.get("instrument", ())}
            thresholds = tiers.read(content.get("threshold", ()))
        except (KeyError, TypeError, ValueError) as error:
            raise CorpusError(f"{path} kan ikke leses ({error}).", "Se corpus/README.md.") from error
        return cls(groups, instruments, thresholds)

    def concepts(self, question: str) -> list[Concept]:
        """The content words of `question`, each with the words that the register offers beside it."""
        found = [language.bokmaal(word) for word in language.words(question)]
        keys = [language.stem(w) for w in found]
        concepts: dict[str, dict[str, None]] = {}
        for start, word in enumerate(found):
            if word in language.STOP_WORDS or (len(word) == 1 and not word.isdigit()):
                continue
            offered = concepts.setdefault(keys[start], {})
            for length in (4, 3, 2, 1):
                for form in self.groups.get(tuple(keys[start : start + length]), ()):
                    offered.update(dict.fromkeys(language.stems(form)))
        return [Concept(stem, tuple(a for a in offered if a != stem)) for stem, offered in concepts.items()]


def weighted(concepts: Sequence[Concept]) -> dict[str, float]:
    """The stems of the concepts with weight 1, and those the register adds with a lower weight."""
    tokens = {concept.stem: 1.0 for concept in concepts}
    for concept in concepts:
        for alternative in concept.alternatives:
            tokens.setdefault(alternative, ADDED)
    return tokens


def _key(form: str) -> tuple[str, ...]:
    return tuple(language.stem(w) for w in language.words(form))
