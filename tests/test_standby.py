"""Answers from the first question, whatever state Chroma is in, and a store that mends itself."""

import shutil
import sqlite3
import threading
from contextlib import closing

import numpy as np
import pytest

from assistant import mending, standby, vectors
from assistant.index import Index
from assistant.settings import Settings

ENOUGH = 120.0


class Scripted:
    """A search that does what the test says; it has rows of its own so that one sees who answered."""

    name = "chroma"

    def __init__(self, act=lambda: None):
        self.problem = ""
        self.closed = threading.Event()
        self._act = act

    def nearest(self, query, limit):
        self._act()
        return np.array([777]), np.array([1.0], np.float32)

    def close(self):
        self.closed.set()


MATRIX = np.eye(4, dtype=np.float32)
EXACT = vectors.ExactSearch(MATRIX)


def row(search):
    return int(search.nearest(MATRIX[2], 1)[0][0])


def wait_for(condition):
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.02)
    pytest.fail("it never happened")


def test_the_exact_product_answers_while_chroma_is_being_opened():
    go, chroma = threading.Event(), Scripted()

    def opening(stop, tell):
        go.wait()
        return chroma

    search = standby.Standby(EXACT, opening)
    assert (search.name, search.problem, row(search)) == ("exact", "", 2)
    go.set()
    assert search.settled(ENOUGH)
    assert (search.name, row(search)) == ("chroma", 777)
    search.close()
    assert chroma.closed.is_set()


def test_what_chroma_is_being_mended_for_is_told_meanwhile():
    told, go = threading.Event(), threading.Event()

    def opening(stop, tell):
        tell("prosessen endte med -11; lages på nytt")
        told.set()
        go.wait()
        return Scripted()

    search = standby.Standby(EXACT, opening)
    told.wait()
    assert (search.name, search.problem) == ("exact", "prosessen endte med -11; lages på nytt")
    go.set()
    search.settled(ENOUGH)
    assert (search.problem, search.failures) == ("", 1)
    search.close()


def test_a_chroma_that_hangs_is_left_within_the_deadline_and_tried_again(monkeypatch):
    monkeypatch.setattr(standby, "CALL_SECONDS", 0.1)
    release = threading.Event()
    found = iter([Scripted(release.wait), Scripted()])
    search = standby.Standby(EXACT, lambda stop, tell: next(found), pause=0.01)
    assert search.settled(ENOUGH)
    assert row(search) == 2
    assert "svarte ikke" in search.problem or search.name == "chroma"
    wait_for(lambda: search.name == "chroma")
    assert row(search) == 777
    release.set()
    search.close()


def test_a_chroma_that_fails_is_closed_and_tried_again():
    first = Scripted()
    found = iter([first, Scripted()])
    search = standby.Standby(EXACT, lambda stop, tell: next(found), pause=0.01)
    assert search.settled(ENOUGH)
    first.problem = "RuntimeError: disk I/O error"
    row(search)
    wait_for(lambda: search.name == "chroma" and first.closed.is_set())
    assert (search.failures, search.problem) == (1, "")
    search.close()


def test_a_chroma_that_never_opens_is_tried_with_longer_and_longer_pauses(monkeypatch):
    monkeypatch.setattr(standby, "LONGEST_PAUSE", 0.04)
    tries = []

    def opening(stop, tell):
        tries.append(1)
        raise standby.Unusable("nei")

    search = standby.Standby(EXACT, opening, pause=0.01)
    wait_for(lambda: len(tries) > 3)
    assert (search.name, search.problem, row(search)) == ("exact", "nei", 2)
    search.close()
    assert not search._thread.is_alive()


def test_a_call_that_takes_too_long_is_left_and_one_that_raises_raises():
    with pytest.raises(TimeoutError):
        standby.within(0.05, threading.Event().wait)
    with pytest.raises(KeyError, match="feil"):
        standby.within(5, lambda: {}["feil"])
    assert standby.within(5, lambda: 3) == 3


class Lying(vectors.ExactSearch):
    def __init__(self, matrix, change):
        super().__init__(matrix)
        self._change = change

    def nearest(self, query, limit):
        return self._change(*super().nearest(query, len(self._vectors)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows, cosines: (rows[:12], cosines[:12]), ""),
        (lambda rows, cosines: (rows[:1], cosines[:1]), "treff i stedet for"),
        (lambda rows, cosines: (rows[:12][::-1], cosines[:12]), "andre likheter"),
        (lambda rows, cosines: (np.repeat(rows[:1], 12), np.repeat(cosines[:1], 12)), "1 treff i stedet for"),
        (lambda rows, cosines: (rows[-12:], cosines[-12:]), "nærmeste"),
    ],
)
def test_a_store_that_lies_is_told_from_one_that_is_true(change, told):
    made = np.random.default_rng(5).normal(size=(200, 16)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    assert told in vectors.disagreement(Lying(made, change), made)
    assert bool(vectors.disagreement(Lying(made, change), made)) == bool(told)


def test_rows_without_words_are_no_sign_of_a_lie():
    made = np.zeros((30, 8), np.float32)
    assert vectors.disagreement(vectors.ExactSearch(made), made) == ""
    assert vectors.disagreement(vectors.ExactSearch(made[:0]), made[:0]) == ""


@pytest.fixture
def opened(small_settings, small_index, tmp_path):
    """A build of its own with a sound Chroma, to be damaged."""
    shutil.copytree(small_settings.index_root, tmp_path / "index")
    return Index.open(tmp_path / "index")


def truncate(store):
    for path in store.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])


