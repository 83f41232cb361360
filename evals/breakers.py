"""Proof that the gate sees faults: assistants that are broken on purpose, each of which must turn it red.

A breaker stands between the assistant and the evaluation and changes what passes. A fault inside the
product (an index without vectors, say) is proved the same way: give `prove` that assistant in `also`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from assistant.types import (
    Answer,
    AnswerStatus,
    Citation,
    Document,
    Event,
    Passage,
    Question,
    Retrieval,
    Sentence,
    Turn,
)
from evals import gate
from evals.asking import rescore, run
from evals.cases import Case
from evals.record import Answering

_SHIFT = timedelta(days=4 * 365)
_REFUSED = frozenset({AnswerStatus.NO_EVIDENCE, AnswerStatus.OUT_OF_SCOPE})


def _same(answer: Answer, _: Retrieval) -> Answer:
    return answer


@dataclass(frozen=True, slots=True)
class Breaker:
    """One way to be wrong: what it does to the question, to the hits and to the answer."""

    name: str
    label: str
    question: Callable[[Question], Question] = lambda q: q
    retrieval: Callable[[Retrieval], Retrieval] = lambda r: r
    answer: Callable[[Answer, Retrieval], Answer] = _same


@dataclass(frozen=True, slots=True)
class Proof:
    """What the gate said about one broken assistant."""

    name: str
    label: str
    failures: tuple[str, ...]

    @property
    def seen(self) -> bool:
        """Whether the gate went red."""
        return bool(self.failures)


class Broken:
    """An assistant with a fault."""

    def __init__(self, inner: Answering, breaker: Breaker) -> None:
        self._inner, self._breaker = inner, breaker

    def question(
        self, text: str, *, on: date | None = None, history: tuple[Turn, ...] = (), id: str = ""
    ) -> Question:
        """The question as the whole assistant takes it."""
        return self._inner.question(text, on=on, history=history, id=id)

    def document(self, source_id: str) -> Document | None:
        """The document as it stands in the corpus."""
        return self._inner.document(source_id)

    def stream(self, question: Question) -> Iterable[Event]:
        """The events of the whole assistant, changed by the breaker."""
        events = list(self._inner.stream(self._breaker.question(question)))
        retrieval = next((e for e in events if isinstance(e, Retrieval)), None)
        answer = events[-1]
        if retrieval is None or not isinstance(answer, Answer):
            return events
        retrieval = self._breaker.retrieval(retrieval)
        answer = self._breaker.answer(answer, retrieval)
        return [retrieval, *answer.citations, *answer.sentences, answer]


class Remembering:
    """An assistant that answers the same question once, so that a dozen breakers cost one run."""

    def __init__(self, inner: Answering) -> None:
        self._inner = inner
        self._known: dict[Question, list[Event]] = {}

    def question(
        self, text: str, *, on: date | None = None, history: tuple[Turn, ...] = (), id: str = ""
    ) -> Question:
        """The question as the inner assistant takes it."""
        return self._inner.question(text, on=on, history=history, id=id)

    def document(self, source_id: str) -> Document | None:
        """The document as it stands in the corpus."""
        return self._inner.document(source_id)

    def stream(self, question: Question) -> Iterable[Event]:
        """The events of the question, from memory the second time."""
        if question not in self._known:
            self._known[question] = list(self._inner.stream(question))
        return self._known[question]


def prove(
    assistant: Answering,
    cases: Sequence[Case],
    rules: gate.Rules,
    also: Mapping[str, Answering] | None = None,
) -> list[Proof]:
    """What the gate says about every broken assistant, held against the whole one as baseline.

    A failure that the whole assistant has too proves nothing, so those are taken out.
    """
    assistant = Remembering(assistant)
    whole = run(assistant, cases)
    scored = rescore(whole, cases)
    baseline = gate.make_baseline(scored, whole.manifest)
    already = {f.key: f.n for f in gate.judge(scored, whole.sections, rules, baseline).failures}
    broken: list[tuple[str, str, Answering]] = [(b.name, b.label, Broken(assistant, b)) for b in BREAKERS]
    broken += [(name, name, other) for name, other in (also or {}).items()]
    proofs = []
    for name, label, other in broken:
        record = run(other, cases)
        verdict = gate.judge(rescore(record, cases), record.sections, rules, baseline)
        new = tuple(f.text for f in verdict.failures if f.key not in already or f.n > already[f.key])
        proofs.append(Proof(name, label, new))
    return proofs


def _drop_vectors(retrieval: Retrieval) -> Retrieval:
    kept = sorted(
        (replace(h, vector_rank=None) for h in retrieval.hits),
        key=lambda h: (h.lexical_rank or 10**6, h.passage.id),
    )
    rejected = tuple(replace(r, hit=replace(r.hit, vector_rank=None)) for r in retrieval.rejected)
    return replace(retrieval, hits=tuple(kept), rejected=rejected)


def _drop_words(retrieval: Retrieval) -> Retrieval:
    kept = sorted(
        (replace(h, lexical_rank=None) for h in retrieval.hits),
        key=lambda h: (h.vector_rank or 10**6, h.passage.id),
    )
    rejected = tuple(replace(r, hit=replace(r.hit, lexical_rank=None)) for r in retrieval.rejected)
    return replace(retrieval, hits=tuple(kept), rejected=rejected)


def _shuffle_hits(retrieval: Retrieval) -> Retrieval:
    """The texts of the hits change places, worst first, as when ids and rows have come apart."""
    ids = [(h.passage.id, h.passage.section_id) for h in reversed(retrieval.hits)]
    hits = [
        replace(h, passage=replace(h.passage, id=i, section_id=s))
        for h, (i, s) in zip(retrieval.hits, ids, strict=True)
    ]
    return replace(retrieval, hits=tuple(hits))


def _shuffle_citations(answer: Answer, retrieval: Retrieval) -> Answer:
    names = [(h.passage.id, h.passage.section_id) for h in retrieval.hits]
    cited = []
    for citation in answer.citations:
        other = next((n for n in names if n[1] != citation.section_id), (citation.passage_id, "?#?"))
        cited.append(replace(citation, passage_id=other[0], section_id=other[1]))
    return replace(answer, citations=tuple(cited))


def _shift(question: Question) -> Question:
    return replace(question, on=question.on - _SHIFT)


def _hide_marks(answer: Answer, _: Retrieval) -> Answer:
    sentences = tuple(replace(s, lead="") for s in answer.sentences)
    cited = tuple(replace(c, in_force=True) for c in answer.citations)
    return replace(answer, sentences=sentences, citations=cited, notices=())


def _cut(answer: Answer, _: Retrieval) -> Answer:
    if not answer.sentences:
        return answer
    first = answer.sentences[0]
    short = replace(first, text=" ".join(first.text.split()[:4]))
    return replace(answer, sentences=(short,), text=short.text)


def _always_refuse(answer: Answer, _: Retrieval) -> Answer:
    return replace(
        answer, status=AnswerStatus.NO_EVIDENCE, text="Fant ikke svar.", sentences=(), citations=()
    )


def _always_answer(answer: Answer, retrieval: Retrieval) -> Answer:
    if answer.status not in _REFUSED or not retrieval.hits:
        return answer
    passage = retrieval.hits[0].passage
    citation = _cite(passage, answer.on)
    sentence = Sentence(passage.text.split("\n")[0], (1,))
    text = f"{sentence.text} [1]"
    return replace(
        answer, status=AnswerStatus.ANSWERED, text=text, sentences=(sentence,), citations=(citation,)
    )


def _corrupt_quote(answer: Answer, _: Retrieval) -> Answer:
    cited = tuple(replace(c, quote=c.quote + " ikke", quotes=(c.quote + " ikke",)) for c in answer.citations)
    return replace(answer, citations=cited)


def _invent_paragraph(answer: Answer, _: Retrieval) -> Answer:
    if not answer.sentences:
        return answer
    first = answer.sentences[0]
    worse = replace(first, text=f"{first.text} Dette følger av § 99-9.")
    return replace(answer, sentences=(worse, *answer.sentences[1:]), text=f"{worse.text} {answer.text}")


def _cite(passage: Passage, on: date) -> Citation:
    return Citation(
        n=1,
        passage_id=passage.id,
        section_id=passage.section_id,
        source_id=passage.source.id,
        title=passage.source.title,
        section=passage.heading,
        publisher=passage.source.publisher,
        url=passage.url,
        href="",
        page=passage.page,
        quote=passage.text.split("\n")[0],
        quotes=(passage.text.split("\n")[0],),
        text=passage.text,
        type=str(passage.rank),
        valid_from=passage.valid_from,
        valid_to=passage.valid_to,
        in_force=passage.in_force(on),
        checked=passage.source.checked,
    )


BREAKERS = (
    Breaker("drop_vectors", "Vektorsøket er borte uten et ord", retrieval=_drop_vectors),
    Breaker("drop_words", "Ordsøket er borte uten et ord", retrieval=_drop_words),
    Breaker("shuffle_hits", "Treffene har byttet tekst", retrieval=_shuffle_hits),
    Breaker("shuffle_citations", "Kildehenvisningene peker på et annet avsnitt", answer=_shuffle_citations),
    Breaker("shift_dates", "Svaret gjelder fire år tidligere", question=_shift),
    Breaker("hide_marks", "Opphevede kilder er ikke merket", answer=_hide_marks),
    Breaker("cut_answers", "Svaret er kuttet etter fire ord", answer=_cut),
    Breaker("always_answer", "Det svares alltid", answer=_always_answer),
    Breaker("always_refuse", "Det svares aldri", answer=_always_refuse),
    Breaker("corrupt_quote", "Sitatene er endret med ett ord", answer=_corrupt_quote),
    Breaker("invent_paragraph", "En § er funnet på", answer=_invent_paragraph),
)
"""Every way the gate is tested."""
