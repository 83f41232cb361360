"""From what was found to an answer: the point first, every sentence verbatim, cited and verified.

Extractive: the sentences, list items and table rows are taken as they stand in the sources, so nothing
can be invented. Below the evidence threshold the answer says so and shows the nearest sections.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote as url_quote

from assistant import (
    citations,
    clarifying,
    confidence,
    dialogue,
    extracting,
    intents,
    language,
    phrases,
    retrieval,
    selection,
    twofold,
)
from assistant.extracting import Draft, Point
from assistant.index import Index
from assistant.intents import Intent
from assistant.logs import EVENTS
from assistant.scope import REDIRECTED
from assistant.selection import Candidate
from assistant.types import (
    Answer,
    AnswerMode,
    AnswerStatus,
    Block,
    Citation,
    Event,
    Hit,
    Passage,
    Question,
    Rank,
    Retrieval,
    Sentence,
    Suggestion,
)

PART = 0.1
"""Confidence under which one of two parts of a question is taken to have no answer (dev questions)."""
IN_SUBJECT = 0.08
"""Confidence below which a question is taken to be about something else altogether."""
EVASION = 0.85
"""Similarity to an example from which a question worded as an evasion is led to the rule (dev questions)."""


class Composer:
    """Makes answers from the passages of one build."""

    def __init__(
        self, opened: Index, retriever: retrieval.Retriever, facts: Sequence[clarifying.Fact] = ()
    ) -> None:
        self._index = opened
        self._retriever = retriever
        self._facts = facts

    def compose(self, question: Question, found: Retrieval, today: date) -> Iterator[Event]:
        """The citations and verified sentences of the answer as they pass, and the answer last."""
        tongue = language.detect_language(question.text)
        rule = self._rule_against(found)
        hits = (rule,) if rule else self._grounds(question, found)
        query = self._retriever.query(found.query)
        refused, found = found, replace(found, hits=hits)
        ranked = selection.candidates(self._index, query, found, question.text) if hits else []
        if not ranked:
            yield self._refusal(question, refused, tongue)
            return
        points, unanswered = self._points(question, found, ranked)
        numbered = _number(extracting.draft(points, ranked, question.on), found.on)
        sentences: list[Sentence] = []
        announced: set[int] = set()
        for sentence in numbered.sentences:
            passed = citations.verify(sentence, numbered.citations)
            if passed is None:
                EVENTS.info("sentence_dropped")
                continue
            for n in passed.citations:
                if n not in announced:
                    announced.add(n)
                    yield numbered.citations[n]
            sentences.append(passed)
            yield passed
        if not sentences:
            yield self._refusal(question, refused, tongue)
            return
        used = tuple(numbered.citations[n] for n in sorted(announced))
        missing = None if rule else clarifying.missing(self._facts, found.query)
        notices = list(notices_for(used, found, today, tongue, self._index))
        status = AnswerStatus.OUT_OF_SCOPE if rule else AnswerStatus.ANSWERED
        if unanswered:
            status = AnswerStatus.PARTIAL
            notices.insert(0, phrases.unanswered(unanswered, tongue))
        if missing:
            status = AnswerStatus.NEEDS_FACT
            notices.insert(0, missing.notice[tongue])
        yield Answer(
            id=question.id,
            question=question.text,
            on=found.on,
            status=status,
            text=(phrases.REDIRECTED[tongue] + "\n\n" if rule else "") + as_markdown(sentences),
            sentences=tuple(sentences),
            citations=used,
            notices=tuple(notices),
            follow_ups=tuple(follow_ups_for(found, used)),
            suggestions=(),
            choices=missing.completes(found.query) if missing else (),
            mode=AnswerMode.EXTRACTIVE,
            language=tongue,
            build=self._index.id,
            confidence=round(found.confidence, 4),
            latency_ms=0.0,
        )

    def _points(
        self, question: Question, found: Retrieval, ranked: Sequence[Candidate]
    ) -> tuple[list[Point], str]:
        """What the answer opens with, and the part of the question that the sources do not answer, if any.

        A question that asks two things gets a point for each, chosen among what was found for the whole.
        """
        parts = twofold.parts(question.text)
        if not parts:
            return [extracting.point(ranked, intents.wanted(question.text))], ""
        whole = {(c.passage.id, c.unit.index): c.score for c in ranked}
        points: list[Point] = []
        unanswered = ""
        for part in parts:
            if not dialogue.depends(part) and self._retriever.retrieve(question, part).confidence < PART:
                unanswered = part
                continue
            query = self._retriever.query(part)
            of_part = [
                replace(c, score=c.score + whole.get((c.passage.id, c.unit.index), 0.0))
                for c in selection.candidates(self._index, query, found, part)
            ]
            of_part.sort(key=lambda c: (-c.score, c.place, c.unit.index))
            points.append(extracting.point(of_part, intents.wanted(part)))
        if not points:
            return [extracting.point(ranked, intents.wanted(question.text))], ""
        return points, unanswered

    def _rule_against(self, found: Retrieval) -> Hit | None:
        """The section that forbids what is asked, when the question is nearest to an evasion of it.

        Its own words seek a way round, or the search is not sure and it does not ask whether it is allowed.
        """
        honest = Intent.YES_NO in intents.wanted(found.query)
        unsure = found.confidence < confidence.ENOUGH and not honest
        return self._forbidding(found) if unsure or intents.evades(found.query) else None

    def _grounds(self, question: Question, found: Retrieval) -> tuple[Hit, ...]:
        """The hits that carry an answer; none when the search is not sure of any.

        «Is it allowed to split the purchase?» lies among the evasions, but is an honest question: then the
        rule that forbids it leads.
        """
        if found.hits and found.confidence >= confidence.ENOUGH:
            return found.hits
        honest = Intent.YES_NO in intents.wanted(question.text)
        rule = self._forbidding(found) if honest else None
        return (rule, *found.hits) if rule else ()

    def _forbidding(self, found: Retrieval) -> Hit | None:
        """The section of the nearest example, when that is an evasion and near enough."""
        anchor = found.anchor
        if anchor is None or anchor.status != REDIRECTED or not anchor.section or anchor.similarity < EVASION:
            return None
        number = self._index.number.get(f"{anchor.section}/0")
        return None if number is None else Hit(self._index.passages[number], 0.0)

    def _refusal(self, question: Question, found: Retrieval, tongue: str) -> Answer:
        anchor = found.anchor
        outside = anchor is not None and anchor.status == AnswerStatus.OUT_OF_SCOPE
        near = not outside if anchor else found.confidence >= IN_SUBJECT
        near = near or (not found.hits and bool(found.rejected))
        status = AnswerStatus.NO_EVIDENCE if near else AnswerStatus.OUT_OF_SCOPE
        text = (phrases.NO_EVIDENCE if near else phrases.OUT_OF_SCOPE)[tongue]
        suggestions = tuple(_suggestion(hit) for hit in found.hits[:3]) if near else ()
        return Answer(
            question.id, question.text, found.on, status, text, (), (), (), (), suggestions, (),
            AnswerMode.EXTRACTIVE, tongue, self._index.id, round(found.confidence, 4), 0.0,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Numbered:
    sentences: tuple[Sentence, ...]
    citations: dict[int, Citation]


def _number(draft: Draft, on: date) -> _Numbered:
    order: dict[str, int] = {}
    quotes: dict[str, list[str]] = {}
    passages: dict[str, Passage] = {}
    for passage, _, spans in draft.sentences:
        order.setdefault(passage.id, len(order) + 1)
        passages[passage.id] = passage
        own = quotes.setdefault(passage.id, [])
        own.extend(span for span in spans if span not in own)
    made = {n: citation(passages[pid], n, quotes[pid], on) for pid, n in order.items()}
    sentences = tuple(replace(s, citations=(order[p.id],)) for p, s, _ in draft.sentences)
    return _Numbered(sentences, made)


def citation(passage: Passage, n: int, quotes: Sequence[str], on: date) -> Citation:
    """The numbered reference to `quotes` in a passage, as it stood on the day `on`."""
    in_order = tuple(sorted(quotes, key=passage.text.find))
    return Citation(
        n=n,
        passage_id=passage.id,
        section_id=passage.section_id,
        source_id=passage.source.id,
        title=passage.source.title,
        section=passage.heading,
        publisher=passage.source.publisher,
        url=passage.url,
        href=href(passage, in_order),
        page=passage.page,
        quote=quotes[0],
        quotes=in_order,
        text=passage.text,
        type=passage.rank.value,
        valid_from=passage.valid_from,
        valid_to=passage.valid_to,
        in_force=passage.in_force(on),
        checked=passage.source.checked,
    )


def href(passage: Passage, quotes: Sequence[str] = ()) -> str:
    """The path in this product that opens the section of a passage, with quotes to mark."""
    source, _, slug = passage.section_id.partition("#")
    marks = "&".join(f"sitat={url_quote(q, safe='')}" for q in quotes)
    return f"/kilder/{url_quote(source)}{'?' + marks if marks else ''}#{url_quote(slug)}"


def as_markdown(sentences: Sequence[Sentence]) -> str:
    """The answer's text: paragraphs, with list items and rows as bullets, each with its markers."""
    lines: list[str] = []
    previous = lead = ""
    for sentence in sentences:
        marks = "".join(f"[{n}]" for n in sentence.citations)
        bullet = sentence.block in (Block.ITEM, Block.ROW)
        kind = f"{'bullet' if bullet else 'text'}{sentence.citations}{sentence.lead}"
        text = f"{'- ' if bullet else ''}{sentence.text} {marks}"
        if sentence.lead and sentence.lead != lead:
            text = f"{sentence.lead}\n\n{text}" if bullet else f"{sentence.lead} {text}"
        if not lines or (not bullet and kind != previous) or bullet != previous.startswith("bullet"):
            lines.append(text)
        elif bullet:
            lines[-1] += "\n" + text
        else:
            lines[-1] += " " + text
        previous, lead = kind, sentence.lead
    return "\n\n".join(lines)


