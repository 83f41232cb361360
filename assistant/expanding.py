"""Question keys for a document that has none: a language model proposes, code checks, a person decides.

Everything a proposal says must be in the section it is for. What is proposed here leads nowhere until
somebody has read it and given the file its name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import yaml

from assistant import chunking, language, particulars, personal, prompting
from assistant.documents.questions import answering_unit
from assistant.llm import Caller, ModelTrouble
from assistant.types import Document, Section

MOST = 5
"""Proposals that are kept for one section."""
ALIKE = 0.8
"""Two questions that share this much of both their words ask for the same."""
_OPENING = 10
"""Words that are kept of how an answer begins."""
_LINE = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])?\s*(?P<question>[^=]{8,200}\?)\W{0,3}\s=>\s*(?P<answer>\S.*)")
_STRANGE = re.compile(r"\w://|www\.|[<>\[\]{}‹›|]")
_QUOTES = '«»"“”* '


class Fault(StrEnum):
    """Why a line of the model's is no proposal."""

    FORM = "form"
    REPEATED = "gjentakelse"
    NO_ANSWER = "svaret står ikke der"
    ADDED = "opplysning som ikke står der"
    PERSONAL = "personopplysning"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What came of asking for one section."""

    slug: str
    keys: tuple[tuple[str, str], ...] = ()
    """Questions, each with how the sentence that answers begins."""
    faults: tuple[Fault, ...] = ()
    """Of the lines that were turned away."""
    trouble: str = ""
    """Why the model gave nothing, in one word."""


def wanting(document: Document, have: Collection[str]) -> list[tuple[Section, list[str]]]:
    """The sections without keys (`have` holds the ids of those with), each with its lines as they read alone.

    A section that only an earlier version had is left alone.
    """
    lines: dict[str, list[str]] = {section.id: [] for section in document.sections}
    for passage in chunking.split(document):
        units = chunking.units(passage)
        lines[passage.section_id] += [chunking.reading_text(unit, units) for unit in units]
    current = (section for section in document.sections if "@" not in section.id)
    return [(each, lines[each.id]) for each in current if each.id not in have and lines[each.id]]


def expand(
    document: Document, sections: Sequence[tuple[Section, list[str]]], known: Iterable[str], caller: Caller
) -> Iterator[Proposal]:
    """A proposal for each section, in their order; no more of them when the model is to be left alone.

    `known` are the questions that exist already, of whatever document.
    """
    asked = [frozenset(language.stems(question)) for question in known]
    for section, lines in sections:
        slug = section.id.partition("#")[2]
        prompt = prompting.expanding(document.source.title, section.heading, lines)
        try:
            text = "".join(piece.text for piece in caller.stream(prompt))
        except ModelTrouble as trouble:
            yield Proposal(slug, trouble=trouble.reason)
            if trouble.reason == "resting":
                return
            continue
        yield _checked(slug, text, [document.source.title, *section.headings], lines, asked)


def _checked(
    slug: str, text: str, titles: Sequence[str], lines: Sequence[str], asked: list[frozenset[str]]
) -> Proposal:
    """The lines that hold; what they ask is added to what has been `asked`."""
    stated = _facts([*titles, *lines])
    keys: list[tuple[str, str]] = []
    faults: list[Fault] = []
    for line in filter(str.strip, text.splitlines()):
        found = _LINE.fullmatch(language.clean(line))
        if found is None or _STRANGE.search(line.replace("=>", "")):
            faults.append(Fault.FORM)
            continue
        question = language.squeeze(found["question"].strip(_QUOTES))
        answer = " ".join(language.plain(found["answer"].strip(_QUOTES)).split()[:_OPENING])
        fault = _fault(question, answer, lines, stated, asked)
        if fault:
            faults.append(fault)
        elif len(keys) < MOST:
            keys.append((question, answer))
            asked.append(frozenset(language.stems(question)))
    return Proposal(slug, tuple(keys), tuple(faults))


def _fault(
    question: str,
    answer: str,
    lines: Sequence[str],
    stated: Collection[str],
    asked: Sequence[frozenset[str]],
) -> Fault | None:
    stems = frozenset(language.stems(question))
    if not stems:
        return Fault.FORM
    if any(language.overlap(stems, old) >= ALIKE <= language.overlap(old, stems) for old in asked if old):
        return Fault.REPEATED
    if sum(answering_unit([line], answer) == 0 for line in lines) != 1:
        return Fault.NO_ANSWER
    if any(mark.fact and mark.key not in stated for mark in particulars.read(question).marks):
        return Fault.ADDED
    return Fault.PERSONAL if personal.withheld(question) != question else None


def _facts(texts: Iterable[str]) -> set[str]:
    """Every figure, date and § that the texts state, in one spelling."""
    marks = (mark for text in texts for mark in particulars.read(text).marks if mark.fact)
    return {key for mark in marks for key in particulars.closure(mark.key)}


def as_yaml(proposals: Iterable[Proposal], head: Iterable[str]) -> str:
    """The proposals in the form of `questions/<id>.yaml`, below the lines of `head` as a comment."""
    content: dict[str, list[dict[str, object]]] = {}
    for each in proposals:
        answers: dict[str, list[str]] = {}
        for question, answer in each.keys:
            answers.setdefault(answer, []).append(question)
        if answers:
            content[each.slug] = [{"answer": a, "questions": asked} for a, asked in answers.items()]
    comment = "".join(f"# {line}\n" for line in head)
    return comment + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110)
