"""One question on the page and what has come of it so far, and what a conversation of them remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.conversations.values import Thread
from assistant.types import (
    Answer,
    AnswerStatus,
    Block,
    Citation,
    Event,
    Hit,
    Progress,
    Retrieval,
    Sentence,
    SourceKind,
    Turn,
)
from assistant.wording import outcome, words

REMEMBERED_TURNS = 6
"""How many earlier exchanges a follow-up question may lean on."""
READ = 4
"""Sections that are read for an answer; those of them that it does not cite are listed apart."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and what has come of it so far; `answer` is None until it is whole."""

    number: int
    question: str
    on: date
    progress: str = ""
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    answer: Answer | None = None
    failure: str = ""
    """Why there is no answer, in Norwegian."""
    stopped: bool = False
    conversation: str = ""
    """Id of the conversation it is stored in; empty when it is not."""
    verdict: str = ""
    """What the reader has said of the answer before: `up`, `down` or nothing."""
    id: str = ""
    """Id of the question, which its answer has too."""
    only: tuple[SourceKind, ...] = ()
    """The kinds of source that were to be answered from; all when none is named."""
    read: tuple[Hit, ...] = ()
    """The sections that were read for the answer, cited or not."""
    edited: bool = False
    """Whether the reader is changing the question: what she sends next takes its place."""

    @property
    def state(self) -> str:
        """`running`, `done`, `stopped` or `failed`; the page's style and script read it."""
        if self.failure:
            return "failed"
        if self.answer:
            return "done"
        return "stopped" if self.stopped else "running"


def reopened(thread: Thread, verdicts: Mapping[str, str]) -> tuple[Exchange, ...]:
    """The exchanges of a stored conversation, with what the reader has said of each answer by its id."""
    return tuple(
        Exchange(
            number,
            turn.question,
            turn.on,
            answer=turn.answer,
            conversation=thread.conversation.id,
            verdict=verdicts.get(turn.id, ""),
            id=turn.id,
        )
        for number, turn in enumerate(thread.turns, start=1)
    )


def advance(shown: Exchange, event: Event, language: str) -> Exchange:
    """The exchange after one more event of the assistant's stream."""
    match event:
        case Progress():
            return replace(shown, progress=event.text)
        case Retrieval():
            return replace(shown, progress=words(language)["checking"], read=event.hits[:READ])
        case Citation():
            return replace(shown, citations=(*shown.citations, event))
        case Sentence():
            return replace(shown, sentences=(*shown.sentences, event))
        case Answer():
            return replace(shown, answer=event, progress="")


def unused(shown: Exchange) -> tuple[Hit, ...]:
    """The sections that were read and are not cited, each once; not known before the answer is whole."""
    if not shown.answer:
        return ()
    cited = {each.section_id for each in shown.answer.citations}
    first = {hit.passage.section_id: hit for hit in reversed(shown.read)}
    return tuple(
        hit
        for hit in shown.read
        if first[hit.passage.section_id] is hit and hit.passage.section_id not in cited
    )


def history(exchanges: Sequence[Exchange]) -> tuple[Turn, ...]:
    """What the reader saw earlier, for follow-up questions to lean on."""
    seen = [Turn(each.question, each.answer.text) for each in exchanges if each.answer]
    return tuple(seen[-REMEMBERED_TURNS:])


def announcement(shown: Exchange, language: str) -> str:
    """What a screen reader is told when an exchange changes state; empty while nothing is to be said."""
    say = words(language)
    if shown.state == "running":
        return shown.progress
    if shown.state == "failed":
        return shown.failure
    if shown.state == "stopped" or not shown.answer:
        return say["stopped"]
    if shown.answer.status in (AnswerStatus.ANSWERED, AnswerStatus.PARTIAL):
        return say["ready"].format(n=len(shown.answer.citations))
    return outcome(shown.answer, language)


def flow(sentence: Sentence) -> tuple[Block, tuple[int, ...], str]:
    """What must be equal for two sentences to stand in the same paragraph or list."""
    listed = sentence.block in (Block.ITEM, Block.ROW)
    return (
        Block.ITEM if listed else sentence.block,
        () if listed else sentence.citations,
        sentence.lead,
    )
