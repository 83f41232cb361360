"""Builds that are ended by `kill -9` at any moment, and what must hold afterwards.

Run as a program it has everything imported, and makes each build in a child of its own: so nearly all of a
build's life is spent on the build, and a kill at a random moment hits it there. It is `ingest` as
`assistant index` calls it, with hashing vectors instead of the model.
"""

from __future__ import annotations

import importlib
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from assistant import index, ingest, mending
from assistant.assistant import Assistant
from assistant.embedding import HashingEmbedder
from assistant.index import Index
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
GOODS = (
    "asfalt blyanter bananer datamaskiner drosjer elektrisitet ferger gardiner hjelmer isolasjon "
    "kaffe lamper maling nett ovner pumper rekkverk skilt traktorer uniformer"
).split()
"""One canary question each."""
START = 10.0
"""Seconds within which a service must have opened what a kill left, on a machine that is free to do it."""
HEAD = """---
id: {id}
tittel: {title}
type: veiledning
utgiver: Prøvedirektoratet
gyldig_fra: 2024-01-01
kilde_url: https://example.org/{id}
kontrollert: 2026-10-01
tema: [{id}]
sammendrag: Om {id}.
---
# {title}

## {heading}
*Kilde: [Prøvedirektoratet](https://example.org/{id})*

"""


def write_corpus(folder: Path, edition: int) -> None:
    """A document for each kind of goods, and one that is new in every edition."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, goods in enumerate(GOODS):
        head = HEAD.format(id=goods, title=f"Kjøp av {goods}", heading=f"Levering av {goods}")
        said = f"Leverandøren av {goods} skal levere innen {number + 3} dager etter bestilling.\n"
        (folder / f"{goods}.md").write_text(head + said, "utf-8")
    head = HEAD.format(id="rundskriv", title="Rundskriv til alle", heading="Møteplan for direktoratet")
    (folder / "rundskriv.md").write_text(f"{head}Direktoratet møtes {edition} ganger i året.\n", "utf-8")


def settings_of(folder: Path) -> Settings:
    """Settings for the corpus and the builds in `folder`."""
    return Settings(var=folder / "var", corpus=folder / "corpus", vectors="exact")


def cited(assistant: Assistant) -> dict[str, tuple[str, ...]]:
    """What each canary question is answered with: the quotes and where they stand."""
    found = {}
    for goods in GOODS:
        answer = assistant.ask(assistant.question(f"Når skal leverandøren av {goods} levere?"))
        found[goods] = tuple(f"{c.section_id}: {c.quote}" for c in answer.citations)
    return found


def opened(settings: Settings) -> Assistant:
    """The service's façade over what stands in the folder now."""
    clock = date(2026, 11, 22)
    build = Index.open(settings.index_root, HashingEmbedder.name)
    return Assistant(settings, build, HashingEmbedder(), clock=lambda: clock)


class Builder:
    """The program below, running."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert self._told() == "klar"

    def start(self) -> int:
        """Begin a build; the id of its process."""
        self._say("bygg")
        return int(self._told())

    def ended(self) -> int:
        """The status with which the build has ended; negative for the signal that ended it."""
        self._say("vent")  # until then its number belongs to nobody else, so that no other is killed
        return int(self._told())

    def probe(self) -> str:
        """What is wrong with the published build's own Chroma."""
        self._say("prøv")
        return self._told()

    def close(self) -> None:
        """End the program."""
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _say(self, word: str) -> None:
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def _told(self) -> str:
        return self._process.stdout.readline().strip()


@dataclass
class Tally:
    """What the kills came to."""

    killed: int = 0
    unpublished: int = 0
    published: int = 0
    slowest: float = 0.0
    """Seconds that the slowest start took, as on a machine that is free to do it."""
    left: set[str] = field(default_factory=set)
    """Names of what unfinished builds left in their folders, as a sign of where the kills hit."""


def kill_builds(folder: Path, times: int, seed: int) -> Tally:
    """Kill so many builds, each at a random moment, and see after each that the service is none the worse.

    Some are over before they are hit; they are looked at too, and not counted.
    """
    chance, tally = random.Random(seed), Tally()
    settings = settings_of(folder)
    write_corpus(settings.corpus, 0)
    builder = Builder(folder)
    try:
        builder.start()
        assert builder.ended() == 0
        expected = cited(opened(settings))
        assert all(any(f"{goods}#" in each for each in quotes) for goods, quotes in expected.items())
        write_corpus(settings.corpus, 1)
        began = time.monotonic()
        builder.start()
        assert builder.ended() == 0
        lasts = time.monotonic() - began
        for edition in range(2, 10 * times + 2):
            if tally.killed == times:
                break
            write_corpus(settings.corpus, edition)
            before = index.current_build(settings.index_root)
            process = builder.start()
            time.sleep(chance.uniform(0, lasts))
            os.kill(process, signal.SIGKILL)
            hit = builder.ended() == -signal.SIGKILL
            tally.killed += hit
            lasts *= 1.05 if hit else 0.8  # as long as a build takes now, whoever else uses the machine
            _look(settings, before, expected, builder, tally)
        builder.start()
        assert builder.ended() == 0, "a clean build after all of them"
        _look(settings, None, expected, builder, tally)
        assert not list(settings.index_root.glob(".*.new")), "nothing half made is left"
    finally:
        builder.close()
    return tally


def _look(settings: Settings, before: str | None, expected: object, builder: Builder, tally: Tally) -> None:
    root = settings.index_root
    tally.left |= {path.name for half in root.glob(".*.new") for path in half.iterdir()}
    now = index.current_build(root)
    tally.published += now != before
    tally.unpublished += now == before
    began = time.monotonic()
    assistant = opened(settings)
    crowd = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # how many share each processor
    tally.slowest = max(tally.slowest, (time.monotonic() - began) / crowd)
    assert tally.slowest < START
    assert cited(assistant) == expected
    assert index.is_whole(root / now)
    assert builder.probe() == ""


def _serve(folder: Path) -> None:
    """Build or probe in a child for every line that is read."""
    settings = settings_of(folder)
    _say("klar")
    child = 0
    for line in sys.stdin:
        if line.strip() == "vent":
            _say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            continue
        child = os.fork()
        if not child:
            os._exit(_work(settings, line.strip()))
        if line.strip() == "bygg":
            _say(child)
        elif status := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            _say(f"prosessen som åpnet den, endte med {status}")


def _say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _work(settings: Settings, word: str) -> int:
    if word == "bygg":
        ingest.ingest(settings.corpus, settings.index_root, HashingEmbedder())
        return 0
    folder = settings.index_root / str(index.current_build(settings.index_root))
    _say(mending.tried(folder, folder / mending.STORE))
    return 0


if __name__ == "__main__":
    for name in (
        "bm25s",
        "chromadb.api.rust",
        "scipy.sparse",
        "yaml",
    ):  # slow to import: once, before the forks
        importlib.import_module(name)
    _serve(Path(sys.argv[1]))
