"""Facts that an answer turns on and a question leaves out: what they are, and the choices to offer.

The facts are data (`corpus/facts.yaml`). Cautious by intent: only a question about one purchase of the
asker's own, on a subject where the fact decides, and silent about it, is met with choices.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from assistant import datafiles, language
from assistant.types import Choice

FILE = "facts.yaml"
_CONTRACT = (
    "kjøpet|innkjøpet|anskaffelsen|anskaffinga|konkurransen|konkurransa|kontrakten|avtalen|oppdraget|"
    "bestillingen|bestillinga|purchase|contract|competition|tender|procurement"
)
_OWN = re.compile(
    rf"\b(dette|det|denne|this|our|the) ({_CONTRACT})\b|\b({_CONTRACT}) (vår|vårt|våre|her|vi)\b"
    rf"|\b(vårt|vår) (kjøp|innkjøp|anskaffelse|konkurranse|kontrakt|avtale|oppdrag)\b"
    rf"|^(må|skal|kan|gjelder|gjeld|trenger|treng|do|must|does)\b[^?]*\b({_CONTRACT})\?",
    re.IGNORECASE,
)


class _Choice(BaseModel):
    model_config = ConfigDict(extra="forbid")
    label: str = Field(min_length=1)
    says: str = ""
    asks: str = ""

    @model_validator(mode="after")
    def _one_of_two(self) -> _Choice:
        if bool(self.says) == bool(self.asks):
            raise ValueError("et valg skal ha enten says eller asks")
        return self


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    notice: dict[str, str]
    about: list[str] = Field(min_length=1)
    known: list[str] = Field(min_length=1)
    choices: list[_Choice] = Field(min_length=2)

    @field_validator("known")
    @classmethod
    def _compiles(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"«{pattern}» er ikke et mønster: {error}") from None
        return patterns


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    facts: list[_Fact]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about a purchase that decides which rule applies."""

    id: str
    notice: dict[str, str]
    """By language: what the answer depends on, and what to do."""
    about: frozenset[str]
    """Stems of the subjects for which it decides."""
    known: re.Pattern[str]
    """Found in a question that tells it."""
    choices: tuple[tuple[str, str, str], ...]
    """Label, the sentence that completes the question, and the question to ask instead; one of the two."""

    def completes(self, question: str) -> tuple[Choice, ...]:
        """The ways to ask `question` with the fact told, or what to ask instead when the fact settles it."""
        return tuple(
            Choice(label, asks or f"{question.strip()} {says}") for label, says, asks in self.choices
        )


def read(corpus: Path) -> tuple[Fact, ...]:
    """The facts of a corpus, those to ask for first first; none when it has no `facts.yaml`.

    Raises:
        CorpusError: the file is malformed.
    """
    content = datafiles.read(corpus / FILE, _File)
    return tuple(
        Fact(
            fact.id,
            fact.notice,
            frozenset(stem for word in fact.about for stem in language.stems(word)),
            re.compile("|".join(fact.known), re.IGNORECASE),
            tuple((choice.label, choice.says, choice.asks) for choice in fact.choices),
        )
        for fact in (content.facts if content else ())
    )


def missing(facts: Sequence[Fact], question: str) -> Fact | None:
    """The fact that the answer to `question` turns on and that it does not tell, if there is one.

    `question` is the whole of what was asked: with what a follow-up takes from the thread.
    """
    if not _OWN.search(question):
        return None
    stems = frozenset(language.stems(question))
    return next((f for f in facts if not f.about.isdisjoint(stems) and not f.known.search(question)), None)
