"""The façade: what the web UI, the API, the command line and the evals use.

One `Assistant` is made from the settings and lives as long as the process. `stream` is the one way from
a question to an answer; `ask` is its last event.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from assistant import clarifying, dialogue, language, models, periods
from assistant.answering import Composer
from assistant.embedding import Embedder, OnnxEmbedder
from assistant.errors import InputError
from assistant.index import Index
from assistant.retrieval import Retriever
from assistant.settings import Settings
from assistant.terms import Terms
from assistant.types import Answer, Document, Event, Progress, Question, Retrieval, Source, Turn

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from assistant.vectors import VectorSearch

HISTORY = 10
"""Earlier turns that are taken into account."""


def today() -> date:
    """The day it is here and now; the clock is read at the edge, once a request."""
    return datetime.now(UTC).astimezone().date()


class Assistant:
    """Answers questions from one published build."""

    def __init__(
        self,
        settings: Settings,
        opened: Index,
        embedder: Embedder | None,
        clock: Callable[[], date] = today,
        search: Callable[[Index], VectorSearch] | None = None,
    ) -> None:
        self.settings = settings
        self.index = opened
        self._clock = clock
        register = Terms.read(settings.corpus / "terms.toml")
        searching = search(opened) if search else settings.vectors
        self.retriever = Retriever(opened, embedder, register, searching)
        self._composer = Composer(opened, self.retriever, clarifying.read(settings.corpus))

    @classmethod
    def open(
        cls,
        settings: Settings,
        clock: Callable[[], date] = today,
        search: Callable[[Index], VectorSearch] | None = None,
    ) -> Assistant:
        """The assistant for the published build; `search` chooses how its vectors are searched.

        Raises:
            IndexMissing, IndexMismatch, IndexBroken: see `Index.open`.
            ModelError: the embedding model is missing or altered.
        """
        embedder = OnnxEmbedder.open(models.find(settings), threads=settings.threads)
        return cls(settings, Index.open(settings.index_root, embedder.name), embedder, clock, search)

    @property
    def build(self) -> str:
        """The id of the index build in use."""
        return self.index.id

    @property
    def limited(self) -> str:
        """Why the search runs with less than it should, in Norwegian; empty when it is whole."""
        return self.retriever.limited

    @property
    def vectors(self) -> VectorSearch:
        """What finds the nearest vectors: its `name` says which search answers, its `problem` why."""
        return self.retriever.vectors

    def question(
        self, text: str, *, on: date | None = None, history: Sequence[Turn] = (), id: str = ""
    ) -> Question:
        """A question made ready: cleaned, with the day it asks about.

        Raises:
            InputError: it is empty or too long.
        """
        cleaned = language.squeeze(language.clean(text))
        if not cleaned:
            raise InputError("Spørsmålet er tomt.", "Skriv hva du lurer på.")
        longest = self.settings.max_question
        if len(cleaned) > longest:
            raise InputError(
                f"Spørsmålet er på {len(cleaned)} tegn; det lengste jeg tar imot er {longest}.",
                "Kort det ned til det du lurer på.",
            )
        turns = tuple(Turn(language.clean(t.question), language.clean(t.answer)) for t in history[-HISTORY:])
        on = (
            on or periods.asked(cleaned, self._clock()) or self._asked_before(turns, cleaned) or self._clock()
        )
        return Question(cleaned, on, turns, id or uuid.uuid4().hex)

    def _asked_before(self, turns: Sequence[Turn], text: str) -> date | None:
        if not turns or not dialogue.depends(text):
            return None
        return periods.asked(turns[-1].question, self._clock())

    @cached_property
    def chain(self) -> Runnable[Question, Event]:
        """The way from question to answer as a LangChain Runnable, for who wants to invoke or trace it."""
        from assistant.chain import answer_chain

        return answer_chain(self.search, self._compose)

    def stream(self, question: Question) -> Iterator[Event]:
        """The events of an answer in order; the `Answer` comes last."""
        started = time.perf_counter()
        yield Progress("Søker i kildene …")
        for event in self._events(question):
            if isinstance(event, Answer):
                yield replace(event, latency_ms=round(1000 * (time.perf_counter() - started), 2))
            else:
                yield event
                if isinstance(event, Retrieval):
                    yield Progress(f"Leser {min(len(event.hits), 4)} avsnitt og kontrollerer sitatene …")

    def _events(self, question: Question) -> Iterator[Event]:
        """The two steps of `chain`, called directly: importing LangChain takes longer than the answer."""
        found = self.search(question)
        yield found
        yield from self._compose(question, found)

    def ask(self, question: Question) -> Answer:
        """The answer to a question."""
        *_, answer = self.stream(question)
        assert isinstance(answer, Answer), "a stream of events ends with an answer"
        return answer

    def search(self, question: Question) -> Retrieval:
        """What the searches find for a question, with reasons."""
        return self.retriever.retrieve(question, dialogue.resolve(question.text, question.history))

    def _compose(self, question: Question, found: Retrieval) -> Iterator[Event]:
        return self._composer.compose(question, found, self._clock())

    def sources(self) -> tuple[Source, ...]:
        """The sources of the build, in corpus order."""
        return tuple(document.source for document in self.index.documents.values())

    def document(self, source_id: str) -> Document | None:
        """A source with its sections, or None."""
        return self.index.documents.get(source_id)
