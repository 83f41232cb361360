"""A new build taken up while the service runs: who began on one build ends on it.

`Shared` holds what answers from a build and lends it out; `Watcher` looks at the pointer file and says when
another build has been published. Every process that serves the same folder has its own, and they need
not know of each other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from assistant.errors import AssistantError

log = logging.getLogger(__name__)

SECONDS = 1.0
"""How often the pointer is looked at."""
T = TypeVar("T")


@dataclass(slots=True)
class _Lent(Generic[T]):
    value: T
    readers: int = 0
    retired: bool = False


class Shared(Generic[T]):
    """A value that many threads use and one may replace; the old is closed when its last reader is done."""

    def __init__(self, value: T, close: Callable[[T], None]) -> None:
        self._lock = threading.Lock()
        self._current = _Lent(value)
        self._close = close

    @property
    def value(self) -> T:
        """The value in use at this moment, for a look at it; use `borrowed` to work with it."""
        return self._current.value

    @contextmanager
    def borrowed(self) -> Iterator[T]:
        """The value in use, kept open until the block ends even if it is replaced meanwhile."""
        with self._lock:
            lent = self._current
            lent.readers += 1
        try:
            yield lent.value
        finally:
            with self._lock:
                lent.readers -= 1
                last = lent.retired and not lent.readers
            if last:
                self._close(lent.value)

    def replace(self, value: T) -> None:
        """Lend out `value` from now on."""
        with self._lock:
            old, self._current = self._current, _Lent(value)
            old.retired = True
            idle = not old.readers
        if idle:
            self._close(old.value)


class Watcher:
    """Calls `reload` in a thread of its own when the pointer file changes.

    A reload that fails leaves everything as it is, with one line in the log; it is tried again when the
    pointer is written again.
    """

    def __init__(self, pointer: Path, reload: Callable[[], object], seconds: float = SECONDS) -> None:
        self._pointer = pointer
        self._reload = reload
        self._seconds = seconds
        self._stop = threading.Event()
        self._seen: tuple[bytes, int] | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch until the block ends."""
        thread = threading.Thread(target=self._run, name="indeksvakt", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _run(self) -> None:
        while True:
            self.look()
            if self._stop.wait(self._seconds):
                return

    def look(self) -> None:
        """Look at the pointer once."""
        now = self._stamp()
        if now is None or now == self._seen:
            return
        self._seen = now
        try:
            self._reload()
        except AssistantError as error:
            log.warning("Den nye indeksen er ikke tatt i bruk: %s", error)
        except Exception:
            log.exception("Den nye indeksen er ikke tatt i bruk.")

    def _stamp(self) -> tuple[bytes, int] | None:
        """What the pointer says and when it was written; None while it cannot be read."""
        try:
            return self._pointer.read_bytes(), self._pointer.stat().st_mtime_ns
        except OSError:
            return None
