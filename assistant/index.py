"""A build: everything a corpus needs to be searched, in one folder that never changes once published.

`var/index/<id>/` holds the documents, the passages with their units, the vectors, the word fields, a
Chroma copy and `manifest.json`. `var/index/CURRENT` names the build in use; publishing renames one file
over it, so that readers of the previous build finish undisturbed and a crash leaves the old one in place.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from assistant import adapter, chunking, language, lexical, likeness, reading, vectors
from assistant.adapter import Adapter
from assistant.digests import file_sha256
from assistant.errors import EnvironmentProblem, IndexBroken, IndexError_, IndexMismatch, IndexMissing
from assistant.likeness import Electorate, Likeness
from assistant.reading import Reader
from assistant.scope import REDIRECTED, Example
from assistant.types import Block, Document, Passage, Period, Unit

FORMAT = 6
"""Version of the folder's layout; a build of another version is not opened."""
FIELDS = ("body", "heading", "keys", "grams", "document")
UNIT, PASSAGE, KEY, ANCHOR = 0, 1, 2, 3
KEEP = 2
"""Builds kept beside the published one, for rollback and for readers that have not finished."""
Floats = NDArray[np.float32]
_DOCUMENT = TypeAdapter(Document)


@dataclass(frozen=True, slots=True)
class Rows:
    """What each row of the vectors stands for; three arrays of the same length as the vectors."""

    owner: NDArray[np.int32]
    """Number of the passage; for anchors the number of passages, so that they come last."""
    kind: NDArray[np.int8]
    """UNIT, PASSAGE, KEY or ANCHOR."""
    unit: NDArray[np.int32]
    """Index of the unit in its passage; of the unit that answers for a key; -1 for the other kinds."""


@dataclass(frozen=True, slots=True)
class Said:
    """A unit as it reads when it stands alone."""

    text: str
    stems: frozenset[str]
    lead: frozenset[str]
    """Stems of the sentence that introduces the list the unit stands in."""


