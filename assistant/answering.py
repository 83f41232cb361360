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
from assistant.extracting import Draft
from assistant.index import Index
from assistant.intents import Intent
from assistant.logs import EVENTS
from assistant.selection import Candidate
from assistant.tiers import Rules
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
    SourceKind,
    Suggestion,
)

PART = 0.1
"""Confidence under which one of two parts of a question is taken to have no answer (dev questions)."""
IN_SUBJECT = 0.08
"""Confidence below which a question is taken to be about something else altogether."""
EVASIVE = 0.85
"""Probability of an evasion from which a question is led to the rule (dev questions: docs/evals.md)."""


@dataclass(frozen=True, slots=True)
class _Asked:
    found: Retrieval
    parts: tuple[str, ...]
    """The questions to be answered: the one that was asked, or the two it holds, or one of the two."""
    unanswered: str = ""
    """The part that the sources do not answer."""


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
        asked = self._asked(question, found)
        found = asked.found
        rule = self._rule_against(found)
        sure = found.confidence >= confidence.ENOUGH
        hits = (rule,) if rule else found.hits if sure else ()
        query = self._retriever.query(found.query)
        refused, found = found, replace(found, hits=hits)
        text = asked.parts[0] if asked.unanswered else question.text
        rules = self._retriever.rules(question, found.query)
        ranked = selection.candidates(self._index, query, found, text, rules) if hits else []
        if not ranked:
            yield self._refusal(question, refused, tongue)
            return
        points = self._points(found, ranked, asked.parts, rules)
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
        if asked.unanswered:
            status = AnswerStatus.PARTIAL
            notices.insert(0, phrases.unanswered(asked.unanswered, tongue))
        if missing:
            status = AnswerStatus.NEEDS_FACT
            notices.insert(0, missing.notice[tongue])
        asks = Intent.YES_NO in intents.wanted(found.query)
        led = phrases.REDIRECTED_ASKED if asks else phrases.REDIRECTED
        yield Answer(
            id=question.id,
            question=question.text,
            on=found.on,
            status=status,
            text=(led[tongue] + "\n\n" if rule else "") + as_markdown(sentences),
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

    def _asked(self, question: Question, found: Retrieval) -> _Asked:
        """What the answer is to have a point for, and the part of the question that has no answer, if any.

        Of two parts the one that can stand alone tells whether the sources answer it.
        """
        parts = twofold.parts(question.text)
        alone = {
            part: self._retriever.retrieve(question, part) for part in parts if not dialogue.depends(part)
        }
        if found.confidence >= confidence.ENOUGH:
            missing = [part for part, own in alone.items() if own.confidence < PART]
            if len(missing) == 1:
                return _Asked(found, tuple(part for part in parts if part not in missing), missing[0])
            return _Asked(found, parts or (question.text,))
        sure = [part for part, own in alone.items() if own.confidence >= confidence.ENOUGH]
        if len(sure) == 1:
            return _Asked(alone[sure[0]], (sure[0],), next(part for part in parts if part != sure[0]))
        return _Asked(found, (question.text,))

    def _points(
        self, found: Retrieval, ranked: Sequence[Candidate], parts: Sequence[str], rules: Rules
    ) -> list[extracting.Point]:
        """What the answer opens with: of each part the best among what was found for the whole."""
        if len(parts) == 1:
            return [extracting.point(ranked, intents.wanted(parts[0]))]
        whole = {(c.passage.id, c.unit.index): c.score for c in ranked}
        points = []
        for part in parts:
            own = selection.candidates(self._index, self._retriever.query(part), found, part, rules)
            both = [replace(c, score=c.score + whole[c.passage.id, c.unit.index]) for c in own]
            both.sort(key=lambda c: (-c.score, c.place, c.unit.index))
            points.append(extracting.point(both, intents.wanted(part)))
        return points

    def _rule_against(self, found: Retrieval) -> Hit | None:
        """The section that forbids what is asked, when the question seeks a way round it.

        Whether something is allowed is an honest question when the sources answer it.
        """
        evasion = found.evasion
        honest = found.confidence >= confidence.ENOUGH and Intent.YES_NO in intents.wanted(found.query)
        if evasion is None or evasion.probability < EVASIVE or honest:
            return None
        number = self._index.number.get(f"{evasion.section}/0")
        if number is None:
            return None
        passage = self._index.passages[number]
        if found.only and SourceKind.of(passage.rank) not in found.only:
            return None
        return Hit(passage, 0.0)

    def _refusal(self, question: Question, found: Retrieval, tongue: str) -> Answer:
        anchor = found.anchor
        outside = anchor is not None and anchor.status == AnswerStatus.OUT_OF_SCOPE
        near = not outside if anchor else found.confidence >= IN_SUBJECT
        near = near or (not found.hits and bool(found.rejected))
        status = AnswerStatus.NO_EVIDENCE if near else AnswerStatus.OUT_OF_SCOPE
        text = (phrases.NO_EVIDENCE if near else phrases.OUT_OF_SCOPE)[tongue]
        suggestions = tuple(_suggestion(hit) for hit in found.hits[:3]) if near else ()
        notices: tuple[str, ...] = ()
        if found.only and near:
            notices = (phrases.answered_only(found.only, tongue, held=self._retriever.holds(found.only)),)
        return Answer(
            question.id, question.text, found.on, status, text, (), (), notices, (), suggestions, (),
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
    if found.only and all(SourceKind.of(Rank(cited.type)) in found.only for cited in used):
        yield phrases.answered_only(found.only, tongue)
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
