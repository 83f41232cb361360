"""From what was found to an answer: the point first, every sentence verbatim, cited and verified.

Extractive: the sentences, list items and table rows are taken as they stand in the sources, so nothing
can be invented. Below the evidence threshold the answer says so and shows the nearest sections.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import quote as url_quote

from assistant import (
    chunking,
    citations,
    clarifying,
    intents,
    language,
    periods,
    phrases,
    retrieval,
    selection,
    validity,
)
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
    SourceKind,
    Suggestion,
    Unit,
)

ENOUGH = 0.32
"""Confidence from which the sources are taken to carry an answer (chosen on dev questions, docs/evals.md)."""
IN_SUBJECT = 0.08
"""Confidence below which a question is taken to be about something else altogether."""
EVASION = 0.85
"""Similarity to an example from which a question worded as an evasion is led to the rule (dev questions)."""
WORDS = 175
"""Longest answer, in words, except for a list that was asked for."""
LIST_WORDS = 260
REST_WORDS = 90
"""Words that the passage of the point may add to it."""
SUPPORT = 2
"""Passages that may stand beside the one that carries the point."""
SUPPORT_UNITS = 2
"""Sentences that each of them may add."""
SUPPORT_GAP = 3.0
"""How far behind the point, in score, a supporting sentence may be."""
SAME = 0.7
"""Share of common words from which two sentences are taken to say the same."""


@dataclass
class _Draft:
    """An answer being put together: what has been taken, and the words left."""

    left: int
    sentences: list[tuple[Passage, Sentence, tuple[str, ...]]] = field(default_factory=list)
    seen: list[set[str]] = field(default_factory=list)
    used: set[tuple[str, int]] = field(default_factory=set)
    """Passage id and index of every unit that stands in the answer."""

    def add(self, passage: Passage, text: str, units: Sequence[Unit], block: Block) -> bool:
        """Take a sentence made of `units` unless it is there, says nothing new, or finds no room."""
        size = len(text.split())
        stems = set(language.stems(text))
        if self.sentences and size > self.left:
            return False
        if (passage.id, units[-1].index) in self.used:
            return False
        if any(stems and len(stems & old) / len(stems | old) > SAME for old in self.seen):
            return False
        self.left -= size
        self.seen.append(stems)
        self.used.update((passage.id, unit.index) for unit in units)
        self.sentences.append((passage, Sentence(text, (), block), tuple(unit.text for unit in units)))
        return True


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
        draft = _draft(ranked, intents.wanted(question.text), question.on)
        numbered = _number(draft, found.on)
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

    def _rule_against(self, found: Retrieval) -> Hit | None:
        """The section that forbids what is asked, when the question is nearest to an evasion of it."""
        return self._forbidding(found) if intents.evades(found.query) else None

    def _grounds(self, question: Question, found: Retrieval) -> tuple[Hit, ...]:
        """The hits that carry an answer; none when the search is not sure of any.

        «Is it allowed to split the purchase?» lies among the evasions, but is an honest question: then the
        rule that forbids it leads.
        """
        if found.hits and found.confidence >= ENOUGH:
            return found.hits
        honest = Intent.YES_NO in intents.wanted(question.text)
        rule = self._forbidding(found) if honest else None
        if rule and found.only and SourceKind.of(rule.passage.rank) not in found.only:
            rule = None
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
        notices: tuple[str, ...] = ()
        if found.only and near:
            notices = (phrases.answered_only(found.only, tongue, held=self._retriever.holds(found.only)),)
        return Answer(
            question.id, question.text, found.on, status, text, (), (), notices, (), suggestions, (),
            AnswerMode.EXTRACTIVE, tongue, self._index.id, round(found.confidence, 4), 0.0,
        )  # fmt: skip


def _draft(ranked: Sequence[Candidate], wanted: frozenset[Intent], on: date) -> _Draft:
    point = next((c for c in ranked if c.may_lead), ranked[0])
    listing = selection.lists(wanted)
    draft = _Draft(LIST_WORDS if listing else WORDS)
    _add_point(draft, point, listing)
    own = [c for c in ranked if c.passage.id == point.passage.id and _usable(c, on)]
    others = [c for c in ranked if c.passage.id != point.passage.id and _usable(c, on)]
    if listing:
        _add_list(draft, own)
    _add_rest(draft, own)
    _add_support(draft, others, point)
    return draft


def opening_text(point: Candidate) -> str:
    """How a unit reads as the first sentence: an item together with the words that introduce its list."""
    lead = selection.with_lead(point)
    return f"{language.squeeze(language.plain(lead.text))} {point.text}" if lead else point.text


def _add_point(draft: _Draft, point: Candidate, listing: bool) -> None:
    lead = selection.with_lead(point)
    if lead is not None and not listing:
        draft.add(point.passage, opening_text(point), (lead, point.unit), Block.PARAGRAPH)
        return
    if lead is not None:
        _add_unit(draft, point, lead)
    else:
        _add_unit(draft, point, point.unit)
    if listing or chunking.opens(point.unit, point.units):
        for unit in selection.siblings(point):
            _add_unit(draft, point, unit)


def _add_list(draft: _Draft, own: Sequence[Candidate]) -> None:
    """The list of the passage that fits the question best, whole, when the point did not bring one."""
    if any(sentence.block is Block.ITEM for _, sentence, _ in draft.sentences):
        return
    opener = next((c for c in own if chunking.opens(c.unit, c.units)), None)
    if opener is None:
        return
    items = selection.siblings(opener)
    words = sum(len(unit.text.split()) for unit in (opener.unit, *items))
    if words <= draft.left:
        for unit in (opener.unit, *items):
            _add_unit(draft, opener, unit)


def _add_unit(draft: _Draft, chosen: Candidate, unit: Unit) -> bool:
    text = chunking.reading_text(unit, chosen.units)
    return draft.add(chosen.passage, text, (unit,), unit.block)


def _add_rest(draft: _Draft, own: Sequence[Candidate]) -> None:
    """The best of what else the passage says, in reading order; a list keeps the words that open it."""
    keep: dict[int, Candidate] = {}
    words = min(draft.left, REST_WORDS)
    for candidate in own:
        size = len(candidate.text.split())
        if size > words or (candidate.passage.id, candidate.unit.index) in draft.used:
            continue
        if chunking.opens(candidate.unit, candidate.units) and not any(
            c.unit.lead == candidate.unit.index for c in keep.values()
        ):
            continue
        keep[candidate.unit.index] = candidate
        words -= size
    for index in sorted(keep):
        chosen = keep[index]
        lead = selection.with_lead(chosen)
        if lead is not None and (chosen.passage.id, lead.index) not in draft.used:
            _add_unit(draft, chosen, lead)
        _add_unit(draft, chosen, chosen.unit)


def _add_support(draft: _Draft, others: Sequence[Candidate], point: Candidate) -> None:
    """The best of a few other passages: what they add, not what they repeat."""
    taken: dict[str, int] = {}
    for candidate in others:
        if candidate.score < point.score - SUPPORT_GAP or chunking.opens(candidate.unit, candidate.units):
            continue
        used = taken.get(candidate.passage.id, 0)
        if used == SUPPORT_UNITS or (not used and len(taken) == SUPPORT):
            continue
        if draft.add(candidate.passage, opening_text(candidate), _with_lead(candidate), Block.PARAGRAPH):
            taken[candidate.passage.id] = used + 1


def _with_lead(candidate: Candidate) -> tuple[Unit, ...]:
    lead = selection.with_lead(candidate)
    return (lead, candidate.unit) if lead else (candidate.unit,)


def _usable(candidate: Candidate, on: date) -> bool:
    """Whether a unit may stand beside the point: in force, or its own words tell when it was."""
    return candidate.may_lead or periods.near(validity.stated(candidate.units, candidate.unit), on)


@dataclass(frozen=True, slots=True)
class _Numbered:
    sentences: tuple[Sentence, ...]
    citations: dict[int, Citation]


def _number(draft: _Draft, on: date) -> _Numbered:
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
