"""The way from question to answer as a LangChain Runnable, and the retriever for other chains."""

import os
import re
import tomllib

import pytest
from conftest import ROOT, TODAY
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda

from assistant import chain
from assistant.chain import CorpusRetriever, answer_chain
from assistant.types import Answer, Citation, Question, Retrieval, Sentence, last_answer

LIMIT = Question("Hva er beløpsgrensen for prøvekjøp?", TODAY, (), "q1")


def test_invoking_the_chain_gives_the_answer(small):
    given = small.chain.invoke(LIMIT)
    assert isinstance(given, Answer)
    assert given.id == "q1"
    assert given.sentences


def test_streaming_the_chain_gives_the_events_in_order(small):
    told = list(small.chain.stream(LIMIT))
    assert isinstance(told[0], Retrieval)
    assert isinstance(told[1], Citation)
    assert isinstance(told[2], Sentence)
    assert isinstance(told[-1], Answer)
    assert told[-1] == small.chain.invoke(LIMIT)


def test_the_events_come_as_they_are_made(small):
    stages = []

    def compose(question, found):
        for event in small._compose(question, found):
            stages.append("made")
            yield event

    stream = answer_chain(small.search, compose).stream(LIMIT)
    assert isinstance(next(stream), Retrieval)
    assert stages == []
    next(stream)
    assert stages == ["made"]


class Listener(BaseCallbackHandler):
    def __init__(self):
        self.started, self.ended, self.failed = [], [], []

    def on_chain_start(self, serialized, inputs, *, name=None, **_):
        self.started.append((name, inputs))

    def on_chain_end(self, outputs, **_):
        self.ended.append(outputs)

    def on_chain_error(self, error, **_):
        self.failed.append(error)


def test_callbacks_see_both_steps_with_what_goes_in_and_out(small):
    listener = Listener()
    given = small.chain.invoke(LIMIT, config={"callbacks": [listener]})
    assert [name for name, _ in listener.started] == ["RunnableSequence", "finn", "skriv"]
    assert listener.started[1][1] == LIMIT
    question, found = listener.started[2][1]
    assert (question, type(found)) == (LIMIT, Retrieval)
    assert listener.ended[-1] == given
    assert len(listener.ended) == 3


def test_callbacks_see_the_runs_of_a_stream_too(small):
    listener = Listener()
    list(small.chain.stream(LIMIT, config={"callbacks": [listener], "tags": ["prøve"]}))
    assert {"finn", "skriv"} <= {name for name, _ in listener.started}
    assert listener.failed == []


def test_an_error_in_the_search_reaches_the_caller_and_the_callbacks(small):
    def broken(_):
        raise RuntimeError("borte")

    listener = Listener()
    with pytest.raises(RuntimeError, match="borte"):
        list(answer_chain(broken, small._compose).stream(LIMIT, config={"callbacks": [listener]}))
    assert listener.failed


def test_the_chain_goes_on_in_a_longer_one(small):
    longer = (
        RunnableLambda(lambda text: Question(text, TODAY)) | small.chain | RunnableLambda(lambda a: a.status)
    )
    assert longer.invoke(LIMIT.text) == "answered"


def test_the_last_answer_of_a_stream_is_the_answer(small):
    assert last_answer(small.stream(LIMIT)).id == "q1"
    with pytest.raises(AssertionError):
        last_answer(iter(()))


def test_the_retriever_gives_documents_with_verbatim_text_and_facts(small):
    retriever = CorpusRetriever(retrieve=small.search, on=lambda: TODAY)
    found = retriever.invoke(LIMIT.text)
    hits = small.search(LIMIT).hits
    assert [d.id for d in found] == [h.passage.id for h in hits]
    assert [d.page_content for d in found] == [h.passage.text for h in hits]
    assert found[0].metadata == {
        "id": hits[0].passage.id,
        "section_id": "provekjopsloven#belopsgrensen-for-provekjop-er-500-000-kroner",
        "title": "Prøvekjøpsloven",
        "section": "Beløpsgrensen for prøvekjøp er 500 000 kroner",
        "url": "https://lovdata.no/lov/2020-01-15-1/§1",
        "rank": "lov",
        "valid_from": hits[0].passage.valid_from,
        "valid_to": None,
        "score": hits[0].score,
    }


def test_the_retriever_searches_on_the_day_it_is_told(small):
    import datetime

    retriever = CorpusRetriever(retrieve=small.search, on=lambda: datetime.date(2026, 5, 1))
    assert retriever.invoke(LIMIT.text)[0].metadata["valid_to"] == datetime.date(2026, 6, 30)


def test_the_chain_switches_langchains_own_tracing_off(monkeypatch):
    for name in chain.TRACING:
        monkeypatch.setenv(name, "true")
    chain.answer_chain(lambda _q: None, lambda _q, _r: iter(()))
    assert {os.environ[name] for name in chain.TRACING} == {"false"}


def test_the_chain_and_the_assistant_give_the_same_answer(small):
    mine, theirs = small.ask(LIMIT), small.chain.invoke(LIMIT)
    assert (mine.text, mine.citations, mine.notices) == (theirs.text, theirs.citations, theirs.notices)


def test_every_provider_has_an_extra_that_installs_its_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {n: needs for n, needs in project["optional-dependencies"].items() if n not in ("dev", "otel")}
    offered = {re.split(r"[<>=]", need)[0] for needs in extras.values() for need in needs}
    assert offered == set(chain.PACKAGES.values())
    page = (ROOT / "docs" / "llm.md").read_text(encoding="utf-8")
    assert [name for name in extras if f"[{name}]" not in page] == []
