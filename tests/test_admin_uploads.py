"""Uploads: kept by their content, read in a process of their own, and published as two files."""

import hashlib
import os
import shutil

import making
import pytest

from assistant import documents
from assistant.admin import uploads
from assistant.admin.refusal import Refused
from assistant.admin.uploads import Uploads, shown_name
from assistant.documents import sandbox
from assistant.documents.sidecar import Sidecar

TEXT = b"# Rutine\n\nFristen for innspill er ti dager.\n"


@pytest.fixture
def desk(tmp_path):
    return Uploads(tmp_path / "uploads")


def keep(desk, name="rutine.md", content=TEXT, replaces=""):
    coming = desk.incoming()
    try:
        coming.write(content)
        return desk.keep(coming, name, "kari", replaces)
    finally:
        coming.drop()


def names(desk):
    return sorted(p.name for p in desk.folder.iterdir() if p.is_file())


def test_a_file_is_kept_under_the_hash_of_its_content(desk):
    upload, new = keep(desk)
    digest = hashlib.sha256(TEXT).hexdigest()
    assert new
    assert (upload.sha256, upload.suffix, upload.name, upload.size, upload.by) == (
        digest, ".md", "rutine.md", len(TEXT), "kari",
    )  # fmt: skip
    assert desk.path(upload).read_bytes() == TEXT
    assert names(desk) == [f"{digest}.json", f"{digest}.md", f"{digest}.toml"]
    assert desk.all() == [upload] == [desk.get(digest)]


def test_the_same_content_is_kept_once_whatever_it_is_called(desk):
    first, _ = keep(desk)
    again, new = keep(desk, "../annet.txt")
    assert (again, new) == (first, False)
    assert len(names(desk)) == 3


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.md", "passwd.md"),
        ("C:\\Users\\kari\\plan.pdf", "plan.pdf"),
        ("<svg onload=alert(1)>.pdf", "<svg onload=alert(1)>.pdf"),
        ("rapport\u202efdp.exe.pdf", "rapport fdp.exe.pdf"),
        ("a\x00b\r\nSet-Cookie: x=1.pdf", "a b Set-Cookie: x=1.pdf"),
        ("CON", "CON"),
        ("", "uten navn"),
        ("\u200b\ufeff", "uten navn"),
        ("x" * 300 + ".pdf", "x" * 140 + "…xxxxx.pdf"),
        ("re\u0301sume\u0301.pdf", "résumé.pdf"),
        ("\udcff.pdf", "?.pdf"),
    ],
)
def test_a_name_is_text_to_show_and_nothing_else(name, shown):
    assert shown_name(name) == shown


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.md", "<svg onload=x>.pdf", "CON.pdf", "plan.toml.md", "..md", "a/.read/b.md"]
)
def test_no_name_decides_where_a_file_lies(desk, name, tmp_path):
    keep(desk, name)
    digest = hashlib.sha256(TEXT).hexdigest()
    assert {p.name.partition(".")[0] for p in desk.folder.iterdir() if p.is_file()} == {digest}
    assert [p.name for p in tmp_path.iterdir()] == ["uploads"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("program.exe", b"MZ", "kind"),
        ("side.svg", b"<svg/>", "kind"),
        ("lov.json", b"{}", "kind"),
        ("uten", b"x", "kind"),
        ("CON", b"x", "kind"),
        ("tom.pdf", b"", "empty"),
    ],
)
def test_what_is_not_taken_leaves_nothing_behind(desk, name, content, reason):
    with pytest.raises(Refused) as refused:
        keep(desk, name, content)
    assert refused.value.reason == reason
    assert names(desk) == []


