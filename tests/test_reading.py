"""How a question reads: what the heads take from its tokens, and what is learned from the corpus."""

from pathlib import Path

import numpy as np
import pytest

from assistant import confidence, language, models, reading
from assistant.embedding import RUNS, OnnxEmbedder
from assistant.reading import Leaning, Reader
from assistant.settings import Settings
from evals import heldout, phrase
from evals import reading as learning
from evals.phrase import Put

ROOT = Path(__file__).resolve().parent.parent
RNG = np.random.default_rng(5)


def reader(look, take):
    """One head; what it takes goes through unchanged to the first log-odds, and turned to the second."""
    return Reader(
        look=np.array(look, np.float32)[:, None],
        look_offset=np.zeros(1, np.float32),
        take=np.array(take, np.float32)[:, None],
        take_offset=np.zeros(1, np.float32),
        join=np.ones((1, 1), np.float32),
        join_offset=np.zeros(1, np.float32),
        lean=np.array([[1.0, -1.0]], np.float32),
        lean_offset=np.array([0.0, 0.5], np.float32),
    )


def test_a_head_takes_from_the_token_that_it_looks_for():
    states = np.array([[9, 0, 0, 0], [0, 9, 0, 0], [0, 0, 9, 0]], np.float32)
    told = reader([0, 50, 0, 0], [1, 2, 3, 0]).read(states)
    (expected,) = reading.standardised(states[1:2]) @ [1, 2, 3, 0]
    assert told == Leaning(pytest.approx(expected), pytest.approx(0.5 - expected))


def test_a_head_that_looks_for_nothing_takes_the_mean_of_all_tokens():
    states = RNG.normal(size=(7, 4)).astype(np.float32)
    told = reader([0, 0, 0, 0], [5, 1, 0, 0]).read(states)
    expected = max(0.0, float((reading.standardised(states) @ [5, 1, 0, 0]).mean()))
    assert told.refusable == pytest.approx(expected, abs=1e-5)


def test_where_a_question_is_long_its_length_alone_changes_nothing():
    token = RNG.normal(size=(1, 4)).astype(np.float32)
    one, many = (reader([1, 0, 2, 0], [3, 1, 0, 0]).read(token.repeat(n, axis=0)) for n in (1, 30))
    assert one.refusable == pytest.approx(many.refusable, abs=1e-5)


def test_what_is_learned_tells_one_word_among_many():
    """The questions differ by one token of five to nine, so their means are nearly alike."""
    said, unsaid, sly = RNG.normal(size=(3, 16)).astype(np.float32)
    states, asked = [], []
    for n in range(400):
        words = RNG.normal(size=(int(RNG.integers(5, 10)), 16)).astype(np.float32)
        words[int(RNG.integers(len(words)))] = 2 * (said, unsaid, sly)[n % 3]
        states.append(reading.standardised(words).astype(np.float16))
        asked.append(Put(str(n), "fil", refusable=n % 3 > 0, evasive=n % 3 == 2))
    made = learning.learn(states[:300], asked[:300], lambda _: None, epochs=60)
    told = [made.read(each.astype(np.float32)) for each in states[300:]]
    right = [(t.refusable > 0) == a.refusable for t, a in zip(told, asked[300:], strict=True)]
    sly_found = [(t.evasive > 0) == a.evasive for t, a in zip(told, asked[300:], strict=True)]
    assert np.mean(right) > 0.9
    assert np.mean(sly_found) > 0.9


def test_the_shipped_reader_is_used_with_its_own_model_alone():
    own = reading.of_model("multilingual-e5-small-int8-51076e7a")
    assert own.look.shape == (384, learning.HEADS)
    assert own.lean.shape == (learning.HIDDEN, 2)
    assert reading.of_model("hashing") is None


def test_without_a_reader_its_signs_are_those_of_an_answered_question(small_index, small):
    found = small.search(small.question("Hva er terskelen?"))
    assert small_index.reader is None
    told = dict(found.signs)
    assert told["reads"] == confidence.UNKNOWN["reads"]


@pytest.fixture(scope="module")
def served():
    return OnnxEmbedder.open(models.ensure(Settings(var=ROOT / "var")), threads=2)


@pytest.mark.model
def test_the_states_come_with_the_vector_and_are_the_same_in_a_batch(served):
    text = "Kor lenge må vi vente?"
    states = served.read_query(text)
    many = served.read_queries([text, "Kva er terskelen no?", text])
    assert len(many) == 2
    assert states.shape == many[text].shape
    assert states.shape[1] == served.dim
    assert np.abs(states - many[text]).max() < 0.02 * np.abs(states).max()
    with pytest.raises(ValueError, match="read-only"):
        states[0] = 0


@pytest.mark.model
def test_only_the_latest_states_are_kept_and_a_question_asked_again_is_still_read(served):
    first = served.read_query("Hva er terskelen?").copy()
    for n in range(RUNS):
        served.embed_query(f"Hva er terskel {n}?")
    assert served._run_of.cache_info().currsize == RUNS
    assert np.array_equal(served.read_query("Hva er terskelen?"), first)


@pytest.mark.model
def test_questions_that_were_left_out_of_its_learning_are_told_apart(served, monkeypatch):
    monkeypatch.setattr(heldout, "left_out", lambda _: False)
    everything = phrase.material(ROOT / "corpus")
    monkeypatch.undo()
    unseen = [put for put in everything if heldout.left_out(put.question)]
    shipped = reading.of_model(served.name)
    leaning = {}
    for refusable in (False, True):
        some = [put.question for put in unseen if put.refusable is refusable][::10][:120]
        leaning[refusable] = [shipped.read(served.read_query(language.in_bokmaal(q))).refusable for q in some]
    ahead = np.subtract.outer(leaning[True], leaning[False])
    assert (ahead > 0).mean() > 0.9  # a refusable one leans further than an answered one, by chance half
