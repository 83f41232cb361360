"""How sure a search is: signs of three kinds, and a probability made of them."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import yaml
from conftest import FILES, TODAY

from assistant import confidence, index
from assistant.confidence import Around
from assistant.embedding import HashingEmbedder
from assistant.index import Index
from assistant.ingest import ingest
from assistant.retrieval import Retriever, Weights
from assistant.scope import Example
from assistant.terms import Terms
from assistant.types import Question

LIMIT = "Hva er beløpsgrensen for prøvekjøp?"


@pytest.fixture(scope="module")
def retriever(small_index):
    return Retriever(small_index, HashingEmbedder(), Terms({}), "exact")


@pytest.fixture
def with_examples(tmp_path):
    """What a build of the short documents finds when its corpus has examples out of scope."""

    def found(question, *examples):
        corpus = tmp_path / f"corpus-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(FILES / "corpus", corpus)
        groups = [{"id": e.group, "status": e.status, "questions": [e.question]} for e in examples]
        (corpus / "scope.yaml").write_text(yaml.safe_dump({"groups": groups}, allow_unicode=True), "utf-8")
        root = tmp_path / f"{corpus.name}-bygg"
        ingest(corpus, root, HashingEmbedder())
        opened = Index.open(root)
        return Retriever(opened, HashingEmbedder(), Terms({}), "exact").retrieve(Question(question, TODAY))

    return found


@pytest.mark.parametrize(("gap", "surer"), [(1.0, True), (-1.0, False)])
def test_the_confidence_is_a_logistic_of_the_evidence(gap, surer):
    assert (confidence.probability({"gap": gap}, {"gap": 2.0}, 0.0) > 0.5) is surer
    assert confidence.probability({"gap": 1.0}, {"gap": 2.0}, 0.0) == pytest.approx(1 / (1 + np.exp(-2)))
    assert confidence.probability({}, {"gap": 2.0}, 1.0) == 0.0


@pytest.mark.parametrize("embedder", [HashingEmbedder(), None])
def test_the_evidence_names_every_number_that_the_shipped_confidence_weighs(small_index, embedder):
    found = Retriever(small_index, embedder, Terms({}), "exact").retrieve(Question(LIMIT, TODAY))
    assert set(dict(found.signs)) == set(Weights.load().confidence)


def test_without_hits_there_is_no_evidence(retriever, small_index):
    assert confidence.evidence(small_index, retriever.query(LIMIT), (), confidence.NOTHING) == {}


def test_keys_near_the_question_speak_for_an_answer_and_examples_near_it_against():
    keys, examples = np.array([0.95, 0.9], np.float32), np.array([0.5, 0.94], np.float32)
    asked = confidence._neighbours(Around(keys, examples))
    assert asked["vote"] == 0.5
    assert 0.5 < asked["nearest"] < 1
    assert confidence._neighbours(Around(keys, examples[:0])) == {"nearest": 1.0, "vote": 1.0}
    assert confidence._neighbours(Around(keys[:0], examples)) == {"nearest": 0.0, "vote": 0.0}


def test_only_the_nearest_neighbours_vote():
    keys = confidence.nearest_keys(np.full(200, 0.9, np.float32))
    assert len(keys) == confidence.NEIGHBOURS
    far = np.full(500, 0.2, np.float32)
    assert confidence._neighbours(Around(keys, far))["vote"] == 1.0


def test_an_example_that_is_the_question_takes_the_confidence_away(with_examples, retriever):
    before = retriever.retrieve(Question(LIMIT, TODAY)).confidence
    same = Example(LIMIT, "mangler", "no_evidence", "")
    other = Example("Hvordan steker jeg vafler?", "mat", "out_of_scope", "")
    found = with_examples(LIMIT, other, same)
    assert found.confidence < before
    assert found.anchor is not None
    assert (found.anchor.group, round(found.anchor.similarity, 3)) == ("mangler", 1.0)
    assert dict(found.signs)["worded"] == 1.0


def test_an_example_of_another_subject_counts_as_outside_and_one_of_this_subject_does_not(with_examples):
    elsewhere = Example("Hvordan steker jeg vafler?", "mat", "out_of_scope", "")
    assert dict(with_examples(elsewhere.question, elsewhere).signs)["outside"] > 0
    beside = replace(elsewhere, status="no_evidence")
    assert dict(with_examples(beside.question, beside).signs)["outside"] == 0.0


def test_a_figure_that_no_hit_mentions_is_a_sign(retriever):
    def signs(text):
        return dict(retriever.retrieve(Question(text, TODAY)).signs)

    known = signs("Gjelder loven for prøvekjøp over 500 000 kroner?")
    assert (known["figures"], known["figures_missing"]) == (1.0, 0.0)
    assert signs("Hva er beløpsgrensen for prøvekjøp i 2031?")["figures_missing"] == 1.0
    assert signs(LIMIT)["figures"] == 0.0


def test_the_line_of_a_build_without_examples_says_nothing(retriever, small_index):
    assert not small_index.scope.any()
    assert dict(retriever.retrieve(Question(LIMIT, TODAY)).signs)["scope"] == confidence.UNKNOWN["scope"]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Er kontrakten vår med Telenor ulovlig?", ["Telenor"]),
        ("Telenor vil ha kontrakten. Er det lov?", []),
        ("Hva er grensen for prøvekjøp i Storfylket?", ["Storfylket"]),
        ("What changed with the UK Procurement Act?", []),
        ("Hva er beløpsgrensen?", []),
    ],
)
def test_names_that_no_hit_mentions_are_strangers(retriever, question, names):
    hits = retriever.retrieve(Question(LIMIT, TODAY)).hits[:1]
    assert confidence.strangers(question, hits) == names


def test_the_keys_of_a_build_are_its_neighbours(small_index):
    assert (small_index.rows.kind == index.KEY).sum() > 3
