"""Search by words: BM25 over a field, read from plain files."""

import json
import math

import numpy as np
import pytest

from assistant import lexical
from assistant.errors import IndexBroken

TOKENS = [["frist", "kjøp", "frist"], ["kjøp"], [], ["klage", "kjøp", "kjøp", "kjøp"]]


@pytest.fixture
def folder(tmp_path):
    lexical.build_field(TOKENS, tmp_path / "body")
    return tmp_path / "body"


def test_the_scores_are_bm25_with_the_weights_of_the_tokens(folder):
    field = lexical.open_field(folder, len(TOKENS))
    mean = sum(max(len(row), 1) for row in TOKENS) / len(TOKENS)

    def bm25(count, length, holders):
        idf = math.log(1 + (len(TOKENS) - holders + 0.5) / (holders + 0.5))
        norm = lexical.K1 * (1 - lexical.B + lexical.B * length / mean)
        return idf * count / (count + norm)

    expected = [2 * bm25(2, 3, 1) + bm25(1, 3, 3), bm25(1, 1, 3), 0, bm25(3, 4, 3)]
    assert np.allclose(field.score({"frist": 2.0, "kjøp": 1.0}), expected, atol=1e-5)


def test_a_rare_word_tells_more_than_a_common_one(folder):
    field = lexical.open_field(folder, len(TOKENS))
    assert field.idf("ukjent") > field.idf("klage") > field.idf("kjøp") > 0


def test_a_word_that_no_passage_holds_scores_nothing(folder):
    field = lexical.open_field(folder, len(TOKENS))
    assert not field.score({"ukjent": 1.0}).any()
    assert [len(part) for part in field.postings("ukjent")] == [0, 0]
    assert field.postings("klage")[0].tolist() == [3]


@pytest.mark.parametrize("name", ["vocab", "data.csc", "indices.csc", "indptr.csc"])
@pytest.mark.parametrize("damage", ["missing", "empty", "garbage"])
def test_a_damaged_file_is_told(folder, name, damage):
    (file,) = folder.glob(f"{name}.index.*")
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(b"" if damage == "empty" else b"\x80\x04garbage")
    with pytest.raises(IndexBroken, match="ordindeksen i body kan ikke leses"):
        lexical.open_field(folder, len(TOKENS))


def test_files_that_do_not_fit_each_other_are_told(folder):
    with pytest.raises(IndexBroken, match="henger ikke sammen"):
        lexical.open_field(folder, 2)
    np.save(folder / "indptr.csc.index.npy", np.zeros(0, np.int64))
    with pytest.raises(IndexBroken, match="henger ikke sammen"):
        lexical.open_field(folder, len(TOKENS))


def test_the_field_is_plain_files_that_can_be_read_without_a_library(folder):
    assert set(json.loads((folder / "vocab.index.json").read_text())) >= {"frist", "kjøp", "klage"}


@pytest.mark.parametrize("limit", [1, 3, 10, 40, 100])
def test_the_best_are_those_of_a_full_sort_with_ties_by_number(limit):
    scores = np.random.default_rng(1).integers(0, 6, 60).astype(np.float32)
    full = [n for n in np.argsort(-scores, kind="stable")[:limit].tolist() if scores[n] > 0]
    assert lexical.best(scores, limit).tolist() == full