def test_a_file_that_is_too_large_never_fills_the_disk(desk, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_BYTES", 1000)
    coming = desk.incoming()
    for _ in range(50):
        coming.write(b"x" * 100)
    (held,) = desk.folder.iterdir()
    coming._out.flush()
    assert held.stat().st_size <= 1000
    with pytest.raises(Refused, match="large"):
        desk.keep(coming, "stor.txt", "kari")
    coming.drop()
    assert names(desk) == []


def test_a_disk_that_is_nearly_full_takes_no_more(desk, monkeypatch):
    usage = shutil.disk_usage(desk.folder.parent)
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(Refused, match="disk"):
        desk.incoming()


def test_there_is_an_end_to_how_many_are_kept(desk, monkeypatch):
    monkeypatch.setattr(uploads, "MOST", 2)
    keep(desk, content=b"en")
    keep(desk, content=b"to")
    with pytest.raises(Refused, match="many"):
        desk.incoming()


def test_a_file_is_read_once_and_the_facts_as_they_are_told(desk, monkeypatch):
    upload, _ = keep(desk)
    first = desk.reading(upload, patience=30)
    assert first.problem == ""
    assert [s.text for s in first.document.sections] == ["Fristen for innspill er ti dager."]
    monkeypatch.setattr(sandbox, "run", lambda *_: pytest.fail("the file was read again"))
    desk.save(upload, Sidecar(id="rutine-for-innspill", tittel="Rutine for innspill"), "")
    again = Uploads(desk.folder).reading(upload, patience=30)
    assert (again.document.source.id, again.document.source.title) == (
        "rutine-for-innspill",
        "Rutine for innspill",
    )


def test_pages_and_what_could_not_be_read_are_told(desk, tmp_path):
    making.partly_scanned(tmp_path / "p.pdf")
    upload, _ = keep(desk, "protokoll.pdf", (tmp_path / "p.pdf").read_bytes())
    reading = desk.reading(upload, patience=30)
    assert reading.pages == 3
    assert "Side 2 er et bilde og kan ikke leses." in reading.document.warnings


def test_a_file_that_cannot_be_read_is_told_with_its_own_name(desk):
    upload, _ = keep(desk, "ikke.pdf", b"<html>ikke funnet</html>")
    reading = desk.reading(upload, patience=30)
    assert reading.document is None
    assert "ikke.pdf" in reading.problem
    assert upload.sha256 not in reading.problem


def test_an_accident_while_reading_is_told_and_not_waited_for(desk, monkeypatch):
    monkeypatch.setattr(documents, "load", lambda *_: 1 / 0)
    upload, _ = keep(desk)
    assert "ZeroDivisionError" in desk.reading(upload, patience=30).problem


def test_a_published_file_lies_where_the_index_reads_and_a_withdrawn_one_does_not(desk):
    upload, _ = keep(desk)
    desk.save(upload, Sidecar(id="rutine", tittel="Rutine"), "")
    assert desk.published() == {}
    desk.publish(upload)
    assert desk.published() == {upload.sha256: Sidecar(id="rutine", tittel="Rutine")}
    (path,) = documents.files(desk.published_folder)
    assert documents.load(path, desk.cache).source.id == "rutine"
    desk.withdraw(upload)
    assert list(desk.published_folder.iterdir()) == []
    assert desk.get(upload.sha256) == upload


def test_what_is_told_of_a_published_file_counts_when_it_is_published_again(desk):
    upload, _ = keep(desk)
    desk.save(upload, Sidecar(id="rutine", tittel="Rutine"), "")
    desk.publish(upload)
    desk.save(upload, Sidecar(id="rutine", tittel="Ny rutine"), "")
    assert desk.published()[upload.sha256].tittel == "Rutine"
    desk.publish(upload)
    assert desk.published()[upload.sha256].tittel == "Ny rutine"


def test_a_deleted_draft_leaves_nothing_not_even_what_was_read(desk):
    upload, _ = keep(desk)
    desk.reading(upload, patience=30)
    desk.delete(upload)
    assert [p for p in desk.folder.rglob("*") if p.is_file()] == []
    assert desk.get(upload.sha256) is None


@pytest.mark.parametrize("sha256", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n"])
def test_only_the_hash_of_an_upload_finds_one(desk, sha256):
    keep(desk)
    assert desk.get(sha256) is None


def test_a_record_that_was_tampered_with_finds_no_other_file(desk):
    upload, _ = keep(desk)
    record = desk.folder / f"{upload.sha256}.json"
    record.write_text(record.read_text("utf-8").replace('".md"', '"/../../x.md"'), "utf-8")
    assert desk.get(upload.sha256) is None
    assert desk.all() == []


def test_what_a_killed_process_left_half_received_is_cleared_away(desk):
    desk.folder.mkdir()
    old, fresh = desk.folder / ".inn-gammel", desk.folder / ".inn-fersk"
    old.touch()
    fresh.touch()
    os.utime(old, (1, 1))
    desk.incoming().drop()
    assert (old.exists(), fresh.exists()) == (False, True)
