"""One question on the page and what has come of it so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from assistant import texts
from assistant.types import Answer, AnswerStatus, Block, Citation, Sentence
from assistant.wording import words


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

    @property
    def state(self) -> str:
        """`running`, `done`, `stopped` or `failed`; the page's style and script read it."""
        if self.failure:
            return "failed"
        if self.answer:
            return "done"
        return "stopped" if self.stopped else "running"


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
    return texts.STATUS_IN.get(language, texts.STATUS)[shown.answer.status]


def flow(sentence: Sentence) -> tuple[Block, tuple[int, ...], str]:
    """What must be equal for two sentences to stand in the same paragraph or list."""
    listed = sentence.block in (Block.ITEM, Block.ROW)
    return (
        Block.ITEM if listed else sentence.block,
        () if listed else sentence.citations,
        sentence.lead,
    )