class Index:
    """An opened build. Make it with `Index.open`; nothing in it changes afterwards."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder = folder
        self.manifest = manifest
        self.id: str = manifest["id"]
        self.documents = _read_documents(folder)
        self.passages, self.units = _read_passages(folder, self.documents)
        self.vectors: Floats = _load(folder / "vectors.npy")
        self.rows = Rows(*(_load(folder / f"{name}.npy") for name in ("owner", "kind", "unit")))
        self.fields = {
            name: lexical.open_field(folder / "words" / name, len(self.passages)) for name in FIELDS
        }
        self.anchors = _read_anchors(folder)
        self.scope: Floats = _load(folder / "scope.npy")
        """The line between the questions the corpus answers and those out of scope: normal, and offset."""
        self._said: dict[int, tuple[Said, ...]] = {}
        self._answers: dict[int, Floats] = {}
        sizes = {len(rows) for rows in (self.vectors, self.rows.owner, self.rows.kind, self.rows.unit)}
        if sizes != {manifest["vectors"]}:
            raise IndexBroken("vektorene passer ikke med manifestet")

    @classmethod
    def open(cls, root: Path, embedder: str | None = None) -> Index:
        """The published build under `root`; `embedder` is the name the settings ask for.

        Raises:
            IndexMissing: nothing is published.
            IndexMismatch: the build has another format or was made with another embedder.
            IndexBroken: a file is missing or damaged.
        """
        current = current_build(root)
        if current is None:
            raise IndexMissing(str(root))
        folder = root / current
        manifest = _read_manifest(folder)
        if embedder is not None and manifest["embedder"] != embedder:
            raise IndexMismatch("embedder", manifest["embedder"], embedder)
        return cls(folder, manifest)

    @classmethod
    def at(cls, root: Path, build: str) -> Index:
        """The build with the id under `root`, whether it is published or not.

        Raises:
            IndexMissing: there is no such build.
            IndexMismatch: it has another format.
            IndexBroken: a file is missing or damaged.
        """
        folder = root / build
        if not build or folder.parent != root or not (folder / "manifest.json").exists():
            raise IndexMissing(f"{root}: {build or 'eldre bygg'}")
        return cls(folder, _read_manifest(folder))

    @cached_property
    def adapter(self) -> Adapter:
        """What brings questions and the sentences that answer them closer together, for the build's model."""
        return adapter.of_model(self.manifest["embedder"], self.manifest["dim"])

    @cached_property
    def likeness(self) -> Likeness:
        """What tells how alike questions are, for the build's model."""
        return likeness.of_model(self.manifest["embedder"], self.manifest["dim"])

    @cached_property
    def reader(self) -> Reader | None:
        """What reads the tokens of a question of this build's embedding model, when there is one."""
        return reading.of_model(self.manifest["embedder"])

    @cached_property
    def first_unit(self) -> NDArray[np.int64]:
        """For each passage the number of its first unit, counted through the build; the last entry closes."""
        return np.concatenate(([0], np.cumsum([len(units) for units in self.units]))).astype(np.int64)

    @cached_property
    def bare(self) -> NDArray[np.bool_]:
        """For each passage whether no question key leads to it."""
        found = np.ones(len(self.passages), dtype=np.bool_)
        found[self.rows.owner[self.rows.kind == KEY]] = False
        return found

    @cached_property
    def electorate(self) -> Electorate:
        """The question keys, which vote on what answers."""
        kind, owner, unit = self.rows.kind, self.rows.owner, self.rows.unit
        voters = np.flatnonzero(kind == KEY)
        speaks_for = np.where(
            unit[voters] >= 0, self.first_unit[owner[voters]] + unit[voters], self.first_unit[-1]
        )
        places = self.likeness.of(np.asarray(self.vectors[voters]))
        examples = self.likeness.of(np.asarray(self.anchor_vectors))
        units = int(self.first_unit[-1])
        return Electorate(places, owner[voters], speaks_for, len(self.passages), units, examples)

    @cached_property
    def evaded(self) -> Counter[str]:
        """How many examples of evasions lead to each section."""
        return Counter(each.section for each in self.anchors if each.status == REDIRECTED and each.section)

    @cached_property
    def number(self) -> dict[str, int]:
        """The number of each passage by its id."""
        return {passage.id: n for n, passage in enumerate(self.passages)}

    @cached_property
    def spans(self) -> NDArray[np.int64]:
        """For each passage the first row of its vectors; the last entry closes the last passage."""
        return np.searchsorted(self.rows.owner, np.arange(len(self.passages) + 1)).astype(np.int64)

    @property
    def searched(self) -> Floats:
        """The vectors that a search looks among: all but those of the examples, which lead nowhere."""
        return self.vectors[: int(self.spans[-1])]

    @property
    def anchor_vectors(self) -> Floats:
        """The vectors of the examples out of scope, in the order of `anchors`."""
        return self.vectors[int(self.spans[-1]) :]

    @cached_property
    def ids(self) -> vectors.Ids:
        """What each row of `searched` is called in Chroma."""
        return _load(self.folder / "ids.npy")

    def said(self, number: int) -> tuple[Said, ...]:
        """For each unit of passage `number` what it says when it stands alone, and its words."""
        found = self._said.get(number)
        if found is None:
            units = self.units[number]
            texts = [chunking.reading_text(unit, units) for unit in units]
            leads = [
                frozenset(language.stems(texts[u.lead]))
                if u.lead is not None and u.block is not Block.ROW
                else frozenset[str]()
                for u in units
            ]
            found = tuple(
                Said(t, frozenset(language.stems(t)), lead) for t, lead in zip(texts, leads, strict=True)
            )
            self._said[number] = found
        return found

    def answers(self, number: int) -> Floats:
        """The vectors of the units of passage `number`, moved towards those of the questions they answer."""
        found = self._answers.get(number)
        if found is None:
            rows = slice(int(self.spans[number]), int(self.spans[number + 1]))
            found = self.adapter.of_sentences(self.vectors[rows][self.rows.kind[rows] == UNIT])
            self._answers[number] = found
        return found

    def search_by(self, kind: str) -> vectors.VectorSearch:
        """The vector search of this build: `chroma` or `exact`."""
        exact = vectors.ExactSearch(self.searched)
        if kind == "exact":
            return exact
        return vectors.ChromaSearch(self.folder / "chroma", self.id, exact, len(self.searched), self.ids)


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        found = manifest["format"]
        known = found != FORMAT or {"id", "embedder", "vectors", "files"} <= manifest.keys()
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IndexBroken(f"manifestet i {folder} kan ikke leses") from error
    if found != FORMAT:
        raise IndexMismatch("format", str(found), str(FORMAT))
    if not known:
        raise IndexBroken(f"manifestet i {folder} mangler opplysninger")
    return dict(manifest)


