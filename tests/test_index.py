"""A build: opened only when whole, published by one rename, and rolled back."""

import json
import os
import shutil

import numpy as np
import pytest

from assistant import index
from assistant.digests import file_sha256
from assistant.embedding import HashingEmbedder
from assistant.errors import EnvironmentProblem, IndexBroken, IndexMismatch, IndexMissing
from assistant.index import Index
from assistant.types import Block

NAME = HashingEmbedder.name


@pytest.fixture
def root(small_index, tmp_path):
    """A copy of the small build that a test may damage."""
    shutil.copytree(small_index.folder.parent, tmp_path / "index")
    return tmp_path / "index"


def folder(root):
    return root / index.current_build(root)


def test_a_build_holds_what_was_read(small_index):
    assert [p.id for p in small_index.passages][:2] == [
        "provekjopsloven#belopsgrensen-for-provekjop-er-500-000-kroner/0",
        "provekjopsloven#belopsgrensen-for-provekjop-var-100-000-kroner/0",
    ]
    assert set(small_index.documents) == {"provekjopsloven", "storfylket", "gjennomforing"}
    assert {small_index.passages[n].id: n for n in range(len(small_index.passages))} == small_index.number
    assert [u.block for u in small_index.units[2]] == [Block.PARAGRAPH, *[Block.ROW] * 3, Block.PARAGRAPH]


def test_every_row_of_the_vectors_is_the_vector_of_its_text(small_index):
    embedder = HashingEmbedder()
    for number in range(len(small_index.passages)):
        rows = np.arange(small_index.spans[number], small_index.spans[number + 1])
        assert (small_index.rows.owner[rows] == number).all()
        said = small_index.said(number)
        for row in rows[small_index.rows.kind[rows] == index.UNIT]:
            text = said[small_index.rows.unit[row]].text
            assert np.allclose(small_index.vectors[row], embedder.embed_query(text), atol=1e-6)


def test_an_item_knows_the_words_that_open_its_list(small_index):
    number = small_index.number["gjennomforing#planlegg-kjopet-i-tre-steg/0"]
    said = small_index.said(number)
    assert [s.text for s in said[:2]] == ["Et prøvekjøp planlegges i tre steg:", "beskriv behovet"]
    assert said[1].lead == said[0].stems
    assert said[0].lead == frozenset()


def test_an_empty_folder_has_no_build(tmp_path):
    with pytest.raises(IndexMissing, match="Kjør `assistant index`"):
        Index.open(tmp_path)


@pytest.mark.parametrize("pointer", [b"", b" \n", b"\xff\xfe"])
def test_a_pointer_that_names_nothing_is_no_build(root, pointer):
    (root / "CURRENT").write_bytes(pointer)
    with pytest.raises(IndexMissing):
        Index.open(root, NAME)


def test_a_pointer_to_a_build_that_is_gone_is_told(root):
    shutil.rmtree(folder(root))
    with pytest.raises(IndexBroken, match="manifestet"):
        Index.open(root, NAME)


def test_a_build_of_another_embedder_is_refused(root):
    with pytest.raises(IndexMismatch, match=rf"embedder='{NAME}'.*'annen'"):
        Index.open(root, "annen")
    assert Index.open(root).id == Index.open(root, NAME).id


def test_a_build_of_another_format_is_refused(root):
    path = folder(root) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": index.FORMAT + 1}))
    with pytest.raises(IndexMismatch, match="format"):
        Index.open(root, NAME)


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"id": "a"}', json.dumps({"format": index.FORMAT})])
def test_a_damaged_manifest_is_told(root, content):
    (folder(root) / "manifest.json").write_text(content)
    with pytest.raises(IndexBroken, match="manifestet"):
        Index.open(root, NAME)


FILES = (
    "vectors.npy", "owner.npy", "kind.npy", "unit.npy", "documents.jsonl", "passages.jsonl", "anchors.json",
    "words/body/vocab.index.json", "words/grams/data.csc.index.npy",
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["missing", "empty", "half", "garbage"])
def test_a_damaged_file_is_told(root, name, damage):
    file = folder(root) / name
    if damage == "missing":
        file.unlink()
    elif damage == "garbage":
        file.write_bytes(b"\x93garbage{")
    else:
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2] if damage == "half" else b"")
    if name == "anchors.json" and damage == "half":
        file.write_bytes(b"[")
    with pytest.raises(IndexBroken, match="skadet"):
        Index.open(root, NAME)
    assert not index.is_whole(folder(root))


