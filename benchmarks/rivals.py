"""The systems that are measured beside each other, each in a process of its own, asked in turn.

txtai is not among the product's packages. It gets an environment of its own in var/peers, without packages
that the product has already, and sees those of the product; `room` makes it the first time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import machine

PINS = ("txtai==9.14.0", "faiss-cpu==1.15.1", "msgpack==1.2.4")
NAMES = {
    "product": "produktet, hele svaret",
    "langchain": "LangChain + Chroma + sentence-transformers, bare søk",
    "txtai": "txtai (faiss + BM25), bare søk",
}


def room(var: Path) -> Path:
    """The Python of the peers' own environment, made when it is not there.

    Raises:
        CalledProcessError: pip cannot install what is pinned.
    """
    folder = var / "peers"
    python = folder / "bin" / "python"
    if not (folder / "lib").exists() or not list(folder.glob("lib/*/site-packages/txtai")):
        venv.create(folder, with_pip=True)
        install = [
            str(python),
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "-q",
            "--no-deps",
            *PINS,
        ]
        subprocess.run(install, check=True)
    own = next(folder.glob("lib/*/site-packages"))
    shared = sysconfig.get_paths()["purelib"]
    (own / "product.pth").write_text(f"import site; site.addsitedir({shared!r})\n", encoding="utf-8")
    return python


def command(system: str, store: Path, var: Path, *more: str) -> list[str]:
    """The command that runs one system."""
    python = str(room(var)) if system == "txtai" else machine.PYTHON
    return [python, "-m", "benchmarks.turns", system, str(store), *more]


def environment() -> dict[str, str]:
    """The surroundings of every measured process: no settings of ours, and nothing fetched."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
    return {**clean, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def prepare(store: Path, passages: Sequence[tuple[str, str]], model: Path) -> None:
    """Put the texts and the model where every system finds them."""
    store.mkdir(parents=True, exist_ok=True)
    (store / "passages.json").write_text(json.dumps(passages, ensure_ascii=False), encoding="utf-8")
    (store / "model").write_text(str(model.resolve()), encoding="utf-8")


def build(system: str, store: Path, var: Path) -> float:
    """Seconds that a system needs to make its store from nothing."""
    done = subprocess.run(
        command(system, store, var, "--build"),
        cwd=machine.ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return float(json.loads(done.stdout)["seconds"])


def once(words: Sequence[str]) -> float:
    """Seconds of a whole process."""
    began = time.perf_counter()
    subprocess.run(
        words,
        cwd=machine.ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


class Rival:
    """A running system, asked a line at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        if not self._line().get("ready"):
            raise RuntimeError("systemet ble ikke klart")

    def _line(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"{self._process.args!r} sluttet å svare")
        found: dict[str, Any] = json.loads(line)
        return found

    def ask(self, wanted: Mapping[str, object]) -> dict[str, Any]:
        """What the system replies to one line."""
        if self._process.stdin:
            print(json.dumps(wanted), file=self._process.stdin, flush=True)
        return self._line()


@contextmanager
def running(systems: Sequence[str], store: Path, var: Path) -> Iterator[dict[str, Rival]]:
    """The systems, ready to be asked, until the block ends."""
    with ExitStack() as stack:
        found = {}
        for system in systems:
            process = stack.enter_context(
                subprocess.Popen(
                    command(system, store, var), cwd=machine.ROOT, env=environment(), text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                )
            )  # fmt: skip
            stack.callback(process.terminate)
            found[system] = Rival(process)
        yield found


def in_turn(
    rivals: Mapping[str, Rival], questions: Sequence[str], warm_up: Sequence[str]
) -> dict[str, list[float]]:
    """Milliseconds of each question by system, in an order that turns."""
    for question in warm_up:
        for rival in rivals.values():
            rival.ask({"ask": question})
    names, took = list(rivals), {name: [] for name in rivals}  # type: dict[str, list[float]]
    for turn, question in enumerate(questions):
        at = turn % len(names)
        for name in names[at:] + names[:at]:
            took[name].append(float(rivals[name].ask({"ask": question})["ms"]))
    return took