def _load(path: Path) -> NDArray[Any]:
    try:
        mode: Literal["r"] | None = "r" if path.name == "vectors.npy" else None
        loaded: NDArray[Any] = np.asarray(np.load(path, mmap_mode=mode, allow_pickle=False))
    except (EOFError, OSError, ValueError) as error:
        raise IndexBroken(f"{path.name} kan ikke leses ({error})") from error
    return loaded


def _read_documents(folder: Path) -> dict[str, Document]:
    try:
        lines = (folder / "documents.jsonl").read_text(encoding="utf-8").splitlines()
        documents = [_DOCUMENT.validate_json(line) for line in lines]
    except (OSError, ValueError) as error:
        raise IndexBroken(f"documents.jsonl kan ikke leses ({error})") from error
    return {document.source.id: document for document in documents}


def _read_passages(folder: Path, documents: dict[str, Document]) -> tuple[list[Passage], list[list[Unit]]]:
    sections = {s.id: (d.source, s) for d in documents.values() for s in d.sections}
    passages: list[Passage] = []
    units: list[list[Unit]] = []
    try:
        with (folder / "passages.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                source, section = sections[row["section"]]
                passage = Passage(
                    row["id"], section.id, source, section.headings, row["text"], section.rank,
                    section.references, section.valid_from, section.valid_to, row.get("page"),
                )  # fmt: skip
                passages.append(passage)
                units.append([_unit(passage, n, values) for n, values in enumerate(row["units"])])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IndexBroken(f"passages.jsonl kan ikke leses ({error})") from error
    return passages, units


def _read_anchors(folder: Path) -> tuple[Example, ...]:
    try:
        rows = json.loads((folder / "anchors.json").read_text(encoding="utf-8"))
        return tuple(Example(*row) for row in rows)
    except (OSError, ValueError, TypeError) as error:
        raise IndexBroken(f"anchors.json kan ikke leses ({error})") from error


_RIDGE = 1e-3
"""What is added to the spread of the vectors in each direction, so that few examples give a sane line."""


def scope_line(keys: Floats, examples: Floats) -> Floats:
    """The line that tells questions the corpus answers (positive) from those out of scope (negative).

    Fisher's linear discriminant (1936) on the vectors of the question keys and of the examples, with a
    ridge; zeros when there are too few of either to draw it.
    """
    dim = keys.shape[1]
    if min(len(keys), len(examples)) < 20:
        return np.zeros(dim + 1, np.float32)
    inside, outside = keys.mean(axis=0), examples.mean(axis=0)
    spread = (np.cov(keys, rowvar=False) + np.cov(examples, rowvar=False)) / 2
    normal = np.linalg.solve(spread + _RIDGE * np.eye(dim), inside - outside)
    return np.append(normal, -normal @ (inside + outside) / 2).astype(np.float32)


def write_anchors(path: Path, anchors: Sequence[Example]) -> None:
    """Write what `_read_anchors` reads."""
    rows = [[a.question, a.group, a.status, a.section] for a in anchors]
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def _unit(passage: Passage, number: int, values: Sequence[Any]) -> Unit:
    start, end, block, lead, since, until = values
    period = Period(since and date.fromisoformat(since), until and date.fromisoformat(until))
    return Unit(passage.id, number, start, end, passage.text[start:end], Block(block), lead, period)


def write_passages(path: Path, passages: Sequence[Passage], units: Sequence[Sequence[Unit]]) -> None:
    """Write what `_read_passages` reads: one line a passage, units as offsets into its text."""
    with path.open("w", encoding="utf-8") as out:
        for passage, own in zip(passages, units, strict=True):
            row = {
                "id": passage.id,
                "section": passage.section_id,
                "page": passage.page,
                "text": passage.text,
                "units": [
                    [u.start, u.end, u.block.value, u.lead, _iso(u.period.start), _iso(u.period.end)]
                    for u in own
                ],
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def write_documents(path: Path, documents: Sequence[Document]) -> None:
    """Write the documents as they were read, one JSON line each."""
    lines = [_DOCUMENT.dump_json(document).decode() for document in documents]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def documents_of(root: Path, build: str) -> dict[str, Document]:
    """The documents of a build by id, without opening the rest of it.

    Raises:
        IndexBroken: there is no such build, or it cannot be read.
    """
    if not build or (root / build).parent != root:
        raise IndexBroken(f"det finnes ikke noe bygg {build!r}")
    return _read_documents(root / build)


def originals(root: Path) -> frozenset[str]:
    """Names of the kept files that some build under `root` shows pages of."""
    found: set[str] = set()
    for path in root.glob("*/documents.jsonl"):
        found.update(re.findall(r'"original":"([0-9a-f]{64}\.pdf)"', path.read_text(encoding="utf-8")))
    return frozenset(found)


def current_build(root: Path) -> str | None:
    """The id of the published build under `root`, or None."""
    try:
        return (root / "CURRENT").read_text(encoding="utf-8").strip() or None
    except (OSError, ValueError):
        return None


def is_whole(folder: Path) -> bool:
    """Whether a build stands in `folder`, opens, and holds the files it was made with."""
    try:
        return is_unaltered(folder, Index(folder, _read_manifest(folder)).manifest)
    except (IndexError_, OSError):
        return False


def is_unaltered(folder: Path, manifest: dict[str, Any]) -> bool:
    """Whether the files that the manifest vouches for are those that were built."""
    try:
        return all(file_sha256(folder / name) == digest for name, digest in manifest["files"].items())
    except OSError:
        return False


def publish(root: Path, build: str) -> None:
    """Make `build` the one in use, by one rename; older builds beyond `KEEP` are deleted."""
    pointer = root / "CURRENT.new"
    pointer.write_text(build + "\n", encoding="utf-8")
    with pointer.open("rb") as handle:
        os.fsync(handle.fileno())
    pointer.replace(root / "CURRENT")
    others = sorted(
        (p for p in root.iterdir() if (p / "manifest.json").exists() and p.name != build),
        key=lambda p: (p / "manifest.json").stat().st_mtime,
        reverse=True,
    )
    for old in others[KEEP:]:
        shutil.rmtree(old, ignore_errors=True)


def rollback(root: Path) -> str:
    """Publish the build that was in use before the current one; its id.

    Raises:
        IndexMissing: there is nothing to roll back from or to.
        IndexBroken: the current build does not say what came before it.
    """
    current = current_build(root)
    previous = _read_manifest(root / current).get("previous") if current else None
    if not previous or not (root / previous / "manifest.json").exists():
        raise IndexMissing(f"{root} å gå tilbake til")
    publish(root, previous)
    return str(previous)


def ensure_writable(folder: Path) -> None:
    """Make `folder` and try to write in it.

    Raises:
        EnvironmentProblem: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".skriveprøve-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise EnvironmentProblem(
            f"Kan ikke skrive i {folder} ({error.strerror}).",
            "Gi brukeren skriverett, eller sett ASSISTANT_VAR til en annen mappe.",
        ) from error
