"""How alike two questions are, as far as they have the same answer, and the votes that come of it."""

import numpy as np
import pytest

from assistant import likeness
from assistant.likeness import WIDTH, Electorate, Likeness
from evals import alike

RNG = np.random.default_rng(11)


def unit(rows, dim=8):
    vectors = RNG.normal(size=(rows, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_a_projection_that_changes_nothing_keeps_the_vectors():
    vectors = unit(5)
    assert Likeness.none(8).of(vectors) == pytest.approx(vectors, abs=1e-6)
    assert Likeness.none(8).of(vectors[0]).shape == (8,)


def test_what_is_projected_has_length_one():
    learned = Likeness(RNG.normal(size=(8, 3)).astype(np.float32), RNG.normal(size=3).astype(np.float32))
    assert np.linalg.norm(learned.of(unit(5)), axis=1) == pytest.approx(np.ones(5), abs=1e-6)


def test_the_shipped_projection_is_used_with_its_own_model_alone():
    own = likeness.of_model("multilingual-e5-small-int8-51076e7a", 384)
    assert own.matrix.shape == (384, alike.SIZE)
    assert likeness.of_model("multilingual-e5-small-int8-51076e7a", 8).matrix.shape == (8, 8)
    assert likeness.of_model("hashing", 384).matrix.shape == (384, 384)


def electorate(places, owner, units, examples=()):
    return Electorate(
        np.array(places, np.float32),
        np.array(owner, np.int32),
        np.array(units, np.int64),
        3,
        4,
        np.array(examples, np.float32),
    )


def test_every_voter_speaks_for_its_unit_and_its_passage():
    near, far = [1.0, 0.0], [0.0, 1.0]
    found = electorate([near, near, far], [0, 0, 2], [1, 4, 3]).votes(np.array(near, np.float32))
    assert found.passages == pytest.approx([np.log(3), 0.0, np.log1p(np.exp(-1 / WIDTH))], abs=1e-5)
    assert found.units[1] == pytest.approx(np.log(2), abs=1e-6)
    assert found.units[[0, 2]].tolist() == [0.0, 0.0]
    assert found.best == pytest.approx(np.log(2), abs=1e-6)


def test_without_voters_nothing_is_said():
    found = electorate(np.zeros((0, 2)), [], []).votes(np.array([1.0, 0.0], np.float32))
    assert (found.passages.tolist(), found.units.tolist(), found.best) == ([0.0] * 3, [0.0] * 4, 0.0)
    assert found.ahead is None


def test_the_votes_tell_how_far_the_nearest_voter_is_ahead_of_the_nearest_example():
    place = np.array([1.0, 0.0], np.float32)
    voters = [[0.8, 0.6], [0.0, 1.0]], [0, 1], [0, 1]
    assert electorate(*voters, [[0.6, 0.8], [0.0, 1.0]]).votes(place).ahead == pytest.approx(0.2, abs=1e-6)
    assert electorate(*voters).votes(place).ahead is None


def test_the_keys_vote_and_no_other_row(small_index):
    voters = small_index.electorate
    keys = small_index.rows.kind == 2
    assert voters.owner.tolist() == small_index.rows.owner[keys].tolist()
    assert set(np.flatnonzero(~small_index.bare).tolist()) == set(voters.owner.tolist())
    for unit, owner, speaks_for in zip(small_index.rows.unit[keys], voters.owner, voters.unit, strict=True):
        assert speaks_for == (small_index.first_unit[owner] + unit if unit >= 0 else voters.units)


def test_learning_brings_those_with_one_answer_together_and_leaves_the_others_apart():
    answers = np.repeat(np.arange(12), 6)
    meaning, noise = unit(12, 6)[answers], 0.6 * RNG.normal(size=(72, 10))
    keys = np.concatenate([meaning, noise], axis=1).astype(np.float32)
    keys /= np.linalg.norm(keys, axis=1, keepdims=True)
    apart = unit(40, 16)

    def right(places):
        near = places @ places.T
        np.fill_diagonal(near, -1)
        return float(np.mean(answers[near.argmax(axis=1)] == answers))

    learned = alike.learn(keys, answers, apart, 10, 600, lambda _: None)
    assert right(keys) < 0.5
    assert right(learned.of(keys)) > 0.8


def test_what_is_learned_is_kept_with_the_name_of_its_model(tmp_path):
    learned = Likeness(RNG.normal(size=(8, 3)).astype(np.float32), RNG.normal(size=3).astype(np.float32))
    alike.save(learned, tmp_path / "likeness.npz")
    content = np.load(tmp_path / "likeness.npz", allow_pickle=False)
    assert str(content["model"]) == alike.MODEL
    assert content["matrix"].astype(np.float32) == pytest.approx(learned.matrix, abs=2e-3)
