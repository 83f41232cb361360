"""What administrators have done: one line of JSON for each act, only ever added to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

SHOWN = 200
_TAIL = 200_000


class Act(StrEnum):
    """What was done; each has its words in `admin.words`."""

    SIGNED_IN = "signed_in"
    TURNED_AWAY = "turned_away"
    SIGNED_OUT = "signed_out"
    UPLOADED = "uploaded"
    REFUSED = "refused"
    SAVED = "saved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    DELETED = "deleted"
    BUILD_ASKED = "build_asked"
    BUILD_DONE = "build_done"
    BUILD_FAILED = "build_failed"
    ROLLED_BACK = "rolled_back"
    FEEDBACK_READ = "feedback_read"
    FEEDBACK_SORTED = "feedback_sorted"
    CASE_MADE = "case_made"
    CASE_KEPT = "case_kept"


@dataclass(frozen=True, slots=True)
class Entry:
    """One act."""

    at: str
    who: str
    what: Act
    sha256: str = ""
    """Of the file it was done to."""
    detail: str = ""


class Log:
    """The acts in one file."""

    def __init__(
        self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC).astimezone()
    ) -> None:
        self._path = path
        self._clock = clock

    def add(self, who: str, what: Act, sha256: str = "", detail: str = "") -> None:
        """Write down an act, and have it on the disk when this returns."""
        entry = Entry(self._clock().isoformat(timespec="seconds"), who[:60], what, sha256, detail[:500])
        line = json.dumps(asdict(entry), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)
            os.fsync(handle)
        finally:
            os.close(handle)

    def latest(self, count: int = SHOWN) -> list[Entry]:
        """The last acts, newest first; a line that cannot be read is left out."""
        try:
            with self._path.open("rb") as lines:
                size = lines.seek(0, os.SEEK_END)
                lines.seek(max(0, size - _TAIL))
                tail = lines.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return []
        found = []
        for line in reversed(tail):
            try:
                values = json.loads(line)
                found.append(Entry(**{**values, "what": Act(values["what"])}))
            except (ValueError, TypeError, KeyError):
                continue
        return found[:count]
