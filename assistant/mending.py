"""Chroma treated as the copy it is: tried in a process of its own, and made anew when it fails the test.

A damaged store can end the process that opens it, hang, or answer with something else than it was given. So
a store is first opened here, in a child that may die, and what it answers is compared with the build's own
vectors. One that fails is put aside under another name, and a new one is made from the build's files.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from assistant import vectors
from assistant.digests import file_sha256

log = logging.getLogger(__name__)

PROBE_SECONDS = 60.0
"""How long a store gets to open and answer; importing Chroma alone takes seconds on a busy machine."""
REBUILD_SECONDS = 1800.0
"""How long a new store may take to fill."""
STORE = "chroma"
ASIDE = "chroma.skadet"
"""What a store that failed is called; the last one is kept for who wants to know why."""
_NEW = "chroma.ny"
_LOCK = ".chroma.lock"
_POLL = 0.1


def probe(build: Path, stop: threading.Event | None = None, seconds: float = PROBE_SECONDS) -> str:
    """Why the Chroma store of the build in the folder `build` cannot be used; empty when it can."""
    return _child("probe", build, STORE, stop, seconds)


def mend(build: Path, stop: threading.Event | None = None) -> str:
    """Put the store of `build` aside and make a new one; why that failed, empty when a good one stands there.

    Other processes that serve the same build wait, and use what the first of them made.
    """
    try:
        with _alone(build, stop) as waited:
            if waited and not probe(build, stop):
                return ""
            return _remade(build, stop)
    except OSError as error:
        return f"{build} kan ikke endres ({error.strerror or error})"


def _remade(build: Path, stop: threading.Event | None) -> str:
    manifest = json.loads((build / "manifest.json").read_text(encoding="utf-8"))
    if file_sha256(build / "vectors.npy") != manifest["files"]["vectors.npy"]:
        return "indeksens egne vektorer er også skadet; kjør `assistant index`"
    new, aside = build / _NEW, build / ASIDE
    shutil.rmtree(new, ignore_errors=True)
    problem = _child("rebuild", build, _NEW, stop, REBUILD_SECONDS) or _child(
        "probe", build, _NEW, stop, PROBE_SECONDS
    )
    if problem:
        shutil.rmtree(new, ignore_errors=True)
        return problem
    if (build / STORE).exists():
        shutil.rmtree(aside, ignore_errors=True)
        (build / STORE).rename(aside)
    new.rename(build / STORE)
    log.warning("Chroma for %s var skadet og er laget på nytt; den gamle ligger i %s.", build.name, aside)
    return ""


@contextmanager
def _alone(build: Path, stop: threading.Event | None) -> Iterator[bool]:
    """One process at a time; whether another was before us.

    The lock is the kernel's, so it ends with the process that holds it.

    Raises:
        OSError: the folder cannot be written, or we are asked to stop.
    """
    with (build / _LOCK).open("w") as handle:
        waited = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waited = True
                if stop is not None and stop.wait(_POLL):
                    raise InterruptedError("avbrutt") from None
                if stop is None:
                    time.sleep(_POLL)
        yield waited


def _child(verb: str, build: Path, store: str, stop: threading.Event | None, seconds: float) -> str:
    """What a process of our own says is wrong; it is never alive when this returns."""
    home = str(Path(__file__).resolve().parents[1])
    environment = {**os.environ, "PYTHONPATH": home, "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "assistant.mending", verb, str(build.resolve()), store],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
            env=environment, start_new_session=True,
        )  # fmt: skip
        try:
            code = _ended(process, stop, seconds)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
        if code is None:
            return (
                "avbrutt" if stop is not None and stop.is_set() else f"ikke ferdig på {seconds:.0f} sekunder"
            )
        out.seek(0)
        try:
            return str(json.loads(out.read())["problem"])
        except (ValueError, TypeError, KeyError):
            return f"prosessen som åpnet den, endte med {code}"


def _ended(process: subprocess.Popen[bytes], stop: threading.Event | None, seconds: float) -> int | None:
    """The exit code, or None when the time is up or we are asked to stop."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_POLL)
        if stop is not None and stop.is_set():
            return None
    return None


def tried(build: Path, store: Path) -> str:
    """Open a store here and compare it with the build's vectors; why it cannot be used, empty when it can."""
    matrix, ids = _searched(build)
    if not (store / "chroma.sqlite3").is_file():
        return "den mangler"  # Chroma would make an empty one
    search = vectors.ChromaSearch(store, build.name, vectors.ExactSearch(matrix), len(matrix), ids)
    return search.problem or vectors.disagreement(search, matrix)


def _searched(build: Path) -> tuple[vectors.Floats, vectors.Ids]:
    """The vectors of a build that a search looks among, and their names; the rows without one are last."""
    ids: vectors.Ids = np.load(build / "ids.npy", allow_pickle=False)
    return np.load(build / "vectors.npy", mmap_mode="r", allow_pickle=False)[: len(ids)], ids


def filled(build: Path, store: Path) -> str:
    """Make a store from the files of a build; an empty text when it is done."""
    matrix, ids = _searched(build)
    vectors.build_chroma(store, build.name, matrix, metadata(build), ids=ids)
    return ""


def metadata(build: Path) -> list[dict[str, str | int]]:
    """What Chroma is told of each row that it holds: its passage, its kind, and its unit there."""
    with (build / "passages.jsonl").open(encoding="utf-8") as lines:
        passages = [str(json.loads(line)["id"]) for line in lines]
    columns = [np.load(build / f"{name}.npy", allow_pickle=False) for name in ("owner", "kind", "unit")]
    rows: list[tuple[int, int, int]] = list(zip(*(column.tolist() for column in columns), strict=True))
    return [
        {"passage": passages[owner], "kind": kind, "unit": unit}
        for owner, kind, unit in rows
        if owner < len(passages)
    ]


def main(arguments: list[str]) -> None:
    """The child: `probe` or `rebuild`, a build's folder and the store's name in it."""
    verb, build, store = arguments
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    work: Any = {"probe": tried, "rebuild": filled}[verb]
    if verb == "rebuild":
        os.nice(10)
    logging.disable(logging.CRITICAL)
    try:
        problem = work(Path(build), Path(build) / store)
    except Exception as error:  # noqa: BLE001 - whatever it is, the store cannot be used, and the parent is told
        problem = f"{type(error).__name__}: {error}"
    sys.stdout.write(json.dumps({"problem": problem}))
    sys.stdout.flush()
    os._exit(0)  # a damaged store can hang or die on its way out, after it has answered well


if __name__ == "__main__":
    main(sys.argv[1:])
