"""The documents that administrators have added: kept by what is in them, drafts until they are published.

```text
var/uploads/<sha256>.pdf          the file as it came; its name is our own
var/uploads/<sha256>.toml         what the administrator has told of it (`documents/sidecar.py`)
var/uploads/<sha256>.json         what it was called, who sent it and when
var/uploads/published/<sha256>.*  the two first again: what `ingest` reads beside the corpus
```
Nothing of a file's own name is ever used as a name here, and no file is ever sent back or run.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import threading
import time
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from assistant import documents
from assistant.admin.refusal import Refused
from assistant.documents import sandbox, sidecar
from assistant.documents.sidecar import Sidecar
from assistant.errors import CorpusError
from assistant.types import Document

SUFFIXES = (".pdf", ".docx", ".html", ".htm", ".txt", ".md")
MAX_BYTES = sandbox.MAX_BYTES
MOST = 500
"""Uploads that are kept at a time."""
FREE_BYTES = 500_000_000
"""What an upload must leave of the disk."""
LEFT_SECONDS = 3600
LONGEST_NAME = 150
NAME = re.compile(r"[0-9a-f]{64}")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that was added."""

    sha256: str
    suffix: str
    name: str
    """What it was called where it came from: text to show, and nothing else."""
    size: int
    by: str
    at: str
    replaces: str = ""
    """Id of the source that it is a new version of; empty when it is a document of its own."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading an upload: a document, or why there is none, or neither while it is read."""

    document: Document | None = None
    pages: int | None = None
    problem: str = ""


def _last_part(name: str) -> str:
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode()))[-1]
    seen = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in last)
    return " ".join(seen.split())


def shown_name(name: str) -> str:
    """What may be shown of a file's own name: the last part, without what cannot be seen, not too long."""
    last = _last_part(name)
    return (last if len(last) <= LONGEST_NAME else f"{last[: LONGEST_NAME - 10]}…{last[-9:]}") or "uten navn"


def suffix_of(name: str) -> str:
    """The ending that says how the file is read.

    Raises:
        Refused: files of that kind are not taken.
    """
    suffix = PurePosixPath(_last_part(name)[-20:]).suffix.lower()
    if suffix not in SUFFIXES:
        raise Refused("kind", ", ".join(SUFFIXES))
    return suffix


