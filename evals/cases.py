"""The questions of the evaluation: read from YAML, checked at the edge, frozen inside."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from assistant.errors import AssistantError

QUESTIONS = Path(__file__).parent / "questions"
OPENINGS = Path(__file__).parent / "openings.yaml"
"""For each case the sentences that a reader of the sources, and of no answer, took for a direct answer."""
DAY = date(2026, 11, 22)
"""Today, for every case that names no other day, so that a run can be repeated next year."""

ANSWERS = frozenset({"answered", "partial", "needs_fact"})
REFUSALS = frozenset({"no_evidence", "out_of_scope", "redirected"})
OUTSIDE = "utenfor"
"""The topic of cases that no document answers."""
LANGUAGES = ("nb", "nn", "en")

Status = Literal["answered", "partial", "needs_fact", "no_evidence", "out_of_scope", "redirected"]
Kind = Literal[
    "amount",
    "share",
    "deadline",
    "date",
    "yes_no",
    "who",
    "definition",
    "list",
    "how_to",
    "comparison",
    "scope",
    "exception",
    "other",
]
_MARKER = re.compile(r"\s?\[\d+\](?!\()")


class _Loader(yaml.CSafeLoader):
    """YAML where `on` and `no` are words, not truth values."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class CasesError(AssistantError):
    """The questions cannot be used as they are; the message lists every fault."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something an answer says, recognised by any of its patterns."""

    text: str
    any: tuple[re.Pattern[str], ...]

    def found_in(self, plain_text: str) -> bool:
        """Whether text from `plain` says it; only a pattern that names line ends sees them."""
        flat = " ".join(plain_text.split())
        return any(p.search(plain_text if r"\n" in p.pattern else flat) for p in self.any)


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier question of a dialogue; without an answer the assistant is asked for one."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One question with everything that is needed to judge what comes back."""

    id: str
    question: str
    language: str
    kind: str
    topic: str
    style: str
    status: tuple[str, ...]
    """The outcomes that are right, best first; `redirected` is a refusal that cites the rule that matters."""
    golden: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    forbidden: tuple[Fact, ...] = ()
    on: date | None = None
    history: tuple[Past, ...] = ()
    triple: str = ""
    note: str = ""
    set: str = ""
    openings: tuple[tuple[str, str], ...] = ()
    """Sentences that answer directly: id of the section, and the words the sentence begins with."""

    def opened_by(self, sections: Collection[str], plain_text: str) -> bool:
        """Whether text quoted from `sections` gives the main point: the fact, or such a sentence."""
        if self.facts and self.facts[0].found_in(plain_text):
            return True
        flat = " ".join(plain_text.split()).casefold()
        return any(section in sections and words.casefold() in flat for section, words in self.openings)

    @property
    def day(self) -> date:
        """The day the question is asked about."""
        return self.on or DAY

    @property
    def group(self) -> str:
        """Cases of one group say the same thing, so they are never split or counted as independent."""
        return self.triple or self.id

    @property
    def split(self) -> str:
        """`dev` or `test`, by a hash that keeps a triple together."""
        return "test" if hashlib.sha256(self.group.encode()).digest()[0] % 2 else "dev"

    @property
    def answerable(self) -> bool:
        """Whether every right outcome is an answer."""
        return set(self.status) <= ANSWERS

    @property
    def refusable(self) -> bool:
        """Whether a plain answer is wrong and a refusal or redirection right."""
        return "answered" not in self.status and bool(set(self.status) & REFUSALS)

    @property
    def fingerprint(self) -> str:
        """Changes when anything that decides the score changes, so that old scores are not compared."""
        facts = [(f.text, [p.pattern for p in f.any]) for f in (*self.facts, *self.forbidden)]
        content = (
            self.question,
            str(self.on),
            self.history,
            sorted(self.status),
            self.golden,
            facts,
            self.openings,
        )
        return hashlib.sha256(repr(content).encode()).hexdigest()[:12]


class _FactRow(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1)
    any: list[str] = Field(min_length=1)

    @field_validator("any")
    @classmethod
    def _compiles(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"mønsteret {pattern!r} er ugyldig: {error}") from None
        return patterns

    def value(self) -> Fact:
        return Fact(self.text, tuple(re.compile(p, re.IGNORECASE) for p in self.any))


class _PastRow(BaseModel):
    model_config = ConfigDict(extra="forbid")
    question: str = Field(min_length=1)
    answer: str = ""


