"""True sentences with the passages that carry them: those of the answers, and those that no answer has."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant import chunking, language
from assistant.assistant import Assistant
from assistant.grounds import Ground
from assistant.types import Answer, Retrieval
from assistant.writing import draw_grounds, passages_for
from evals.cases import DAY, QUESTIONS, load_cases

MOST = 4_000
"""True sentences that are taken; from a thousand answers there are about this many different ones."""
ALIKE = 0.6
"""Share of bare words from which another passage is taken to perhaps say the same."""
LONGEST = 45
"""Words of two sentences that are put together."""


@dataclass(frozen=True, slots=True)
class True_:
    """A sentence that its passages carry, and the passages of its turn."""

    text: str
    cites: tuple[int, ...]
    shown: Mapping[int, Ground]


def of_answers(assistant: Assistant, answers: int) -> list[True_]:
    """The different sentences of that many extractive answers, dev questions first."""
    cases = sorted(load_cases(QUESTIONS, []), key=lambda c: c.split != "dev")
    found: dict[tuple[str, str], True_] = {}
    taken = 0
    for case in cases:
        if taken == answers:
            break
        question = assistant.question(case.question, on=case.on, id=case.id)
        retrieval, *_, answer = (e for e in assistant.stream(question) if isinstance(e, Retrieval | Answer))
        assert isinstance(retrieval, Retrieval)
        assert isinstance(answer, Answer)
        if not answer.sentences:
            continue
        taken += 1
        shown = draw_grounds(assistant.index, passages_for(assistant.index, answer, retrieval), answer.on)
        for sentence in answer.sentences:
            if announces(sentence.text):
                continue
            place = answer.citations[[c.n for c in answer.citations].index(sentence.citations[0])].passage_id
            found.setdefault((sentence.text, place), True_(sentence.text, sentence.citations, shown))
    return list(found.values())[:MOST]


def in_no_answer(assistant: Assistant, told: Collection[True_], chance: random.Random) -> list[True_]:
    """The sentences, items and rows in force that are in none of `told`, so that no rule was fitted to them.

    Each is shown with the two passages beside its own and two from anywhere.
    """
    seen = {language.squeeze(one.text) for one in told}
    index = assistant.index
    found = []
    for at, passage in enumerate(index.passages):
        near = [index.passages[(at + step) % len(index.passages)] for step in (1, -1)]
        shown = draw_grounds(
            index, dict(enumerate((passage, *near, *chance.sample(index.passages, 2)), 1)), DAY
        )
        units = index.units[at]
        for unit, line in zip(units, shown[1].lines, strict=True):
            text = language.squeeze(language.plain(chunking.reading_text(unit, units)))
            if announces(text):
                continue
            if line.current and not any(text in other for other in seen) and len(text.split()) > 2:
                found.append(True_(text, (1,), shown))
    return found


def announces(text: str) -> bool:
    """Whether a line only announces what comes after it, and claims nothing."""
    return text.rstrip().endswith(":")


def says_too(one: True_, ground: Ground) -> bool:
    """Whether another passage has most of the words and every number, and so perhaps says it as well."""
    there = " ".join((ground.title, ground.heading, *(f"{li.lead} {li.text}" for li in ground.lines)))
    own = set(language.words(one.text)) - language.STOP_WORDS
    numbers = set(re.findall(r"\d+", one.text))
    return language.overlap(own, language.words(there)) > ALIKE and numbers <= set(re.findall(r"\d+", there))


def told_elsewhere(one: True_, text: str) -> bool:
    """Whether another line of the cited passages has every word of a changed sentence."""
    own = language.squeeze(one.text)
    words = set(language.words(text))
    others = (
        line for n in one.cites for line in one.shown[n].lines if language.squeeze(line.text) not in own
    )
    return any(words <= set(language.words(f"{line.lead} {line.text}")) for line in others)


def together(first: str, second: str) -> str:
    """Two sentences as one; empty when they do not go together."""
    ends = first.endswith(".") and second.endswith(".") and len((first + second).split()) < LONGEST
    if not ends or not first[0].isupper() or not second[0].isupper():
        return ""
    rest = second if second.split()[0].isupper() else second[0].lower() + second[1:]
    return f"{first.rstrip('.')}, og {rest}"


def neighbours(true: Sequence[True_]) -> Iterator[tuple[True_, str, str]]:
    """Two neighbouring sentences of one passage, with the first as the one that they are held for."""
    for a, b in pairwise(true):
        if a.shown is b.shown and a.cites == b.cites:
            yield a, a.text, b.text


def strangers(true: Sequence[True_], chance: random.Random) -> Iterator[tuple[True_, str, str]]:
    """A sentence and one from another passage of its turn, with the markers of both."""
    for one in true:
        n = chance.choice(sorted(one.shown))
        lines = [line for line in one.shown[n].lines if line.current and len(line.text.split()) > 4]
        if n not in one.cites and lines:
            line = chance.choice(lines)
            yield True_(one.text, (*one.cites, n), one.shown), one.text, language.squeeze(line.text)
