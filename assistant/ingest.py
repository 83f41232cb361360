"""From a corpus folder to a published build: read, cut, embed, write, publish.

Unchanged texts keep their vectors from the previous build (by content hash), a corpus that has not
changed at all builds nothing, and a file that cannot be read stops nothing and hides nothing: it is in
the report with its reason.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant import chunking, documents, index, language, lexical, scope, vectors
from assistant.digests import file_sha256
from assistant.documents import questions
from assistant.documents.questions import Key
from assistant.documents.versions import merge
from assistant.embedding import Embedder
from assistant.errors import AssistantError, CorpusError, EnvironmentProblem, IndexError_
from assistant.types import Document, Passage, Unit

TEXTS = 9
"""Version of what is embedded and which words are indexed; raise it when that changes."""
Floats = NDArray[np.float32]
Report = Callable[[str, int, int], None]
"""Called as (step, done, total) while the work goes on."""
Accept = Callable[["Outcome"], None]
"""Looks at a build before it is published; raises an `AssistantError` to keep the one in use."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not taken, and why, in Norwegian."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an ingest did."""

    build: str
    documents: int
    sections: int
    passages: int
    sentences: int
    keys: int
    embedded: int
    """Texts that were embedded now; the others kept their vectors."""
    skipped: tuple[Skipped, ...]
    changed: bool
    seconds: float
    warnings: tuple[Skipped, ...] = ()
    """What is missing from files that were taken: pages that are images, facts that are not known."""


@dataclass(frozen=True, slots=True)
class _Entry:
    text: str
    owner: int
    kind: int
    unit: int


def read_corpus(
    root: Path, cache: Path | None = None, also: Sequence[Path] = ()
) -> tuple[list[Document], list[Skipped]]:
    """Every document under `root` in path order, then those under `also`, and the files that were not taken.

    What PDF, Word and web files hold is kept in the folder `cache`, so that each is read once. A folder of
    `also` that does not exist holds nothing.
    """
    if not root.is_dir():
        raise CorpusError(f"Fant ikke mappen {root}.", "Sett ASSISTANT_CORPUS, eller bruk --corpus.")
    versions: dict[str, list[Document]] = {}
    skipped: list[Skipped] = []
    places = [root, *(folder for folder in also if folder.is_dir())]
    for place, path in ((each, path) for each in places for path in documents.files(each)):
        try:
            document = documents.load(path, cache)
            editions = [*versions.get(document.source.id, ()), document]
            merge(editions)
        except CorpusError as error:
            skipped.append(Skipped(str(path.relative_to(place)), str(error)))
            continue
        versions[document.source.id] = editions
    found = [merge(editions) for editions in versions.values()]
    return found, skipped


def reading_cache(root: Path) -> Path:
    """Where what was found in files is kept, beside the builds under `root`."""
    return root / ".read"


def warnings(read: Sequence[Document]) -> tuple[Skipped, ...]:
    """What is missing from documents that were taken, by source id."""
    return tuple(Skipped(document.source.id, told) for document in read for told in document.warnings)


def read_keys(root: Path, also: Sequence[Path] = ()) -> tuple[dict[str, tuple[Key, ...]], list[Skipped]]:
    """The questions each section answers, by section id, and the files that could not be read.

    They stand in `questions/<source id>.yaml`, in `root` or in one of the folders `also`; a file with an
    error in it is left out whole.
    """
    keys: dict[str, list[Key]] = {}
    skipped: list[Skipped] = []
    for path in (path for each in (root, *also) for path in sorted((each / "questions").glob("*.yaml"))):
        read, problems = questions.read(path)
        if problems:
            reason = f"linje {problems[0].line}: {problems[0].message}"
            skipped.append(Skipped(f"questions/{path.name}", f"spørsmålene kan ikke leses ({reason})"))
            continue
        for key in read:
            keys.setdefault(f"{path.stem}#{key.slug}", []).append(key)
    return {section: tuple(listed) for section, listed in keys.items()}, skipped


def ingest(
    corpus: Path,
    root: Path,
    embedder: Embedder,
    report: Report | None = None,
    also: Sequence[Path] = (),
    accept: Accept | None = None,
) -> Outcome:
    """Build the corpus under `root` and publish it; nothing is done when nothing has changed.

    `also` names further folders with documents, such as those published from the admin page.

    Raises:
        CorpusError: the folder is missing, or holds no readable document.
        AssistantError: `accept` turned the build away; the one in use stays.
        EnvironmentProblem: `root` cannot be written, or another build is under way.
    """
    started, started_at = time.monotonic(), time.time()
    report = report or (lambda _step, _done, _total: None)
    index.ensure_writable(root)
    with _single_writer(root):
        report("Leser dokumenter", 0, 1)
        read, skipped = read_corpus(corpus, reading_cache(root), also)
        if not read:
            raise CorpusError(f"Fant ingen lesbare dokumenter i {corpus}.", "Kjør `assistant corpus check`.")
        documents.forget(reading_cache(root), started_at, index.originals(root))
        keys, unread = read_keys(corpus, also)
        anchors = scope.read(corpus)
        build = _build_id(read, keys, anchors, embedder.name)
        folder = root / build
        work = _Work(read, keys, anchors)
        changed = not index.is_whole(folder)
        embedded = work.write(root, folder, build, embedder, report) if changed else 0
        outcome = Outcome(
            build, len(read), sum(len(d.sections) for d in read), len(work.passages),
            sum(map(len, work.units)), sum(map(len, work.keys)), embedded,
            (*skipped, *unread), changed, time.monotonic() - started, warnings(read),
        )  # fmt: skip
        if changed or index.current_build(root) != build:
            if accept:
                _ask(accept, outcome, folder)
            index.publish(root, build)
        return outcome


def _ask(accept: Accept, outcome: Outcome, folder: Path) -> None:
    """Let `accept` look at the build; one that is made now and turned away is not kept."""
    try:
        accept(outcome)
    except AssistantError:
        if outcome.changed:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _build_id(
    read: Sequence[Document],
    keys: dict[str, tuple[Key, ...]],
    anchors: Sequence[scope.Example],
    embedder: str,
) -> str:
    digest = hashlib.sha256(f"{index.FORMAT}|{TEXTS}|{embedder}|{lexical.K1}|{lexical.B}".encode())
    for document in read:
        digest.update(repr(document).encode())
    digest.update(repr(anchors).encode())
    for section in sorted(keys):
        digest.update(repr([section, *((key.question, key.answer) for key in keys[section])]).encode())
    return digest.hexdigest()[:12]


@contextmanager
def _single_writer(root: Path) -> Iterator[None]:
    with (root / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise EnvironmentProblem(
                f"En annen prosess bygger indeksen i {root}.", "Vent til den er ferdig, og prøv igjen."
            ) from error
        yield


class _Work:
    """One build on its way: the passages, their units, and every text that gets a vector."""

    def __init__(
        self,
        read: Sequence[Document],
        keys: dict[str, tuple[Key, ...]],
        anchors: Sequence[scope.Example],
    ) -> None:
        self.documents = read
        self.anchors = anchors
        self.passages: list[Passage] = [p for document in read for p in chunking.split(document)]
        self.units: list[list[Unit]] = [chunking.units(p) for p in self.passages]
        self._said = [[chunking.reading_text(u, units) for u in units] for units in self.units]
        self.keys: list[list[tuple[str, int]]] = [[] for _ in self.passages]
        """For each passage its question keys, each with the index of the unit that answers it, or -1."""
        self._place(keys)
        self.entries = list(self._entries())
        self.searched = [entry for entry in self.entries if entry.kind != index.ANCHOR]
        """Those that a search may find; the examples out of scope come after them."""

    def _place(self, keys: dict[str, tuple[Key, ...]]) -> None:
        """Give each key to the passage that holds its answer, or else to the first one of its section."""
        of_section: dict[str, list[int]] = {}
        for number, passage in enumerate(self.passages):
            of_section.setdefault(passage.section_id, []).append(number)
        for section, listed in keys.items():
            numbers = of_section.get(section, [])
            for key in listed if numbers else ():
                places = ((n, questions.answering_unit(self._said[n], key.answer)) for n in numbers)
                number, unit = next(((n, u) for n, u in places if u >= 0), (numbers[0], -1))
                self.keys[number].append((key.question, unit))

    def _entries(self) -> Iterator[_Entry]:
        for number, (passage, said, keys) in enumerate(
            zip(self.passages, self._said, self.keys, strict=True)
        ):
            for unit, text in enumerate(said):
                yield _Entry(text, number, index.UNIT, unit)
            yield _Entry(passage_text(passage), number, index.PASSAGE, -1)
            for key, answer in keys:
                yield _Entry(key, number, index.KEY, answer)
        for number, anchor in enumerate(self.anchors):
            yield _Entry(anchor.question, len(self.passages), index.ANCHOR, number)

    def write(self, root: Path, folder: Path, build: str, embedder: Embedder, report: Report) -> int:
        """Write the build beside the others and rename it into place; how many texts were embedded."""
        for left in root.glob(".*.new"):  # by a build that was killed: we are the only one that builds here
            shutil.rmtree(left, ignore_errors=True)
        staging = root / f".{build}.new"
        staging.mkdir()
        previous = index.current_build(root)
        hashes = np.array([text_hash(embedder.name, e.text) for e in self.entries], dtype="S32")
        matrix, embedded = self._vectors(root, previous, hashes, embedder, report)
        np.save(staging / "vectors.npy", matrix)
        np.save(staging / "hashes.npy", hashes)
        kinds = np.array([e.kind for e in self.entries])
        np.save(
            staging / "scope.npy", index.scope_line(matrix[kinds == index.KEY], matrix[kinds == index.ANCHOR])
        )
        np.save(staging / "owner.npy", np.array([e.owner for e in self.entries], dtype=np.int32))
        np.save(staging / "kind.npy", kinds.astype(np.int8))
        np.save(staging / "unit.npy", np.array([e.unit for e in self.entries], dtype=np.int32))
        report("Bygger ordindeks", 0, 1)
        self._write_words(staging / "words")
        index.write_documents(staging / "documents.jsonl", self.documents)
        index.write_anchors(staging / "anchors.json", self.anchors)
        index.write_passages(staging / "passages.jsonl", self.passages, self.units)
        ids = self._ids(hashes)
        np.save(staging / "ids.npy", ids)
        self._write_chroma(
            staging / "chroma", build, matrix[: len(ids)], report, ids, _previous_chroma(root, previous)
        )
        manifest = {
            "format": index.FORMAT,
            "id": build,
            "embedder": embedder.name,
            "dim": embedder.dim,
            "documents": len(self.documents),
            "passages": len(self.passages),
            "vectors": len(matrix),
            "previous": previous if previous != build else None,
            "files": {name: file_sha256(staging / name) for name in ("vectors.npy", "passages.jsonl")},
        }
        (staging / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        staging.rename(folder)
        report("Ferdig", 1, 1)
        return embedded

    def _vectors(
        self, root: Path, previous: str | None, hashes: NDArray[Any], embedder: Embedder, report: Report
    ) -> tuple[Floats, int]:
        matrix = np.zeros((len(self.entries), embedder.dim), dtype=np.float32)
        known = _known_vectors(root, previous, embedder)
        missing = [n for n, key in enumerate(hashes.tolist()) if key not in known]
        for n, key in enumerate(hashes.tolist()):
            if key in known:
                matrix[n] = known[key]

        def advance(done: int) -> None:
            report("Lager vektorer", done, len(missing))

        if missing:
            report("Lager vektorer", 0, len(missing))
            matrix[missing] = embedder.embed_passages([self.entries[n].text for n in missing], advance)
        return matrix, len(missing)

    def _write_words(self, folder: Path) -> None:
        titles = [language.stems(f"{p.source.title} {' '.join(p.source.topics)}") for p in self.passages]
        bodies = [list(language.stems(language.plain(p.text))) for p in self.passages]
        whole: dict[str, list[str]] = {}
        for passage, body in zip(self.passages, bodies, strict=True):
            whole.setdefault(passage.source.id, []).extend(body)
        fields = {
            "body": bodies,
            "heading": [
                [*language.stems(" ".join(p.headings)), *title]
                for p, title in zip(self.passages, titles, strict=True)
            ],
            "keys": [list(language.stems(" ".join(key for key, _ in keys))) for keys in self.keys],
            "grams": [
                language.char_ngrams(" ".join((*p.headings, p.text, *(key for key, _ in keys))))
                for p, keys in zip(self.passages, self.keys, strict=True)
            ],
            "document": [whole[p.source.id] for p in self.passages],
        }
        for name, tokens in fields.items():
            lexical.build_field(tokens, folder / name)

    def _ids(self, hashes: NDArray[Any]) -> NDArray[np.bytes_]:
        """What each row is called in Chroma: made of what it says and where it stands, not of its number."""
        seen: dict[bytes, int] = {}
        made = []
        for entry, text in zip(self.searched, hashes.tolist(), strict=False):
            place = f"{self.passages[entry.owner].id}|{entry.kind}|{entry.unit}|".encode() + text
            name = hashlib.blake2b(place, digest_size=12).hexdigest().encode()
            seen[name] = seen.get(name, 0) + 1
            made.append(name + (b"" if seen[name] == 1 else b"-%d" % seen[name]))
        return np.array(made, dtype="S40")

    def _write_chroma(
        self,
        folder: Path,
        build: str,
        matrix: Floats,
        report: Report,
        ids: NDArray[np.bytes_],
        previous: vectors.Previous | None,
    ) -> None:
        metadata: list[dict[str, str | int]] = [
            {"passage": self.passages[e.owner].id, "kind": e.kind, "unit": e.unit} for e in self.searched
        ]
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            report("Fyller Chroma", done, len(matrix))

        vectors.build_chroma(folder, build, matrix, metadata, advance, ids, previous)


def text_hash(embedder: str, text: str) -> bytes:
    return hashlib.blake2b(f"{embedder}\0{text}".encode(), digest_size=16).hexdigest().encode()


def _previous_chroma(root: Path, previous: str | None) -> vectors.Previous | None:
    """The Chroma of the published build, to be copied and altered; None when there is none to trust."""
    if previous is None:
        return None
    folder = root / previous
    try:
        ids = np.load(folder / "ids.npy", allow_pickle=False)
    except (EOFError, OSError, ValueError):
        return None
    return vectors.Previous(folder / "chroma", previous, ids)


def _known_vectors(root: Path, previous: str | None, embedder: Embedder) -> dict[bytes, Floats]:
    if previous is None:
        return {}
    try:
        opened = index.Index.open(root, embedder.name)
        hashes = np.load(opened.folder / "hashes.npy", allow_pickle=False)
        return dict(zip(hashes.tolist(), opened.vectors, strict=True))
    except (EOFError, IndexError_, OSError, ValueError):
        return {}


def passage_text(passage: Passage) -> str:
    """What is embedded for a whole passage: title, headings and text."""
    text = language.squeeze(language.plain(passage.text))
    return f"{passage.source.title} – {' – '.join(passage.headings)}: {text}"