class _CaseRow(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    language: Literal["nb", "nn", "en", "sv", "da"]
    kind: Kind
    topic: str
    style: Literal["plain", "situation", "keyword", "typo", "dialogue", "dated"]
    status: Status | list[Status]
    golden: list[str] = []
    facts: list[_FactRow] = []
    forbidden: list[_FactRow] = []
    on: date | None = None
    history: list[_PastRow] = []
    triple: str = ""
    note: str = ""

    def value(self, set_name: str) -> Case:
        return Case(
            **self.model_dump(include={"id", "question", "language", "kind", "topic", "style", "on", "note"}),
            status=(self.status,) if isinstance(self.status, str) else tuple(self.status),
            golden=tuple(self.golden),
            facts=tuple(f.value() for f in self.facts),
            forbidden=tuple(f.value() for f in self.forbidden),
            history=tuple(Past(p.question, p.answer) for p in self.history),
            triple=self.triple,
            set=set_name,
        )


def plain(text: str) -> str:
    """`text` as a reader sees it: without emphasis and `[1]` markers, lines kept, gaps one ordinary space."""
    bare = _MARKER.sub("", text.replace("**", "")).replace("\u00ad", "")
    return "\n".join(filter(None, (" ".join(line.split()) for line in bare.splitlines())))


def load_cases(root: Path = QUESTIONS, names: Sequence[str] = ()) -> list[Case]:
    """Every case of the YAML files in `root`, or of the files with the stems `names`; `root` may be a file.

    Raises:
        CasesError: a file is missing or malformed, or an id is used twice.
    """
    missing = [name for name in names if not (root / f"{name}.yaml").is_file()]
    if missing:
        raise CasesError(f"Fant ikke spørsmålssettet {', '.join(missing)} i {root}.")
    alone = [root] if root.is_file() else sorted(root.glob("*.yaml"))
    paths = [root / f"{name}.yaml" for name in names] or alone
    openings = _openings() if root == QUESTIONS else {}
    cases: list[Case] = []
    problems: list[str] = []
    for path in paths:
        found, faults = _read(path)
        cases += [replace(case, openings=openings.get(case.id, ())) for case in found]
        problems += faults
    problems += [f"{i}: id-en er brukt {n} ganger" for i, n in Counter(c.id for c in cases).items() if n > 1]
    if problems:
        raise CasesError("Spørsmålene kan ikke brukes: " + "; ".join(problems) + ".", "Rett YAML-filene.")
    return cases


@cache
def _openings() -> dict[str, tuple[tuple[str, str], ...]]:
    """The openings of each case by its id."""
    rows = yaml.load(OPENINGS.read_text(encoding="utf-8"), _Loader)
    return {
        case: tuple((section, words) for section, listed in sections.items() for words in listed)
        for case, sections in rows.items()
    }


def _read(path: Path) -> tuple[list[Case], list[str]]:
    try:
        rows = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return [], [f"{path.name}: {error}"]
    if not isinstance(rows, list):
        return [], [f"{path.name}: skal være en liste av spørsmål"]
    cases, problems = [], []
    for number, row in enumerate(rows, 1):
        name = row.get("id", f"nr. {number}") if isinstance(row, dict) else f"nr. {number}"
        try:
            cases.append(_CaseRow.model_validate(row).value(path.stem))
        except ValidationError as error:
            problems += [
                f"{path.name} {name}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()
            ]
    return cases, problems


def check_cases(root: Path, sections: Mapping[str, str]) -> list[str]:
    """What is wrong with the cases in `root`, given the text of every section of the corpus by id."""
    try:
        cases = load_cases(root)
    except CasesError as error:
        return [error.message]
    problems = lint(cases, sections)
    for triple in sorted({c.triple for c in cases if c.triple}):
        found = sorted(c.language for c in cases if c.triple == triple)
        if found != sorted(LANGUAGES):
            problems.append(f"triple {triple}: skal ha nb, nn og en, men har {', '.join(found)}")
    return problems


def lint(cases: Iterable[Case], sections: Mapping[str, str]) -> list[str]:
    """What is wrong with each of `cases`: golden sections that are gone, facts that nobody states."""
    texts = {i: plain(text) for i, text in sections.items()}
    topics = {i.partition("#")[0] for i in sections} | {OUTSIDE}
    return [f"{c.id}: {p}" for c in cases for p in _faults(c, texts, topics)]


def _faults(case: Case, texts: Mapping[str, str], topics: set[str]) -> Iterable[str]:
    if case.topic not in topics:
        yield f"emnet {case.topic!r} er ikke et dokument"
    unknown = [i for i in case.golden if i not in texts]
    if unknown:
        yield f"avsnittet finnes ikke: {', '.join(unknown)}"
    if case.answerable and not (case.golden and case.facts) and case.status != ("needs_fact",):
        yield "et spørsmål som kan besvares, må ha fasitavsnitt og faktum"
    if case.facts and set(case.status) <= {"no_evidence", "out_of_scope"}:
        yield "et spørsmål som skal avvises, kan ikke ha faktum"
    if case.style == "dialogue" and not case.history:
        yield "en dialog må ha tidligere spørsmål"
    golden = [texts[i] for i in case.golden if i in texts]
    for fact in case.facts:
        if golden and not any(fact.found_in(text) for text in golden):
            yield f"faktumet {fact.text!r} står ikke i noe fasitavsnitt"


def set_hash(cases: Iterable[Case]) -> str:
    """One value for exactly this set of cases."""
    lines = sorted(f"{c.id} {c.fingerprint}" for c in cases)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
