"""An answer that a language model words and the sources carry.

The extractive answer is made first: it decides whether there is an answer at all, and it is what the
reader gets when the model fails. Then the model is given the same passages, and each sentence it writes
is checked before anyone sees it (`grounding`). What does not pass is left out and kept in the trace.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date

from assistant import answering, chunking, grounding, language, phrases, prompting, stages, validity
from assistant.answering import Composer
from assistant.drafting import Drafted, Splitter
from assistant.grounding import Verdict
from assistant.grounds import Ground, Line
from assistant.index import Index
from assistant.llm import Caller, ModelTrouble
from assistant.logs import EVENTS
from assistant.types import (
    Answer,
    AnswerMode,
    AnswerStatus,
    Attempt,
    Block,
    Citation,
    Dropped,
    Event,
    Passage,
    Progress,
    Question,
    Rank,
    Retrieval,
    Sentence,
    last_answer,
)

log = logging.getLogger(__name__)

SHOWN = 5
"""Passages that the model is given."""
SENTENCES = 12
"""Sentences after which a model has said enough."""
SAID = 0.8
"""Share of the words of an extract from which what is already shown is taken to say it."""
WORDED = frozenset((AnswerStatus.ANSWERED, AnswerStatus.PARTIAL, AnswerStatus.NEEDS_FACT))
_LAW = frozenset((Rank.ACT, Rank.REGULATION))


def passages_for(opened: Index, answer: Answer, found: Retrieval, most: int = SHOWN) -> dict[int, Passage]:
    """What the model is given: the passages of the extractive answer under their numbers, then other hits."""
    chosen = {c.n: opened.passages[opened.number[c.passage_id]] for c in answer.citations[:most]}
    for hit in found.hits:
        if len(chosen) >= most:
            break
        if all(hit.passage.id != passage.id for passage in chosen.values()):
            chosen[max(chosen, default=0) + 1] = hit.passage
    return chosen


def draw_grounds(opened: Index, passages: Mapping[int, Passage], on: date) -> dict[int, Ground]:
    """The passages as the check reads them: line by line, each with what introduces it."""
    grounds: dict[int, Ground] = {}
    for n, passage in passages.items():
        units = opened.units[opened.number[passage.id]]
        said = [chunking.reading_text(unit, units) for unit in units]
        lines = tuple(
            Line(
                text,
                said[unit.lead] if unit.lead is not None else "",
                unit.text,
                validity.may_lead(passage, units, unit, on),
            )
            for unit, text in zip(units, said, strict=True)
        )
        grounds[n] = Ground(n, passage.source.title, passage.heading, passage.rank, lines)
    return grounds


@dataclass
class _Page:
    """What has been shown and what was left out, while an answer is being written."""

    passages: Mapping[int, Passage]
    grounds: Mapping[int, Ground]
    on: date
    tongue: str
    announced: dict[int, Citation]
    sentences: list[Sentence] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    quotes: dict[int, list[str]] = field(default_factory=dict)
    opening_lost: bool = False
    worded: int = 0
    """Sentences of the model that are shown."""

    def take(self, drafted: Drafted) -> Iterator[Event]:
        """Show a sentence of the model with its citations, if its passages carry it."""
        verdict = self._verdict(drafted)
        if not verdict.passed:
            self.opening_lost = self.opening_lost or not (self.sentences or self.dropped)
            self.dropped.append(Dropped(drafted.text, verdict.reason))
            log.info("a sentence of the model was left out: %s", verdict.reason)
            EVENTS.info("sentence_dropped")
            return
        if any(shown.text == drafted.text for shown in self.sentences):
            return
        numbers = tuple(dict.fromkeys(n for n, _ in verdict.support))
        lead = ""
        if verdict.binding and not any(self.passages[n].rank in _LAW for n in numbers):
            rank = min((self.passages[n].rank for n in numbers), key=lambda rank: rank.weight)
            lead = phrases.lower_rank(rank, self.tongue)
        for n, line in verdict.support:
            self._quote(n, self.grounds[n].lines[line].quote)
        self.worded += 1
        yield from self._show(Sentence(drafted.text, numbers, drafted.block, lead))

    def add_verbatim(self, answer: Answer) -> Iterator[Event]:
        """Show what the extractive answer says and the page does not, as the quotes that they are."""
        shown = {stem for sentence in self.sentences for stem in language.stems(sentence.text)}
        lead = phrases.VERBATIM[self.tongue] if self.sentences else ""
        quotes = {c.n: c.quotes for c in answer.citations}
        for sentence in answer.sentences:
            plain = sentence.block is Block.PARAGRAPH and sentence.text.endswith((".", "!", "?"))
            if plain and language.overlap(language.stems(sentence.text), shown) > SAID:
                continue
            for n in sentence.citations:
                for quote in quotes[n]:
                    self._quote(n, quote)
            yield from self._show(replace(sentence, lead=lead))

    def used(self) -> tuple[Citation, ...]:
        """The citations of what is shown, each with every quote it is there for."""
        numbers = sorted({n for sentence in self.sentences for n in sentence.citations})
        return tuple(self._citation(n) for n in numbers)

    def _verdict(self, drafted: Drafted) -> Verdict:
        if not drafted.whole:
            return Verdict("cut")
        if not drafted.markers or any(n not in self.grounds for n in drafted.markers):
            return Verdict("marker")
        with stages.stage("check"):
            return grounding.check(drafted.text, [self.grounds[n] for n in drafted.markers])

    def _quote(self, n: int, quote: str) -> None:
        own = self.quotes.setdefault(n, [])
        if quote not in own:
            own.append(quote)

    def _citation(self, n: int) -> Citation:
        return answering.citation(self.passages[n], n, self.quotes[n], self.on)

    def _show(self, sentence: Sentence) -> Iterator[Event]:
        for n in sentence.citations:
            if n not in self.announced:
                self.announced[n] = self._citation(n)
                yield self.announced[n]
        self.sentences.append(sentence)
        yield sentence


class Writer:
    """Makes answers in a model's words from the passages of one build, or else extractive ones."""

    def __init__(self, composer: Composer, opened: Index, caller: Caller, passages: int = SHOWN) -> None:
        self._composer = composer
        self._most = passages
        self._index = opened
        self._caller = caller

    def compose(self, question: Question, found: Retrieval, today: date) -> Iterator[Event]:
        """The citations at once, the sentences as they pass, and the answer last.

        Refusals, answers about a rule that a question seeks a way round, and questions in English (whose
        wording cannot be held against Norwegian sources) are extractive, and the model is not asked.
        """
        extract = list(self._composer.compose(question, found, today))
        answer = last_answer(extract)
        if answer.status not in WORDED or not answer.sentences or answer.language not in prompting.LANGUAGES:
            yield from extract
            return
        given = passages_for(self._index, answer, found, self._most)
        page = _Page(
            {c.n: self._index.passages[self._index.number[c.passage_id]] for c in answer.citations} | given,
            draw_grounds(self._index, given, answer.on),
            answer.on,
            answer.language,
            {c.n: c for c in answer.citations},
        )
        yield from answer.citations
        yield Progress(phrases.WRITING[answer.language])
        trouble = yield from self._write(found.query, page)
        if self._thin(page, answer, trouble):
            yield from page.add_verbatim(answer)
        yield self._whole(answer, page, found, today, trouble)

    def _write(self, asked: str, page: _Page) -> Generator[Event, None, str]:
        """Show what the model writes, as it passes; returns what went wrong, in one word."""
        given = {n: page.passages[n] for n in page.grounds}
        prompt = prompting.answering(asked, given, page.tongue)
        splitter, finish = Splitter(), ""
        trouble = ""
        stream = self._caller.stream(prompt)
        try:
            for piece in stream:
                finish = piece.finish or finish
                for drafted in splitter.feed(piece.text):
                    yield from page.take(drafted)
                if len(page.sentences) + len(page.dropped) >= SENTENCES:
                    break
        except ModelTrouble as failed:
            trouble = failed.reason
            log.warning("the language model gave no whole answer: %s", trouble)
        finally:
            stream.close()
        enough = len(page.sentences) + len(page.dropped) >= SENTENCES
        cut = bool(trouble) or finish != "stop"
        for drafted in splitter.end(cut=cut):
            yield from page.take(drafted)
        if not trouble and (finish == "content_filter" or (cut and page.worded and not enough)):
            trouble = finish or "cut"
        return trouble or ("empty" if not page.sentences and not page.dropped else "")

    @staticmethod
    def _thin(page: _Page, answer: Answer, trouble: str) -> bool:
        """Whether the extract must be there too: the model was cut off, or the point is missing."""
        point = answer.sentences[0].citations
        cited = {n for sentence in page.sentences for n in sentence.citations}
        few = len(page.dropped) >= len(page.sentences)
        return bool(trouble) or page.opening_lost or few or cited.isdisjoint(point)

    def _whole(self, answer: Answer, page: _Page, found: Retrieval, today: date, trouble: str) -> Attempt:
        """The answer with what was shown, told as it went."""
        tongue, used = page.tongue, page.used()
        notices = answering.notices_for(used, found, today, tongue, self._index)
        told, status = self._told(answer.status, page, trouble)
        choosing = answer.status is AnswerStatus.NEEDS_FACT
        given = {f.name: getattr(answer, f.name) for f in fields(Answer)} | {
            "status": status,
            "text": answering.as_markdown(page.sentences),
            "sentences": tuple(page.sentences),
            "citations": used,
            "notices": (*told, *(answer.notices[:1] if choosing else ()), *notices),
            "follow_ups": tuple(answering.follow_ups_for(found, used)),
            "mode": AnswerMode.GENERATIVE if page.worded else AnswerMode.EXTRACTIVE,
        }
        return Attempt(**given, dropped=tuple(page.dropped), trouble=trouble)

    @staticmethod
    def _told(status: AnswerStatus, page: _Page, trouble: str) -> tuple[tuple[str, ...], AnswerStatus]:
        """What the reader is told of the model's part, and the status of the answer."""
        if trouble and page.worded:
            return (phrases.MODEL_STOPPED[page.tongue],), status
        if trouble:
            down = AnswerStatus.MODEL_UNAVAILABLE if status is AnswerStatus.ANSWERED else status
            return (phrases.MODEL_DOWN[page.tongue],), down
        return () if page.worded else (phrases.MODEL_UNSUPPORTED[page.tongue],), status
