"""What the check of a model's wording catches of what is changed, and what it drops in vain.

    python -m benchmarks.grounding [--answers 1000] [--docs] [--show CLASS]

The true sentences are those of the extractive answers to the questions of the evaluation, with the markers of
the passages they stand in; then the same in other words, by the rules of `benchmarks/mutations.py`. Each rule
of change is tried on each sentence it fits. No language model takes part.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from assistant import grounding, language
from assistant.assistant import Assistant
from assistant.grounds import Ground
from assistant.settings import Settings
from assistant.types import Answer, Retrieval
from assistant.writing import draw_grounds, passages_for
from benchmarks import mutations, tables
from evals.cases import DAY, QUESTIONS, load_cases
from evals.stats import Estimate, share

PAGE = Path(__file__).resolve().parent.parent / "docs" / "grounding.md"
SEED = 20261123
MOST = 4_000
"""True sentences that are taken; from a thousand answers there are about this many different ones."""


ALIKE = 0.6
"""Share of bare words from which a line of another passage is taken to say the same."""


@dataclass(frozen=True, slots=True)
class True_:
    """A sentence that its passages carry, and the passages of its turn."""

    text: str
    cites: tuple[int, ...]
    shown: Mapping[int, Ground]


@dataclass
class Tally:
    """How many were tried, how many were stopped, and why."""

    tried: int = 0
    stopped: int = 0
    reasons: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    passed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def add(self, text: str, reason: str) -> None:
        """Count one sentence with what the check said of it."""
        self.tried += 1
        if reason:
            self.stopped += 1
            self.reasons[reason] += 1
            self.dropped.append(f"{reason}: {text}")
        else:
            self.passed.append(text)

    @property
    def share(self) -> Estimate:
        """The share that was stopped."""
        found = share(self.stopped, self.tried)
        assert found, "a tally has counted something"
        return found


def sentences(assistant: Assistant, answers: int) -> list[True_]:
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
            place = answer.citations[[c.n for c in answer.citations].index(sentence.citations[0])].passage_id
            found.setdefault((sentence.text, place), True_(sentence.text, sentence.citations, shown))
    return list(found.values())[:MOST]


def judge(one: True_, text: str, cites: Sequence[int] | None = None) -> str:
    """Why the check stops `text` with the markers of `one`; empty when it passes."""
    cites = one.cites if cites is None else cites
    if any(n not in one.shown for n in cites):
        return "marker"
    return grounding.check(text, [one.shown[n] for n in cites]).reason


def says_too(text: str, ground: Ground) -> bool:
    """Whether a line of another passage has most of the words too, and so carries the sentence as well."""
    own = set(language.words(text)) - language.STOP_WORDS
    return any(
        language.overlap(own, language.words(f"{line.lead} {line.text}")) > ALIKE for line in ground.lines
    )


def joined(true: Sequence[True_]) -> Iterator[tuple[True_, str]]:
    """Two neighbouring sentences of one passage as one."""
    for a, b in pairwise(true):
        same = a.shown is b.shown and a.cites == b.cites
        if same and a.text.endswith(".") and b.text.endswith(".") and len((a.text + b.text).split()) < 45:
            rest = b.text if b.text.split()[0].isupper() else b.text[0].lower() + b.text[1:]
            yield a, f"{a.text.rstrip('.')}, og {rest}"


def measure(true: Sequence[True_]) -> tuple[dict[str, Tally], dict[str, Tally]]:
    """The tallies of what must pass and of what must be stopped, by kind."""
    chance = random.Random(SEED)
    passing: dict[str, Tally] = defaultdict(Tally)
    stopping: dict[str, Tally] = defaultdict(Tally)
    for one in true:
        passing["som de står i kilden"].add(one.text, judge(one, one.text))
        for kind, rule in mutations.REWORDINGS.items():
            if (new := rule(one.text, chance)) and new != one.text:
                passing[kind].add(new, judge(one, new))
        for kind, rule in mutations.MUTATIONS.items():
            if (new := rule(one.text, chance)) and new != one.text:
                stopping[kind].add(new, judge(one, new))
        others = [n for n in one.shown if n not in one.cites and not says_too(one.text, one.shown[n])]
        if others:
            stopping["markør: et vist avsnitt om noe annet"].add(
                one.text, judge(one, one.text, [chance.choice(others)])
            )
        stopping["markør: et avsnitt som ikke er vist"].add(
            one.text, judge(one, one.text, [len(one.shown) + 1])
        )
        stopping["markør: ingen"].add(one.text, judge(one, one.text, []))
    for one, new in joined(true):
        passing["to setninger slått sammen"].add(new, judge(one, new))
    return passing, stopping


def total(tallies: Mapping[str, Tally]) -> Estimate:
    """The share over all kinds."""
    found = share(sum(t.stopped for t in tallies.values()), sum(t.tried for t in tallies.values()))
    assert found, "something was measured"
    return found


def report(passing: Mapping[str, Tally], stopping: Mapping[str, Tally]) -> str:
    """Both tables."""

    def rows(tallies: Mapping[str, Tally]) -> list[list[str]]:
        made = [[kind, str(t.tried), tables.estimate(t.share, 4)] for kind, t in tallies.items()]
        return [*made, ["**i alt**", str(total(tallies).n), f"**{tables.estimate(total(tallies), 4)}**"]]

    return "\n\n".join(
        (
            tables.table(("én ting endret", "n", "stanset (95 %)"), rows(stopping)),
            tables.table(("sann setning", "n", "utelatt med urette (95 %)"), rows(passing)),
        )
    )


def main() -> None:
    """Measure, and write the tables where they are kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--answers", type=int, default=1000)
    parser.add_argument("--docs", action="store_true", help="sett tallene inn i docs/grounding.md")
    parser.add_argument("--show", default="", help="vis det som slapp gjennom eller ble utelatt i en klasse")
    options = parser.parse_args()
    settings = Settings.read().model_copy(update={"vectors": "exact", "answers": "extractive"})
    true = sentences(Assistant.open(settings, clock=lambda: DAY), options.answers)
    passing, stopping = measure(true)
    text = f"Setninger: {len(true)} ulike fra {options.answers} svar.\n\n" + report(passing, stopping)
    print(text)
    for kind, tally in {**passing, **stopping}.items():
        if options.show and options.show in kind:
            for line in (tally.dropped if kind in passing else tally.passed)[:60]:
                print(f"  [{kind}] {line}")
    if options.docs:
        tables.keep("grunnlag", text, PAGE)


if __name__ == "__main__":
    main()
