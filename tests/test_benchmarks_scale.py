"""The synthetic build is one that the product can use, and its words weigh what they would have weighed."""

import numpy as np
import pytest

from assistant import lexical
from benchmarks import scale, synthetic


@pytest.fixture(scope="module")
def scaled(tmp_path_factory):
    return scale.run(tmp_path_factory.mktemp("scale") / "root", 200, 8)


def test_a_passage_is_found_by_half_of_its_words_and_a_vector_near_its_own(scaled):
    assert scaled.first == 8
    assert len(scaled.totals) == len(scaled.stages["vektorsøk"]) == 8


def test_the_report_tells_whether_the_budget_holds(scaled):
    slow = [scale.BUDGET + 1] * 8
    assert "| grensen på 300 ms | holdt |" in scale.report(
        scaled.__class__(**{**vars(scaled), "totals": [1.0] * 8})
    )
    assert "ikke holdt" in scale.report(scaled.__class__(**{**vars(scaled), "totals": slow}))


def test_a_word_field_is_the_one_that_bm25s_builds(tmp_path):
    said = np.array([[0, 1, 1], [2, 0, 3], [3, 3, 3]])
    vocabulary = ["bil", "buss", "båt", "tog"]
    synthetic.write_field(np.repeat(np.arange(3), 3), said.ravel(), vocabulary, 3, tmp_path / "ours")
    lexical.build_field([[vocabulary[w] for w in row] for row in said], tmp_path / "theirs")
    ours, theirs = (lexical.open_field(tmp_path / name, 3) for name in ("ours", "theirs"))
    for word in vocabulary:
        assert np.allclose(ours.score({word: 1.0}), theirs.score({word: 1.0}), atol=1e-6), word
