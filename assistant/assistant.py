"""The façade: what the web UI, the API, the command line and the evals use.

One `Assistant` is made from the settings and lives as long as the process. `stream` is the one way from
a question to an answer; `ask` is its last event.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import clarifying, cores, dialogue, index, language, models, periods, personal, stages
from assistant.answering import Composer
from assistant.embedding import Embedder, OnnxEmbedder
from assistant.errors import IndexBroken, InputError
from assistant.index import Index
from assistant.live import Shared, Watcher
from assistant.retrieval import Retriever
from assistant.settings import Settings
from assistant.terms import Terms
from assistant.types import (
    Answer,
    Document,
    Event,
    Progress,
    Question,
    Retrieval,
    Source,
    SourceKind,
    Turn,
    last_answer,
)

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from assistant.llm import Caller
    from assistant.rewriting import Rewriter
    from assistant.vectors import VectorSearch
    from assistant.writing import Writer

log = logging.getLogger(__name__)

HISTORY = 10
"""Earlier turns that are taken into account."""
HISTORY_CHARS = 20_000
"""Characters of them in all; the older turns of a longer thread are left out."""


def _recent(history: Sequence[Turn]) -> Sequence[Turn]:
    """The newest turns that there is room for, oldest first."""
    sizes = accumulate(len(turn.question) + len(turn.answer) for turn in reversed(history[-HISTORY:]))
    kept = sum(size <= HISTORY_CHARS for size in sizes)
    return history[len(history) - kept :]


def new_id() -> str:
    """The random id of a question and its answer, which is never taken for a national id number."""
    return personal.unmistaken(lambda: uuid.uuid4().hex)


def today() -> date:
    """The day it is here and now; the clock is read at the edge, once a request."""
    return datetime.now(UTC).astimezone().date()


@dataclass(frozen=True, slots=True)
class Engine:
    """What answers from one build; replaced as a whole when another is published."""

    index: Index
    retriever: Retriever
    composer: Composer | Writer

    def close(self) -> None:
        """Let go of what the build holds open."""
        self.retriever.close()


class Assistant:
    """Answers questions from the published build; an answer that began on one build ends on it."""

    def __init__(
        self,
        settings: Settings,
        opened: Index,
        embedder: Embedder | None,
        clock: Callable[[], date] = today,
        search: Callable[[Index], VectorSearch] | None = None,
    ) -> None:
        cores.one_thread_a_product()
        self.settings = settings
        self._embedder = embedder
        self._clock = clock
        self._vector_search = search
        self._caller: Caller | None = None
        self._rewriter: Rewriter | None = None
        if settings.answers == "llm":
            self._ask_a_model()
        self._engines = Shared(self._engine(opened), Engine.close)
        self.refused = ""
        """Why the published build is not the one in use, in Norwegian; empty when it is."""

    def _ask_a_model(self) -> None:
        """Let the language model of the settings word the answers; only here LangChain is loaded."""
        from assistant import chain, llm, rewriting

        settings = self.settings
        limits = llm.Limits(settings.llm_first_seconds, settings.llm_seconds, settings.llm_tokens)
        self._caller = llm.Caller(chain.language_model(settings), limits)
        if settings.llm_rewrite_seconds:
            self._rewriter = rewriting.Rewriter(self._caller, settings.llm_rewrite_seconds)

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

    def _engine(self, opened: Index) -> Engine:
        register = Terms.read(self.settings.corpus / "terms.toml")
        search = self._vector_search(opened) if self._vector_search else self.settings.vectors
        retriever = Retriever(opened, self._embedder, register, search)
        composer = Composer(opened, retriever, clarifying.read(self.settings.corpus))
        if self._caller is None:
            return Engine(opened, retriever, composer)
        from assistant import writing

        writer = writing.Writer(composer, opened, self._caller, self.settings.llm_passages)
        return Engine(opened, retriever, writer)

    def watcher(self) -> Watcher:
        """Takes up each build that is published while it runs."""
        return Watcher(self.settings.index_root / "CURRENT", self.reload)

    def reload(self) -> bool:
        """Take up the published build; whether there was another than the one in use.

        Raises:
            AssistantError: it cannot be opened or is damaged; the build in use stays.
        """
        root = self.settings.index_root
        try:
            build = index.current_build(root)
            if build == self.build:
                self.refused = ""
                return False
            self._engines.replace(self._opened(root))
        except Exception as error:
            self.refused = str(error)
            raise
        self.refused = ""
        log.info("Tok i bruk indeksen %s.", self.build)
        return True

    def _opened(self, root: Path) -> Engine:
        """What answers from the published build, tried on one question before anyone else meets it."""
        opened = Index.open(root, self._embedder.name if self._embedder else None)
        if not index.is_unaltered(opened.folder, opened.manifest):
            raise IndexBroken(f"{opened.id} er ikke slik det ble bygget")
        engine = self._engine(opened)
        title = next(iter(opened.documents.values())).source.title
        try:
            engine.retriever.retrieve(self.question(title[: self.settings.max_question]))
        except BaseException:
            engine.close()
            raise
        return engine

    @property
    def index(self) -> Index:
        """The index build in use at this moment."""
        return self._engines.value.index

    @property
    def retriever(self) -> Retriever:
        """What searches the build in use at this moment."""
        return self._engines.value.retriever

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
        self,
        text: str,
        *,
        on: date | None = None,
        history: Sequence[Turn] = (),
        id: str = "",
        only: Iterable[SourceKind] = (),
    ) -> Question:
        """A question made ready: cleaned, with the day it asks about and the kinds of source to answer from.

        Raises:
            InputError: it is empty or too long, or it or the history holds a national id number.
        """
        longest = self.settings.max_question
        # What is far too long is not looked into: of 2 000 characters no more than 20 000 are invisible.
        cleaned = language.squeeze(language.clean(text)) if len(text) <= 10 * longest else text
        if not cleaned:
            raise InputError("Spørsmålet er tomt.", "Skriv hva du lurer på.")
        if len(cleaned) > longest:
            raise InputError(
                f"Spørsmålet er på {len(cleaned)} tegn; det lengste jeg tar imot er {longest}.",
                "Kort det ned til det du lurer på.",
            )
        recent = _recent(history)
        personal.refuse("question", (text, id))
        personal.refuse("history", (part for turn in recent for part in (turn.question, turn.answer)))
        turns = tuple(Turn(language.clean(t.question), language.clean(t.answer)) for t in recent)
        on = (
            on or periods.asked(cleaned, self._clock()) or self._asked_before(turns, cleaned) or self._clock()
        )
        return Question(cleaned, on, turns, id or new_id(), tuple(dict.fromkeys(only)))

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
        """The events of an answer in order, all from one build; the `Answer` comes last."""
        started = time.perf_counter()
        with self._engines.borrowed() as engine:
            yield Progress("Søker i kildene …")
            for event in self._events(engine, question):
                if isinstance(event, Answer):
                    told = tuple(filter(None, [personal.notice(question.text, event.language)]))
                    taken = round(1000 * (time.perf_counter() - started), 2)
                    yield replace(event, notices=(*told, *event.notices), latency_ms=taken)
                else:
                    yield event
                    if isinstance(event, Retrieval):
                        yield Progress(f"Leser {min(len(event.hits), 4)} avsnitt og kontrollerer sitatene …")

    def _events(self, engine: Engine, question: Question) -> Iterator[Event]:
        """The two steps of `chain`, called directly: importing LangChain takes longer than the answer."""
        found = self._search(engine, question)
        yield found
        with stages.stage("compose"):
            yield from engine.composer.compose(question, found, self._clock())

    def ask(self, question: Question) -> Answer:
        """The answer to a question."""
        return last_answer(self.stream(question))

    def search(self, question: Question) -> Retrieval:
        """What the searches find for a question, with reasons."""
        with self._engines.borrowed() as engine:
            return self._search(engine, question)

    def _search(self, engine: Engine, question: Question) -> Retrieval:
        with stages.stage("search"):
            resolved = dialogue.resolve(question.text, question.history)
            if self._rewriter and resolved != question.text:
                resolved = self._rewriter.rewrite(question, resolved)
            return engine.retriever.retrieve(question, resolved)

    def _compose(self, question: Question, found: Retrieval) -> Iterator[Event]:
        """The answer to what was found; found anew when another build has come between."""
        with self._engines.borrowed() as engine:
            whole = found if found.build == engine.index.id else self._search(engine, question)
            yield from engine.composer.compose(question, whole, self._clock())

    def sources(self) -> tuple[Source, ...]:
        """The sources of the build, in corpus order."""
        return tuple(document.source for document in self.index.documents.values())

    def document(self, source_id: str) -> Document | None:
        """A source with its sections, or None."""
        return self.index.documents.get(source_id)
