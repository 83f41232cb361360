"""A built model is opened only when it holds the files of its manifest, unaltered."""

import json
import os

import pytest

from assistant.errors import ModelError
from assistant.models import folder
from assistant.models.folder import MANIFEST, STAMP, ModelFolder, verify


@pytest.fixture
def built(tmp_path):
    """A folder with two small files and a manifest of the right form; nothing here reads the graph."""
    (tmp_path / "model.onnx").write_bytes(b"graph" * 100)
    (tmp_path / "pieces.txt").write_text("a\nb", "utf-8")
    record = {
        "format": folder.FORMAT,
        "name": "prøve",
        "precision": "int8",
        "dim": 4,
        "max_length": 512,
        "query_prefix": "query: ",
        "passage_prefix": "passage: ",
        "tokenizer": "unigram",
        "files": folder.described(tmp_path),
    }
    (tmp_path / MANIFEST).write_text(json.dumps(record), "utf-8")
    return tmp_path


def refused(path):
    with pytest.raises(ModelError) as caught:
        ModelFolder.open(path)
    assert "assistant index" in caught.value.remedy
    return caught.value.message


def test_an_untouched_folder_is_opened_with_what_the_manifest_says(built):
    opened = ModelFolder.open(built)
    assert (opened.dim, opened.query_prefix, opened.passage_prefix) == (4, "query: ", "passage: ")


def test_the_name_holds_model_precision_and_the_hash_of_the_files(built):
    opened = ModelFolder.open(built)
    assert opened.name == f"prøve-int8-{folder.identity(opened.manifest['files'])[:8]}"


def test_an_altered_byte_is_refused(built):
    ModelFolder.open(built)
    data = bytearray((built / "model.onnx").read_bytes())
    data[17] ^= 1
    (built / "model.onnx").write_bytes(data)
    assert "model.onnx er endret" in refused(built)


def test_an_altered_byte_is_refused_when_its_time_is_set_back(built):
    ModelFolder.open(built)
    file = built / "model.onnx"
    before = file.stat()
    with file.open("r+b") as opened:
        opened.write(b"G")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "model.onnx er endret" in refused(built)


def test_a_missing_file_is_refused(built):
    ModelFolder.open(built)
    (built / "pieces.txt").unlink()
    assert "pieces.txt mangler" in refused(built)


@pytest.mark.parametrize("name", ["modeling.py", "weights.pkl", "sub/model.bin"])
def test_a_file_that_the_manifest_does_not_name_is_refused(built, name):
    (built / name).parent.mkdir(exist_ok=True)
    (built / name).write_text("print('hei')", "utf-8")
    assert f"{name} hører ikke til" in refused(built)


def test_a_link_to_elsewhere_that_the_manifest_does_not_name_is_refused(built, tmp_path):
    (built / "weights").symlink_to(tmp_path / "finnes-ikke")
    assert "weights hører ikke til" in refused(built)


def test_a_folder_that_was_checked_before_is_not_hashed_again(built, monkeypatch):
    ModelFolder.open(built)
    monkeypatch.setattr(folder, "file_sha256", lambda path: pytest.fail(f"hashed {path.name}"))
    assert ModelFolder.open(built).dim == 4


def test_the_full_check_finds_what_a_forged_stamp_hides(built):
    opened = ModelFolder.open(built)
    (built / "pieces.txt").write_text("a\nc", "utf-8")
    (built / STAMP).write_text(json.dumps(folder._stamp(opened)), "utf-8")
    assert ModelFolder.open(built).dim == 4
    with pytest.raises(ModelError, match=r"pieces\.txt er endret"):
        verify(opened)


def test_a_folder_without_a_manifest_is_not_built(tmp_path):
    assert "ikke bygget" in refused(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_damaged_manifest_is_refused(built, content):
    (built / MANIFEST).write_text(content, "utf-8")
    assert "kan ikke leses" in refused(built)


def test_a_manifest_of_another_format_is_refused(built):
    record = json.loads((built / MANIFEST).read_text("utf-8"))
    (built / MANIFEST).write_text(json.dumps({**record, "format": 99}), "utf-8")
    assert "format 99" in refused(built)