def _suggestion(hit: Hit) -> Suggestion:
    passage = hit.passage
    return Suggestion(passage.section_id, passage.source.title, passage.heading, href(passage))


def follow_ups_for(found: Retrieval, used: Sequence[Citation]) -> list[str]:
    """The headings of found sections that the answer did not use: the way on."""
    cited = {c.section_id for c in used}
    return [hit.passage.heading for hit in found.hits if hit.passage.section_id not in cited][:3]


def notices_for(
    used: Sequence[Citation], found: Retrieval, today: date, tongue: str, opened: Index
) -> Iterator[str]:
    if found.on != today:
        yield phrases.for_day(found.on, tongue)
    told: set[str] = set()
    for cited in used:
        source = opened.documents[cited.source_id].source
        if source.valid_to and source.valid_to < found.on and source.id not in told:
            told.add(source.id)
            yield phrases.ended(source.title, source.valid_to, found.on, today, tongue)
        elif cited.valid_to and cited.valid_to < found.on and source.id not in told:
            yield phrases.ended_section(cited.section, cited.valid_to, tongue)
        if cited.type == Rank.PROPOSAL.value:
            yield phrases.proposal(cited.section, tongue)
    if found.limited:
        yield found.limited
    if phrases.LANGUAGE[tongue]:
        yield phrases.LANGUAGE[tongue]