def spoil(store):
    for path in store.rglob("*"):
        if path.is_file():
            path.write_bytes(b"\xde\xad\xbe\xef" * (path.stat().st_size // 4))


def empty(store):
    for path in store.rglob("*"):
        if path.is_file():
            path.write_bytes(b"")


def other_vectors(store):
    """Put a store there that opens well and has the right size and names, and other vectors."""
    build = store.parent
    matrix, ids = np.load(build / "vectors.npy"), np.load(build / "ids.npy")
    shutil.rmtree(store)
    wrong = np.ascontiguousarray(np.roll(matrix, 7, axis=0))
    vectors.build_chroma(store, build.name, wrong, mending.metadata(build), ids=ids)


def function_of_its_own(store):
    """Let the collection ask for an embedding function by name, as anyone may who can reach a server."""
    with closing(sqlite3.connect(store / "chroma.sqlite3")) as database, database:
        ((stored,),) = database.execute("select schema_str from collections").fetchall()
        evil = '{"type":"known","name":"sentence_transformer","config":{"kwargs":{"trust_remote_code":true}}}'
        changed = stored.replace('{"type":"legacy"}', evil)
        assert changed != stored
        database.execute("update collections set schema_str = ?", (changed,))


def test_a_sound_store_passes_its_test(opened):
    assert mending.probe(opened.folder) == ""


@pytest.mark.parametrize("damage", [spoil, empty, other_vectors, function_of_its_own])
def test_a_store_that_cannot_be_trusted_does_not_pass(opened, damage):
    damage(opened.folder / mending.STORE)
    assert mending.probe(opened.folder) != ""


@pytest.mark.parametrize("damage", [truncate, shutil.rmtree])
def test_a_damaged_store_takes_nothing_down_and_is_made_anew(opened, damage):
    damage(opened.folder / mending.STORE)
    search = standby.of(Settings(), opened)
    exact = vectors.ExactSearch(opened.vectors)
    query = opened.vectors[3]
    expected = exact.nearest(query, 5)[1]
    assert np.allclose(search.nearest(query, 5)[1], expected, atol=1e-3)
    assert search.settled(ENOUGH)
    assert (search.name, search.problem, search.failures) == ("chroma", "", 1)
    assert np.allclose(search.nearest(query, 5)[1], expected, atol=1e-3)
    search.close()
    assert (opened.folder / mending.ASIDE).exists() == (damage is not shutil.rmtree)


def test_a_store_is_not_made_from_vectors_that_are_damaged_too(opened):
    shutil.rmtree(opened.folder / mending.STORE)
    whole = (opened.folder / "vectors.npy").read_bytes()
    (opened.folder / "vectors.npy").write_bytes(whole[:-1] + bytes([whole[-1] ^ 255]))
    assert "assistant index" in mending.mend(opened.folder)
    assert not (opened.folder / mending.STORE).exists()


def test_a_folder_that_cannot_be_written_is_told_and_answers_go_on(opened, monkeypatch):
    shutil.rmtree(opened.folder / mending.STORE)

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(mending, "_alone", denied)
    search = standby.of(Settings(), opened)
    assert search.settled(ENOUGH)
    assert (search.name, "kan ikke endres" in search.problem) == ("exact", True)
    assert len(search.nearest(opened.vectors[3], 5)[0]) == 5
    search.close()


def test_a_child_that_hangs_is_killed_when_its_time_is_up_or_it_is_told_to_stop(opened):
    assert "ikke ferdig" in mending.probe(opened.folder, seconds=0.2)
    stop = threading.Event()
    stop.set()
    assert mending.probe(opened.folder, stop) == "avbrutt"


def test_one_process_at_a_time_makes_a_store_anew(opened):
    stop = threading.Event()
    with mending._alone(opened.folder, None):
        stop.set()
        assert "kan ikke endres (avbrutt)" in mending.mend(opened.folder, stop)


def test_the_store_that_is_made_anew_knows_the_passages_of_the_rows(opened):
    rows = mending.metadata(opened.folder)
    assert len(rows) == len(opened.searched)
    first = opened.passages[int(opened.rows.owner[0])].id
    assert rows[0] == {"passage": first, "kind": int(opened.rows.kind[0]), "unit": int(opened.rows.unit[0])}


def test_the_settings_may_leave_chroma_out(opened):
    assert standby.of(Settings(vectors="exact"), opened).name == "exact"


def test_a_store_that_kills_whoever_opens_it_kills_the_child_alone(opened, monkeypatch, tmp_path):
    dying = tmp_path / "python"
    dying.write_text("#!/bin/sh\nkill -SEGV $$\n", encoding="utf-8")
    dying.chmod(0o755)
    monkeypatch.setattr(mending.sys, "executable", str(dying))
    assert mending.probe(opened.folder) == "prosessen som åpnet den, endte med -11"
