"""Every question to the assistant, and what came back for it: the part of a run that takes time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter

from rich.console import Console
from rich.progress import track

from assistant.settings import Settings
from assistant.types import Answer, Attempt, Event, Retrieval, Turn
from evals.cases import OUTSIDE, Case, CasesError, set_hash
from evals.metrics import Scored, score
from evals.record import Answering, Outcome, RunRecord, hit_rows, make_manifest, section_rows


def run(assistant: Answering, cases: Sequence[Case], settings: Settings | None = None) -> RunRecord:
    """What `assistant` does with each case, in order, after one question that is not counted.

    A question that fails is an outcome with an error; it does not stop the run.
    """
    if cases:
        _ask(assistant, cases[0])
    outcomes = {
        c.id: _ask(assistant, c) for c in track(cases, "Spør", transient=True, console=Console(stderr=True))
    }
    answers = [o.answer for o in outcomes.values() if o.answer]
    if cases and not answers:
        first = next(iter(outcomes.values()))
        raise CasesError(f"Ingen spørsmål fikk svar: {first.error}.", "Kjør `assistant doctor`.")
    wanted = {g.partition("#")[0] for c in cases for g in (*c.golden, c.topic)} - {OUTSIDE}
    wanted |= {citation.source_id for answer in answers for citation in answer.citations}
    manifest = make_manifest(answers[0].build if answers else "", set_hash(cases), len(cases), settings)
    return RunRecord(manifest, section_rows(assistant, wanted), outcomes)


def rescore(record: RunRecord, cases: Iterable[Case]) -> list[Scored]:
    """The cases that the record has an outcome for, scored; a case asked in other words is left out."""
    found = [(c, record.outcomes[c.id]) for c in cases if c.id in record.outcomes]
    return [score(c, o, record.sections) for c, o in found if (o.question, o.on) == (c.question, c.day)]


def select(cases: Iterable[Case], split: str = "all", style: str = "") -> list[Case]:
    """The cases of one split and one style."""
    return [c for c in cases if split in ("all", c.split) and style in ("", c.style)]


def _ask(assistant: Answering, case: Case) -> Outcome:
    events: list[Event] = []
    error, ms = "", 0.0
    try:
        turns: tuple[Turn, ...] = ()
        for past in case.history:
            earlier = assistant.question(
                past.question, on=case.on, history=turns, id=f"{case.id}-{len(turns)}"
            )
            said = past.answer or _answer(list(assistant.stream(earlier))).text
            turns += (Turn(past.question, said),)
        started = perf_counter()
        asked = assistant.question(case.question, on=case.on, history=turns, id=case.id)
        events = list(assistant.stream(asked))
        ms = (perf_counter() - started) * 1000
        _answer(events)
    except Exception as failure:  # noqa: BLE001 - whatever fails in the product is a finding, not an accident
        error = f"{type(failure).__name__}: {failure}"
    last = events[-1] if events else None
    retrieval = next((e for e in events if isinstance(e, Retrieval)), None)
    kept, rejected = hit_rows(retrieval) if retrieval else ((), ())
    return Outcome(
        case_id=case.id,
        question=case.question,
        on=case.day,
        answer=None if error else _answer(events),
        hits=kept,
        rejected=rejected,
        query=retrieval.query if retrieval else "",
        limited=retrieval.limited if retrieval else "",
        ms=round(ms, 2),
        error=error,
        dropped=tuple(d.reason for d in last.dropped) if isinstance(last, Attempt) else (),
        trouble=last.trouble if isinstance(last, Attempt) else "",
    )


def _answer(events: Sequence[Event]) -> Answer:
    last = events[-1] if events else None
    if not isinstance(last, Answer):
        raise TypeError(f"siste hendelse er {type(last).__name__}, ikke Answer")
    return last