@pytest.mark.parametrize("name", ["vectors.npy", "owner.npy", "kind.npy", "unit.npy"])
def test_arrays_that_do_not_fit_each_other_are_told(root, name):
    file = folder(root) / name
    np.save(file, np.load(file)[:-1])
    with pytest.raises(IndexBroken, match="passer ikke"):
        Index.open(root, NAME)


def test_a_passage_that_is_no_row_of_its_kind_is_told(root):
    file = folder(root) / "passages.jsonl"
    file.write_text("[]\n" + file.read_text())
    with pytest.raises(IndexBroken, match=r"passages\.jsonl"):
        Index.open(root, NAME)


def test_a_file_that_was_changed_afterwards_makes_the_build_unwhole(root):
    assert index.is_whole(folder(root))
    file = folder(root) / "passages.jsonl"
    file.write_text(file.read_text().replace("kvartal", "halvår "))
    Index.open(root, NAME)
    assert not index.is_whole(folder(root))


def fake_build(root, name, previous, age):
    (root / name).mkdir(parents=True)
    manifest = {
        "format": index.FORMAT,
        "id": name,
        "embedder": NAME,
        "vectors": 0,
        "files": {},
        "previous": previous,
    }
    path = root / name / "manifest.json"
    path.write_text(json.dumps(manifest))
    os.utime(path, (age, age))


def test_publishing_replaces_the_pointer_by_one_rename(tmp_path, monkeypatch):
    fake_build(tmp_path, "en", None, 1)
    fake_build(tmp_path, "to", "en", 2)
    index.publish(tmp_path, "en")
    before = (tmp_path / "CURRENT").stat().st_ino
    index.publish(tmp_path, "to")
    assert index.current_build(tmp_path) == "to"
    assert (tmp_path / "CURRENT").stat().st_ino != before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["CURRENT", "en", "to"]


def test_a_crash_before_the_rename_leaves_the_old_build_in_use(tmp_path, monkeypatch):
    fake_build(tmp_path, "en", None, 1)
    fake_build(tmp_path, "to", "en", 2)
    index.publish(tmp_path, "en")

    def crash(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        index.publish(tmp_path, "to")
    assert index.current_build(tmp_path) == "en"


def test_the_oldest_builds_are_deleted_and_the_newest_kept(tmp_path):
    for age, name in enumerate(("en", "to", "tre", "fire", "fem"), 1):
        fake_build(tmp_path, name, None, age)
    (tmp_path / "notater").mkdir()
    index.publish(tmp_path, "fem")
    kept = sorted(p.name for p in tmp_path.iterdir() if p.is_dir())
    assert kept == ["fem", "fire", "notater", "tre"]
    assert len(kept) == index.KEEP + 2


def test_rolling_back_publishes_the_build_before(tmp_path):
    fake_build(tmp_path, "en", None, 1)
    fake_build(tmp_path, "to", "en", 2)
    index.publish(tmp_path, "to")
    assert index.rollback(tmp_path) == "en"
    assert index.current_build(tmp_path) == "en"
    with pytest.raises(IndexMissing, match="å gå tilbake til"):
        index.rollback(tmp_path)


def test_there_is_nothing_to_roll_back_to(tmp_path):
    with pytest.raises(IndexMissing):
        index.rollback(tmp_path)
    fake_build(tmp_path, "to", "slettet", 1)
    index.publish(tmp_path, "to")
    with pytest.raises(IndexMissing):
        index.rollback(tmp_path)
    assert index.current_build(tmp_path) == "to"


def test_a_damaged_build_is_not_rolled_back_from_by_guessing(root):
    (folder(root) / "manifest.json").write_text("{")
    with pytest.raises(IndexBroken):
        index.rollback(root)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "fil").write_text("")
    with pytest.raises(EnvironmentProblem, match=r"Kan ikke skrive i .*ASSISTANT_VAR"):
        index.ensure_writable(tmp_path / "fil" / "index")
    index.ensure_writable(tmp_path / "ny" / "index")
    assert list((tmp_path / "ny" / "index").iterdir()) == []


def test_the_digest_is_that_of_the_content(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_sha256(tmp_path / "a").startswith("ba7816bf8f01cfea")