class Incoming:
    """A file on its way in: written as it comes, and gone again unless it is kept."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / f".inn-{secrets.token_hex(8)}"
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        self._out = os.fdopen(handle, "wb")
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, chunk: bytes) -> None:
        """Add to the file; what goes beyond the limit is counted and let fall."""
        self.size += len(chunk)
        if self.size <= MAX_BYTES:
            self._out.write(chunk)
            self._digest.update(chunk)

    def keep(self, suffix: str) -> tuple[Path, str]:
        """The file whole on the disk, under the hash of its content; the path and the hash."""
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        digest = self._digest.hexdigest()
        kept = self._path.with_name(digest + suffix)
        self._path.replace(kept)
        return kept, digest

    def drop(self) -> None:
        """Close the file, and delete what was not kept."""
        self._out.close()
        self._path.unlink(missing_ok=True)


class Uploads:
    """The uploads in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / ".read"
        self.published_folder = folder / "published"
        self._reading: dict[str, _Read] = {}
        self._lock = threading.Lock()
        self._turn = threading.Semaphore(1)

    def incoming(self) -> Incoming:
        """A place for a file that comes in.

        Raises:
            Refused: there is no room for more.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if shutil.disk_usage(self.folder).free < FREE_BYTES + MAX_BYTES:
            raise Refused("disk")
        if sum(1 for _ in self.folder.glob("*.json")) >= MOST:
            raise Refused("many", str(MOST))
        for left in self.folder.glob(".inn-*"):  # by a process that was killed
            with suppress(OSError):
                if left.stat().st_mtime < time.time() - LEFT_SECONDS:
                    left.unlink()
        return Incoming(self.folder)

    def keep(self, incoming: Incoming, name: str, by: str, replaces: str = "") -> tuple[Upload, bool]:
        """The upload that the file is, and whether it is new; the same content is kept once.

        Raises:
            Refused: it is empty, too large or of a kind that is not taken.
        """
        suffix = suffix_of(name)
        if not incoming.size:
            raise Refused("empty")
        if incoming.size > MAX_BYTES:
            raise Refused("large", str(MAX_BYTES // 1_000_000))
        path, digest = incoming.keep(suffix)
        known = self.get(digest)
        if known:
            if known.suffix != suffix:
                path.unlink()
            return known, False
        at = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
        upload = Upload(digest, suffix, shown_name(name), incoming.size, by, at, replaces)
        sidecar.write(path, Sidecar())
        self._record(upload)
        return upload, True

    def _record(self, upload: Upload) -> None:
        new = self.folder / f".{upload.sha256}.json.{secrets.token_hex(4)}"
        new.write_text(json.dumps(asdict(upload), ensure_ascii=False), encoding="utf-8")
        new.replace(self.folder / f"{upload.sha256}.json")

    def get(self, sha256: str) -> Upload | None:
        """The upload with that content, or None."""
        if not NAME.fullmatch(sha256):
            return None
        try:
            upload = Upload(**json.loads((self.folder / f"{sha256}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return upload if upload.suffix in SUFFIXES and upload.sha256 == sha256 else None

    def all(self) -> list[Upload]:
        """Every upload, the newest first."""
        found = [self.get(path.stem) for path in self.folder.glob("*.json")]
        return sorted((each for each in found if each), key=lambda each: (each.at, each.name), reverse=True)

    def path(self, upload: Upload) -> Path:
        """Where the file is kept."""
        return self.folder / f"{upload.sha256}{upload.suffix}"

    def facts(self, upload: Upload) -> Sidecar:
        """What the administrator has told of it."""
        try:
            return sidecar.read(self.path(upload)) or Sidecar()
        except CorpusError:
            return Sidecar()

    def save(self, upload: Upload, facts: Sidecar, replaces: str) -> None:
        """Keep what the administrator tells of it."""
        sidecar.write(self.path(upload), facts)
        if replaces != upload.replaces:
            self._record(replace(upload, replaces=replaces))

    # --- Reading ---------------------------------------------------------------------------------

    def reading(self, upload: Upload, patience: float = 1.5) -> Reading:
        """What the file holds; it is read once, in the background, in a process with limits."""
        with self._lock:
            read = self._reading.get(upload.sha256)
            if read is None:
                read = self._reading[upload.sha256] = _Read()
                threading.Thread(target=self._read, args=(upload, read), daemon=True).start()
        if not read.done.wait(patience):
            return Reading()
        if read.problem:
            return Reading(problem=read.problem)
        try:
            # The text is taken from the cache; the facts are read anew, for they may have been changed.
            return self._document(upload)
        except CorpusError as error:
            return Reading(problem=str(error))

    def _read(self, upload: Upload, read: _Read) -> None:
        try:
            with self._turn:
                self._document(upload)
        except CorpusError as error:
            read.problem = str(error).replace(self.path(upload).name, upload.name)
        except Exception as error:  # noqa: BLE001 - whatever it is, the page has to say that the reading ended
            read.problem = f"{type(error).__name__}: {error}"
        finally:
            read.done.set()

    def _document(self, upload: Upload) -> Reading:
        path = self.path(upload)
        document = documents.load(path, self.cache)
        reader = documents.LOADERS[upload.suffix]
        extract = sandbox.read("text" if reader == "markdown" else reader, path, self.cache)
        return Reading(document, extract.pages)

    # --- Publishing ------------------------------------------------------------------------------

    def published(self) -> dict[str, Sidecar]:
        """What is published, by SHA-256, with the facts it was published with."""
        found = {}
        for path in sorted(self.published_folder.glob("*.*")):
            if NAME.fullmatch(path.stem) and path.suffix in SUFFIXES:
                with suppress(CorpusError):
                    found[path.stem] = sidecar.read(path) or Sidecar()
        return found

    def publish(self, upload: Upload) -> None:
        """Lay the facts and then the file where `ingest` reads: what has no file is no document."""
        self.published_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self.published_folder / self.path(upload).name
        sidecar.write(target, self.facts(upload))
        if not target.exists():
            new = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
            shutil.copyfile(self.path(upload), new)
            new.replace(target)

    def withdraw(self, upload: Upload) -> None:
        """Take it away from where `ingest` reads; it is a draft again."""
        target = self.published_folder / self.path(upload).name
        target.unlink(missing_ok=True)
        sidecar.path_of(target).unlink(missing_ok=True)

    def delete(self, upload: Upload) -> None:
        """Forget a draft."""
        (self.folder / f"{upload.sha256}.json").unlink(missing_ok=True)
        path = self.path(upload)
        for each in (path, sidecar.path_of(path), *self.cache.glob(f"{upload.sha256}*")):
            each.unlink(missing_ok=True)
        with self._lock:
            self._reading.pop(upload.sha256, None)


class _Read:
    """A reading under way."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.problem = ""


def free_id(wanted: str, taken: Mapping[str, object]) -> str:
    """`wanted`, or the first numbered form of it that nothing else is called."""
    found, number = wanted, 2
    while found in taken:
        found, number = f"{wanted}-{number}", number + 1
    return found
