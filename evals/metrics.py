"""What each case is measured on. A value is 0–1, or None when the measure does not apply to the case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ir_measures import RR, Success, iter_calc, nDCG

from assistant.types import Answer, AnswerMode, Block
from evals.cases import REFUSALS, Case, plain
from evals.checks import Violation, violations
from evals.record import Outcome, SectionRow


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure: its name in files, its label on screen, and how it is averaged and read."""

    name: str
    label: str
    yes_no: bool
    """Whether each value is 0 or 1, so that the share has a Wilson interval and a McNemar test."""
    high_is_good: bool = True


METRICS = {
    m.name: m
    for m in (
        Metric("recall@1", "Rett avsnitt blant 1 treff", True),
        Metric("recall@3", "Rett avsnitt blant 3 treff", True),
        Metric("recall@5", "Rett avsnitt blant 5 treff", True),
        Metric("mrr", "MRR", False),
        Metric("ndcg@10", "nDCG@10", False),
        Metric("fact_recall", "Fakta med i svaret", False),
        Metric("all_facts", "Alle fakta med", True),
        Metric("direct", "Hovedpoeng i første setning", True),
        Metric("forbidden", "Galt eller utdatert faktum", True, high_is_good=False),
        Metric("cites_golden", "Rett avsnitt er kilde", True),
        Metric("supported", "Setninger der hvert ord står i kilden", False),
        Metric("citations_ok", "Alle kildehenvisninger holder", True),
        Metric("status_ok", "Rett utfall", True),
        Metric("refusal_recall", "Avviste av dem som skal avvises", True),
        Metric("refusal_precision", "Skulle avvises av dem som ble avvist", True),
        Metric("false_refusal", "Avvist uten grunn", True, high_is_good=False),
        Metric("redirect_cites", "Omdirigert til rett regel", True),
    )
}
"""Every measure, in the order of reports."""

_RANKED = {
    "recall@1": Success @ 1,
    "recall@3": Success @ 3,
    "recall@5": Success @ 5,
    "mrr": RR,
    "ndcg@10": nDCG @ 10,
}
_CITATION_RULES = {"invented_paragraph", "quote_not_in_source", "uncited_sentence", "ended_as_current"}


@dataclass(frozen=True, slots=True)
class Scored:
    """A case with what came back and how it measures up."""

    case: Case
    outcome: Outcome
    values: Mapping[str, float | None]
    violations: tuple[Violation, ...]
    observed: str
    """The status that came, with `redirected` for a refusal that cites a rule, or `crash`."""
    golden_rank: int | None
    """Place of the first section that answers; None when it was not found or none is expected."""
    words: int

    @property
    def faults(self) -> tuple[str, ...]:
        """Why the case does not pass, in Norwegian; empty when it passes."""
        found = [v.rule for v in self.violations]
        if self.values["status_ok"] == 0:
            found.append(f"utfall {self.observed}, ventet {' eller '.join(self.case.status)}")
        text = plain(self.outcome.answer.text) if self.outcome.answer else ""
        if self.values["all_facts"] == 0:
            found += [f"mangler: {f.text}" for f in self.case.facts if not f.found_in(text)]
        found += [f"sier: {f.text}" for f in self.case.forbidden if f.found_in(text)]
        return tuple(found)


def score(case: Case, outcome: Outcome, sections: Mapping[str, SectionRow]) -> Scored:
    """How what came back for `case` measures up on every metric."""
    answer = outcome.answer
    broken = violations(case, outcome, sections)
    observed = observed_status(answer)
    values: dict[str, float | None] = dict.fromkeys(METRICS)
    values |= ranking(case.golden if not case.refusable else (), outcome.sections)
    values |= _facts(case, answer, observed)
    values |= _citing(case, answer, {v.rule for v in broken})
    values |= _behaviour(case, observed, values["cites_golden"])
    if case.refusable:
        values["cites_golden"] = None
    rank = next((i for i, s in enumerate(outcome.sections, 1) if s in case.golden), None)
    words = len(plain(answer.text).split()) if answer else 0
    return Scored(case, outcome, values, broken, observed, rank, words)


