"""Citations of a long PDF: the page of the answer is the page the fact stands on."""

import re

import making
import pytest

from assistant.assistant import Assistant
from assistant.embedding import HashingEmbedder
from assistant.index import Index
from assistant.ingest import ingest
from assistant.settings import Settings


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """An assistant over a PDF of 200 pages, and every fact in it with its page."""
    folder = tmp_path_factory.mktemp("lang")
    (folder / "corpus").mkdir()
    made = making.planted(folder / "corpus" / "langtidsplan.pdf")
    (folder / "corpus" / "langtidsplan.toml").write_text(
        'utgiver = "Fjellfylket"\ntype = "strategi"\nkilde_url = "https://fjellfylket.no/plan.pdf"\n',
        encoding="utf-8",
    )
    settings = Settings(var=folder / "var", corpus=folder / "corpus", vectors="exact")
    ingest(settings.corpus, settings.index_root, HashingEmbedder())
    facts = [(page, said) for page, said in made.sentences if said.startswith("I ")]
    return Assistant(settings, Index.open(settings.index_root), HashingEmbedder()), facts


def test_every_fact_has_one_passage_and_it_is_on_its_page(long):
    assistant, facts = long
    assert len(facts) == 399
    for page, said in facts:
        carriers = [p for p in assistant.index.passages if said in p.text]
        assert [p.page for p in carriers] == [page], said


def test_answers_cite_the_page_of_the_fact_and_open_the_file_there(long):
    assistant, facts = long
    right = asked = 0
    for page, said in facts[::6]:
        place, number, thing = re.fullmatch(r"I (\w+) skal .* ha (\d+) (.*)\.", said).groups()
        answer = assistant.ask(assistant.question(f"Når skal fylkeskommunen i {place} ha {number} {thing}?"))
        cited = [c for c in answer.citations if any(said in q or q in said for q in c.quotes)]
        if cited:
            asked += 1
            right += cited[0].page == page
            assert cited[0].url == f"https://fjellfylket.no/plan.pdf#page={cited[0].page}"
    assert asked >= 50
    assert right == asked
