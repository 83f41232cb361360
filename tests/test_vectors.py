"""Search by meaning: Chroma and the exact product give the same, and Chroma may break."""

import logging

import numpy as np
import pytest

from assistant import vectors
from assistant.types import Question

ROWS = 300


@pytest.fixture(scope="module")
def matrix():
    made = np.random.default_rng(7).normal(size=(ROWS, 16)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def store(matrix, tmp_path_factory):
    folder = tmp_path_factory.mktemp("chroma") / "chroma"
    vectors.build_chroma(folder, "bygg", matrix, [{"kind": n % 3, "unit": n} for n in range(ROWS)])
    return folder


def garbage(store, tmp_path):
    folder = tmp_path / "chroma"
    folder.mkdir()
    (folder / "chroma.sqlite3").write_bytes(b"this is no database" * 500)
    return folder


def test_the_exact_search_gives_the_nearest_rows_best_first(matrix):
    rows, cosines = vectors.ExactSearch(matrix).nearest(matrix[5], 4)
    assert rows[0] == 5
    assert cosines[0] == pytest.approx(1, abs=1e-5)
    assert cosines.tolist() == sorted(cosines.tolist(), reverse=True)
    assert rows.tolist() == np.argsort(-(matrix @ matrix[5]))[:4].tolist()


def test_equal_rows_come_in_row_order(matrix):
    same = np.repeat(matrix[:1], 6, axis=0)
    assert vectors.ExactSearch(same).nearest(matrix[0], 6)[0].tolist() == [0, 1, 2, 3, 4, 5]


def test_more_than_there_is_gives_what_there_is(matrix):
    assert len(vectors.ExactSearch(matrix).nearest(matrix[0], 9 * ROWS)[0]) == ROWS
    assert len(vectors.ExactSearch(matrix[:0]).nearest(matrix[0], 5)[0]) == 0


def test_chroma_gives_the_same_rows_and_cosines_as_the_exact_search(store, matrix):
    exact = vectors.ExactSearch(matrix)
    chroma = vectors.ChromaSearch(store, "bygg", exact, ROWS)
    assert chroma.problem == ""
    for query in matrix[:20]:
        for ours, reference in zip(chroma.nearest(query, 10), exact.nearest(query, 10), strict=True):
            assert np.allclose(ours, reference, atol=1e-4)


@pytest.mark.parametrize("trouble", ["missing", "garbage", "other collection", "other size"])
def test_the_exact_search_answers_when_chroma_cannot(trouble, store, matrix, tmp_path, caplog):
    exact = vectors.ExactSearch(matrix)
    folder, name, size = store, "bygg", ROWS
    if trouble == "missing":
        folder = tmp_path / "chroma"
    elif trouble == "garbage":
        folder = garbage(store, tmp_path)
    elif trouble == "other collection":
        name = "annet"
    else:
        size = ROWS + 1
    with caplog.at_level(logging.WARNING):
        search = vectors.ChromaSearch(folder, name, exact, size)
    assert search.problem
    assert "bruker indeksens egne vektorer" in caplog.text
    assert search.nearest(matrix[3], 7)[0].tolist() == exact.nearest(matrix[3], 7)[0].tolist()


def test_chroma_that_fails_while_serving_is_left_for_the_exact_search(store, matrix, monkeypatch):
    exact = vectors.ExactSearch(matrix)
    search = vectors.ChromaSearch(store, "bygg", exact, ROWS)

    class Broken:
        def query(self, **_):
            raise RuntimeError("disk I/O error")

    monkeypatch.setattr(search, "_collection", Broken())
    assert search.nearest(matrix[3], 7)[0].tolist() == exact.nearest(matrix[3], 7)[0].tolist()
    assert search.problem == "RuntimeError: disk I/O error"


def test_progress_tells_how_many_were_added(matrix, tmp_path):
    told = []
    vectors.build_chroma(
        tmp_path / "chroma", "bygg", matrix[:5], [{"unit": n} for n in range(5)], told.append
    )
    assert told == [5]


@pytest.mark.model
def test_chroma_finds_at_least_99_of_100_of_the_exact_nearest_in_the_shipped_build(built):
    opened = built.index
    exact, chroma = opened.search_by("exact"), opened.search_by("chroma")
    assert chroma.problem == ""
    keys = [
        (section.heading, opened.number[f"{section.id}/0"])
        for document in opened.documents.values()
        for section in document.sections
    ]
    step = len(keys) // 100
    found = 0
    for heading, _ in keys[: 100 * step : step]:
        query = built.retriever.query(f"Hva gjelder for {heading.lower()}?").vector
        assert query is not None
        found += len({*chroma.nearest(query, 10)[0].tolist()} & {*exact.nearest(query, 10)[0].tolist()})
    assert found >= 990


@pytest.mark.model
def test_the_answer_does_not_depend_on_where_the_vectors_are_searched(built, built_settings):
    from assistant.assistant import Assistant

    exact = Assistant.open(built_settings.model_copy(update={"vectors": "exact"}))
    for text in ("Hva er beløpsgrensen?", "Når må vi kreve lærlinger?", "Hvem kan klage til KOFA?"):
        question = Question(text, built.question(text).on)
        ours, reference = built.search(question), exact.search(question)
        assert [h.passage.id for h in ours.hits] == [h.passage.id for h in reference.hits]


def named(rows):
    return np.array([f"rad-{row}".encode() for row in rows], dtype="S12")


def facts(rows):
    return [{"kind": 0, "unit": int(row)} for row in rows]


def test_a_collection_is_altered_where_little_changed_and_finds_what_an_exact_search_finds(matrix, tmp_path):
    old, kept = np.arange(ROWS - 10), np.r_[5 : ROWS - 10]
    vectors.build_chroma(tmp_path / "old", "first", matrix[old], facts(old), ids=named(old))
    rows = np.r_[ROWS - 10 : ROWS, kept]
    told: list[int] = []
    previous = vectors.Previous(tmp_path / "old", "first", named(old))
    vectors.build_chroma(
        tmp_path / "new", "second", matrix[rows], facts(rows), told.append, named(rows), previous
    )
    exact = vectors.ExactSearch(matrix[rows])
    chroma = vectors.ChromaSearch(tmp_path / "new", "second", exact, len(rows), named(rows))
    assert (chroma.problem, told[0], sum(told)) == ("", 10, len(rows))
    for query in matrix[::25]:
        assert chroma.nearest(query, 5)[0].tolist() == exact.nearest(query, 5)[0].tolist()


@pytest.mark.parametrize("kept", [ROWS // 2, ROWS - 2])
def test_a_collection_is_made_anew_when_much_changed_or_the_old_one_is_broken(matrix, tmp_path, store, kept):
    broken = vectors.Previous(garbage(store, tmp_path), "first", named(range(kept)))
    rows = np.arange(ROWS)
    vectors.build_chroma(tmp_path / "new", "second", matrix, facts(rows), ids=named(rows), previous=broken)
    exact = vectors.ExactSearch(matrix)
    chroma = vectors.ChromaSearch(tmp_path / "new", "second", exact, ROWS, named(rows))
    assert chroma.problem == ""
    assert chroma.nearest(matrix[7], 1)[0].tolist() == [7]
