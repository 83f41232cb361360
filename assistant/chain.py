"""LangChain's home: the way from question to answer as a Runnable, and the retriever that others can reuse.

Only langchain-core is imported on the question path.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import ConfigDict

from assistant.types import Answer, Event, Question, Retrieval

Retrieve = Callable[[Question], Retrieval]
Compose = Callable[[Question, Retrieval], Iterator[Event]]


TRACING = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
"""Variables that make LangChain send every question to a service outside; ours name no such service."""


def stay_local() -> None:
    """Switch off LangChain's own tracing, whatever the environment says: nothing typed leaves the machine.

    Whoever wants a trace passes callbacks in the chain's `config`.
    """
    for name in TRACING:
        os.environ[name] = "false"


def answer_chain(retrieve: Retrieve, compose: Compose) -> Runnable[Question, Event]:
    """Retriever → composer. `stream` yields the events of an answer, `invoke` gives the `Answer`."""
    stay_local()

    def find(question: Question) -> tuple[Question, Retrieval]:
        return question, retrieve(question)

    def write(found: tuple[Question, Retrieval]) -> Iterator[Event]:
        yield found[1]
        yield from compose(*found)

    return RunnableLambda(find, name="finn") | RunnableLambda(write, name="skriv")


def last_answer(events: Iterator[Event]) -> Answer:
    """The `Answer` that ends a stream of events."""
    answer: Answer | None = None
    for event in events:
        if isinstance(event, Answer):
            answer = event
    assert answer is not None, "a stream of events ends with an answer"
    return answer


class CorpusRetriever(BaseRetriever):
    """The product's retrieval as a LangChain retriever, for use in other chains.

    Each document's `page_content` is a verbatim passage; its metadata holds `id`, `section_id`, `title`,
    `section`, `url`, `rank`, `valid_from`, `valid_to` and `score`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retrieve: Retrieve
    on: Callable[[], date]

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        del run_manager
        found = self.retrieve(Question(query, self.on()))
        return [
            LangChainDocument(
                id=hit.passage.id,
                page_content=hit.passage.text,
                metadata={
                    "id": hit.passage.id,
                    "section_id": hit.passage.section_id,
                    "title": hit.passage.source.title,
                    "section": hit.passage.heading,
                    "url": hit.passage.url,
                    "rank": hit.passage.rank.value,
                    "valid_from": hit.passage.valid_from,
                    "valid_to": hit.passage.valid_to,
                    "score": hit.score,
                },
            )
            for hit in found.hits
        ]
