"""The process that reads hostile files: it ends, it is bounded, and what it found is kept by content."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.documents import child, sandbox
from assistant.errors import CorpusError

HOME = str(Path(sandbox.__file__).resolve().parents[2])


def test_a_process_that_does_not_end_is_killed_with_all_it_started():
    started = time.monotonic()
    found = sandbox.run(
        "timeit", "-n", "1", "import subprocess; subprocess.run(['sleep', '31.4159'])", wall=1.5
    )
    assert time.monotonic() - started < 10
    assert found == {"reason": "Lesingen tok mer enn 2 sekunder og ble stoppet.", "passing": True}
    deadline = time.monotonic() + 10
    while b"31.4159" in b"".join(commands()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def commands():
    """The command lines of everything that runs on this machine."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield entry.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue


def limited(code):
    """The answer to a process that limits itself as the reader does and then runs `code`."""
    found = subprocess.run(
        [sys.executable, "-c", f"from assistant.documents import child\n{code}"],
        env={"PYTHONPATH": HOME},
        capture_output=True,
        check=False,
    )
    return found.returncode, found.stdout


def test_the_reader_gives_up_beyond_its_memory():
    code = "child.limit()\ntry:\n    bytearray(2_000_000_000)\nexcept MemoryError:\n    print('stopp')"
    assert limited(code) == (0, b"stopp\n")


def test_the_reader_is_stopped_beyond_its_processor_time():
    code = "child.CPU_SECONDS = 1\nchild.limit()\nwhile True:\n    pass"
    number, _ = limited(code)
    assert sandbox._answer(number, None)["reason"] == "Lesingen brukte for mye prosessortid og ble stoppet."


def test_a_reader_that_breaks_is_told_and_nothing_else_breaks():
    assert sandbox.run("assistant.documents.child", "ukjent", "x") == {
        "reason": "Leseren stoppet uventet (kode 1)."
    }


def test_the_reader_is_told_no_secret_of_its_parent(monkeypatch):
    monkeypatch.setenv("ASSISTANT_LLM_API_KEY", "hemmelig")
    given = {}
    start = subprocess.Popen

    def spy(arguments, **more):
        given.update(more["env"])
        return start(arguments, **more)

    monkeypatch.setattr(sandbox.subprocess, "Popen", spy)
    sandbox.run("assistant.documents.child", "text", "/finnes/ikke")
    assert given["PYTHONPATH"] == HOME
    assert "hemmelig" not in given.values()


def test_what_was_found_is_kept_by_the_files_content_and_read_once(tmp_path, monkeypatch):
    path = tmp_path / "notat.txt"
    path.write_text("Fristen er ti dager.", encoding="utf-8")
    first = sandbox.read("text", path, tmp_path / "lest")
    monkeypatch.setattr(sandbox, "run", lambda *_: pytest.fail("read again"))
    assert sandbox.read("text", path, tmp_path / "lest") == first
    path.rename(tmp_path / "omdøpt.txt")
    assert sandbox.read("text", tmp_path / "omdøpt.txt", tmp_path / "lest") == first


def test_a_refusal_is_kept_too_but_not_one_that_time_decided(tmp_path, monkeypatch):
    path = tmp_path / "notat.txt"
    path.write_bytes(b"\x00\x01" * 500)
    answers = [{"reason": "Lesingen tok for lang tid.", "passing": True}, {"reason": "Filen er ikke tekst."}]
    monkeypatch.setattr(sandbox, "run", lambda *_: answers.pop(0))
    for reason in ("for lang tid", "ikke tekst", "ikke tekst"):
        with pytest.raises(CorpusError, match=reason):
            sandbox.read("text", path, tmp_path / "lest")
    assert answers == []


def test_a_kept_answer_that_is_damaged_is_made_again(tmp_path):
    path = tmp_path / "notat.txt"
    path.write_text("Fristen er ti dager.", encoding="utf-8")
    first = sandbox.read("text", path, tmp_path / "lest")
    (kept,) = (tmp_path / "lest").iterdir()
    kept.write_text("{", encoding="utf-8")
    assert sandbox.read("text", path, tmp_path / "lest") == first


def test_a_file_that_is_too_large_or_gone_is_never_opened(tmp_path, monkeypatch):
    path = tmp_path / "stor.pdf"
    path.touch()
    os.truncate(path, 26_000_000)
    monkeypatch.setattr(sandbox, "run", lambda *_: pytest.fail("opened"))
    with pytest.raises(CorpusError, match="Filen er 26 MB; grensen er 25 MB"):
        sandbox.read("pdf", path)
    with pytest.raises(CorpusError, match="kan ikke leses"):
        sandbox.read("pdf", tmp_path / "borte.pdf")


def test_reading_does_not_grow_this_process(tmp_path):
    import making

    paths = making.hostile(tmp_path)
    sandbox.run("assistant.documents.child", "pdf", str(paths["side_1000"]))
    before = resident()
    for name in ("bombe", "side_1000", "dyp", "sidetre_dypt", "skjema_i_ring"):
        sandbox.run("assistant.documents.child", "pdf", str(paths[name]))
    assert resident() - before < 50_000_000


def resident():
    """Bytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def test_the_limits_are_those_that_are_promised():
    assert (child.MEMORY, child.CPU_SECONDS, sandbox.WALL_SECONDS) == (1024**3, 60, 90.0)
