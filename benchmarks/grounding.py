"""What the check of a model's wording catches of what is changed, and what it drops in vain.

    python -m benchmarks.grounding [--answers 1000] [--seed N] [--docs] [--show CLASS]

The true sentences are those of the extractive answers to the questions of the evaluation, with the markers
of the passages they stand in, and then those of the corpus that no such answer has. The rules of the check
have been mended after looking at the first; of the second only the numbers are shown. Each sentence is tried
as it stands, in other words (`benchmarks/rewordings.py`) and with one thing changed
(`benchmarks/mutations.py`, `benchmarks/borrowings.py`). No language model takes part.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from assistant import grounding
from assistant.assistant import Assistant
from assistant.settings import Settings
from benchmarks import mutations, tables, truths
from benchmarks.borrowings import BORROWINGS
from benchmarks.mutations import MUTATIONS
from benchmarks.rewordings import REWORDINGS
from benchmarks.truths import True_
from evals.cases import DAY
from evals.stats import Estimate, share

PAGE = Path(__file__).resolve().parent.parent / "docs" / "grounding.md"
SEED = 20261123
NAMED = frozenset(
    (
        "ett siffer", "tallord", "§", "dato", "navn", "nektelse fjernet", "nektelse satt inn", "lenke",
        "markør: ingen", "markør: et avsnitt som ikke er vist",
    )
)  # fmt: skip
"""The kinds of change that all must be stopped: a number, a §, a date, a name, a negation, a link."""
AS_IT_STANDS = "som de står i kilden"


@dataclass
class Tally:
    """How many were tried, how many were stopped, and what was not."""

    tried: int = 0
    stopped: int = 0
    passed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def add(self, text: str, reason: str) -> None:
        """Count one sentence with what the check said of it."""
        self.tried += 1
        if reason:
            self.stopped += 1
            self.dropped.append(f"{reason}: {text}")
        else:
            self.passed.append(text)

    @property
    def share(self) -> Estimate:
        """The share that was stopped."""
        found = share(self.stopped, self.tried)
        assert found, "a tally has counted something"
        return found


Tallies = dict[str, Tally]


def judge(one: True_, text: str, cites: Sequence[int] | None = None) -> str:
    """Why the check stops `text` with the markers of `one`; empty when it passes."""
    cites = one.cites if cites is None else cites
    if any(n not in one.shown for n in cites):
        return "marker"
    return grounding.check(text, [one.shown[n] for n in cites]).reason


def measure(true: Sequence[True_], seed: int = SEED) -> tuple[Tallies, Tallies]:
    """The tallies of what must pass and of what must be stopped, by kind; each kind has its own chance."""
    chances = _Chances(seed)
    passing: Tallies = defaultdict(Tally)
    stopping: Tallies = defaultdict(Tally)
    for one in true:
        passing[AS_IT_STANDS].add(one.text, judge(one, one.text))
        for kind, reword in REWORDINGS.items():
            if (new := reword(one.text, chances[kind])) and new != one.text:
                passing[kind].add(new, judge(one, new))
        for kind, new in _changed(one, chances):
            if new and new != one.text and not truths.told_elsewhere(one, new):
                stopping[kind].add(new, judge(one, new))
        _markers(one, stopping, chances["markør"])
    for kind, pairs in (
        ("to setninger slått sammen", truths.neighbours(true)),
        ("to avsnitt slått sammen, to markører", truths.strangers(true, chances["to avsnitt"])),
    ):
        for one, first, second in pairs:
            if new := truths.together(first, second):
                passing[kind].add(new, judge(one, new))
                if (swapped := mutations.swapped(first, second)) and (new := truths.together(*swapped)):
                    stopping[f"{kind}: tallene byttet"].add(new, judge(one, new))
    return dict(sorted(passing.items())), dict(sorted(stopping.items()))


class _Chances(dict[str, random.Random]):
    """A source of chance for each kind, so that a new kind leaves the others as they were."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def __missing__(self, kind: str) -> random.Random:
        self[kind] = random.Random(f"{self._seed} {kind}")
        return self[kind]


def _changed(one: True_, chances: Mapping[str, random.Random]) -> Iterator[tuple[str, str | None]]:
    for kind, change in MUTATIONS.items():
        yield kind, change(one.text, chances[kind])
    for kind, borrow in BORROWINGS.items():
        yield kind, borrow(one, chances[kind])


def _markers(one: True_, stopping: Tallies, chance: random.Random) -> None:
    others = [n for n in one.shown if n not in one.cites and not truths.says_too(one, one.shown[n])]
    if others:
        cites = [chance.choice(others)]
        stopping["markør: et vist avsnitt om noe annet"].add(_cited(one, cites), judge(one, one.text, cites))
    stopping["markør: et avsnitt som ikke er vist"].add(one.text, judge(one, one.text, [len(one.shown) + 1]))
    stopping["markør: ingen"].add(one.text, judge(one, one.text, []))


def _cited(one: True_, cites: Sequence[int]) -> str:
    """A sentence with the names of the passages that it is made to cite."""
    return f"{one.text}  [{'; '.join(f'{one.shown[n].title}: {one.shown[n].heading}' for n in cites)}]"


def report(sets: Sequence[Tallies], head: str) -> str:
    """One table, with a pair of columns for each set."""
    kinds = sorted({kind for tallies in sets for kind in tallies})
    rows = [[kind, *(cell for t in sets for cell in _cells(t.get(kind, Tally())))] for kind in kinds]
    for title, members in (("de seks i målet", NAMED), ("i alt", frozenset(kinds))):
        if members & set(kinds):
            sums = [_sum(tallies, members) for tallies in sets]
            rows.append([f"**{title}**", *(f"**{cell}**" for tally in sums for cell in _cells(tally))])
    return tables.table(("", "n", f"{head}, svar", "n", f"{head}, usett"), rows)


def _sum(tallies: Tallies, members: Set[str]) -> Tally:
    these = [tally for kind, tally in tallies.items() if kind in members]
    return Tally(sum(t.tried for t in these), sum(t.stopped for t in these))


def _cells(tally: Tally) -> tuple[str, str]:
    return str(tally.tried), tables.estimate(share(tally.stopped, tally.tried), 4)


def main() -> None:
    """Measure, and write the tables where they are kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--answers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=SEED, help="en annen trekning av endringene")
    parser.add_argument("--docs", action="store_true", help="sett tallene inn i docs/grounding.md")
    parser.add_argument("--show", default="", help="vis det som slapp gjennom eller ble utelatt i en klasse")
    options = parser.parse_args()
    settings = Settings.read().model_copy(update={"vectors": "exact", "answers": "extractive"})
    assistant = Assistant.open(settings, clock=lambda: DAY)
    told = truths.of_answers(assistant, options.answers)
    unseen = truths.in_no_answer(assistant, told, random.Random(SEED))
    measured = [measure(true, options.seed) for true in (told, unseen)]
    text = (
        f"Setninger: {len(told)} ulike fra {options.answers} svar, og {len(unseen)} usette.\n\n"
        + report([stopping for _, stopping in measured], "stanset")
        + "\n\n"
        + report([passing for passing, _ in measured], "utelatt med urette")
    )
    print(text)
    for half, (passing, stopping) in zip(("svar", "usett"), measured, strict=True):
        for kind, lines in [(k, t.dropped) for k, t in passing.items()] + [
            (k, t.passed) for k, t in stopping.items()
        ]:
            if options.show and options.show in kind:
                print("\n".join(f"  [{half}, {kind}] {line}" for line in lines[:60]))
    if options.docs:
        tables.keep("grunnlag", text, PAGE)


if __name__ == "__main__":
    main()
