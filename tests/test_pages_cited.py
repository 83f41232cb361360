"""Citations of a long PDF: the page of the answer is the page the fact stands on."""

import re

import making
import pytest

from assistant import answering
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


def test_a_found_fact_is_cited_on_its_page_and_the_file_opens_there(long):
    assistant, facts = long
    found = 0
    for page, said in facts[::6]:
        place, number, thing = re.fullmatch(r"I (\w+) skal .* ha (\d+) (.*)\.", said).groups()
        asked = assistant.question(f"Når skal fylkeskommunen i {place} ha {number} {thing}?")
        hits = [h.passage for h in assistant.search(asked).hits if said in h.passage.text]
        for passage in hits:
            cited = answering.citation(passage, 1, [said], asked.on)
            assert cited.page == page
            assert cited.url == f"https://fjellfylket.no/plan.pdf#page={page}"
        found += bool(hits)
    assert found >= 0.99 * len(facts[::6])