def observed_status(answer: Answer | None) -> str:
    """The outcome as a case names it: out of scope with a cited rule is `redirected`."""
    if answer is None:
        return "crash"
    return "redirected" if answer.redirected else str(answer.status)


def ranking(golden: tuple[str, ...], found: tuple[str, ...]) -> dict[str, float | None]:
    """The rank metrics of sections `found`, best first; any golden section counts as right."""
    if not golden:
        return dict.fromkeys(_RANKED)
    relevant = {"q": dict.fromkeys(golden, 1)}
    run = {"q": {section: 1 / place for place, section in enumerate(found, 1)}}
    values = {str(m.measure): float(m.value) for m in iter_calc(list(_RANKED.values()), relevant, run)}
    return {name: values[str(measure)] for name, measure in _RANKED.items()}


def first_point(answer: Answer) -> str:
    """What the reader meets first: the first sentence, with the first item of the list it introduces."""
    whole = answer.sentences[0].text.rstrip().endswith((".", "!", "?"))
    listed = len(answer.sentences) > 1 and answer.sentences[1].block in (Block.ITEM, Block.ROW)
    head = answer.sentences[: 1 if whole or not listed else 2]
    return plain(" ".join(f"{s.lead} {s.text}" for s in head))


def _first_sections(answer: Answer | None) -> set[str]:
    """The sections that the first sentence is quoted from."""
    if answer is None or not answer.sentences:
        return set()
    return {c.section_id for c in answer.citations if c.n in answer.sentences[0].citations}


def _facts(case: Case, answer: Answer | None, observed: str) -> dict[str, float | None]:
    text = plain(answer.text) if answer else ""
    values: dict[str, float | None] = {}
    if case.forbidden:
        values["forbidden"] = float(any(f.found_in(text) for f in case.forbidden))
    if case.facts and not _rightly_held_back(case, observed):
        found = [f.found_in(text) for f in case.facts]
        first = first_point(answer) if answer and answer.sentences else ""
        values["fact_recall"] = sum(found) / len(found)
        values["all_facts"] = float(all(found))
        values["direct"] = float(case.opened_by(_first_sections(answer), first))
    return values


def _rightly_held_back(case: Case, observed: str) -> bool:
    """Whether an answer that need not hold the facts is one of the right outcomes."""
    if observed not in case.status or len(case.status) == 1:
        return False
    return observed in {"no_evidence", "out_of_scope", "needs_fact"} or (
        observed == "partial" and case.refusable
    )


def _citing(case: Case, answer: Answer | None, broken: set[str]) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    cited = {c.section_id for c in answer.citations} if answer else set()
    if case.golden:
        values["cites_golden"] = float(bool(cited & set(case.golden)))
    if answer and answer.citations:
        values["citations_ok"] = float(not broken & _CITATION_RULES)
    if answer and answer.sentences and answer.mode is AnswerMode.EXTRACTIVE:
        grounds = {c.n: _words(f"{c.title} {c.section} {c.text}") for c in answer.citations}
        carried = [
            _words(s.text) <= set().union(*(grounds.get(n, set()) for n in s.citations))
            for s in answer.sentences
        ]
        values["supported"] = sum(carried) / len(carried)
    return values


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", plain(text).lower()))


def _behaviour(case: Case, observed: str, cites: float | None) -> dict[str, float | None]:
    refused = observed in REFUSALS
    right = observed in case.status
    values: dict[str, float | None] = {"status_ok": float(right)}
    if case.refusable:
        values["refusal_recall"] = float(refused or right)
    if case.answerable:
        values["false_refusal"] = float(refused)
    if refused and (case.refusable or case.answerable):
        values["refusal_precision"] = float(case.refusable)
    if "redirected" in case.status:
        values["redirect_cites"] = cites
    return values
