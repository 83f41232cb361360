"""What brings a question and the sentence that answers it closer together."""

import numpy as np
import pytest

from assistant import adapter
from assistant.adapter import Adapter
from evals import adapt

RNG = np.random.default_rng(7)


def unit(rows, dim=8):
    vectors = RNG.normal(size=(rows, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def near(learned, question, sentences):
    return learned.of_sentences(sentences) @ learned.of_question(question)


def test_an_adapter_that_changes_nothing_gives_the_cosine():
    sentences, question = unit(5), unit(1)[0]
    assert near(Adapter.none(8), question, sentences) == pytest.approx(sentences @ question, abs=1e-6)


def test_the_similarities_are_cosines_of_the_moved_vectors():
    matrices = RNG.normal(size=(2, 8, 8)).astype(np.float32)
    sentences, question = unit(5), unit(1)[0]
    found = near(Adapter(*matrices), question, sentences)
    q = question + question @ matrices[0]
    for value, sentence in zip(found, sentences, strict=True):
        s = sentence + sentence @ matrices[1]
        assert value == pytest.approx(q @ s / np.linalg.norm(q) / np.linalg.norm(s), abs=1e-5)
    assert np.abs(found).max() <= 1 + 1e-6


def test_no_sentences_give_no_similarities():
    assert near(Adapter.none(8), unit(1)[0], unit(0)).shape == (0,)


def test_the_shipped_adapter_is_used_with_its_own_model_alone():
    own = adapter.of_model("multilingual-e5-small-int8-51076e7a", 384)
    assert own.question.shape == own.sentence.shape == (384, 384)
    assert own.question.any()
    assert own.sentence.any()
    assert not adapter.of_model("multilingual-e5-small-int8-51076e7a", 8).question.any()
    assert not adapter.of_model("hashing", 384).question.any()


def test_learning_leads_each_question_to_its_sentence_where_cosines_do_not():
    sentences = unit(40)
    turn = np.linalg.qr(RNG.normal(size=(8, 8)))[0].astype(np.float32)
    answers = np.arange(40)
    questions = (sentences @ turn).astype(np.float32)
    learned = adapt.learn(questions, sentences, answers, 300, lambda _: None)
    before = np.mean((questions @ sentences.T).argmax(axis=1) == answers)
    after = np.mean([near(learned, q, sentences).argmax() == n for n, q in enumerate(questions)])
    assert before < 0.3
    assert after > 0.9


def test_what_is_learned_is_kept_with_the_name_of_its_model(tmp_path):
    learned = Adapter(*RNG.normal(size=(2, 8, 8)).astype(np.float32))
    adapt.save(learned, tmp_path / "adapter.npz")
    content = np.load(tmp_path / "adapter.npz", allow_pickle=False)
    assert str(content["model"]) == adapt.MODEL
    assert content["sentence"].astype(np.float32) == pytest.approx(learned.sentence, abs=2e-3)


def test_the_pairs_are_the_keys_that_name_a_sentence(small_index):
    questions, sentences, answers = adapt.pairs(small_index)
    named = int(((small_index.rows.kind == 2) & (small_index.rows.unit >= 0)).sum())
    assert len(questions) == len(answers) == named
    assert len(sentences) == sum(map(len, small_index.units))
    assert answers.size == 0 or answers.max() < len(sentences)
