"""Images of the pages of PDF sources, with quotes boxed, drawn in a process with limits and kept a while."""

from __future__ import annotations

import json
import re
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from assistant.documents import sandbox

SECONDS = 20.0
"""How long a page may take to draw."""
AT_ONCE = 2
KEPT = 32
MAX_QUOTES = 20_000
"""Characters of quotes that are looked for on a page."""
_NAME = re.compile(r"[0-9a-f]{64}\.pdf")


class PageImages:
    """Draws pages of the originals in a folder; safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Semaphore(AT_ONCE)
        self._kept: OrderedDict[tuple[str, int, tuple[str, ...]], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def has(self, original: str) -> bool:
        """Whether the original is there to be shown."""
        return bool(_NAME.fullmatch(original)) and (self._folder / original).is_file()

    def png(self, original: str, page: int, quotes: Sequence[str] = ()) -> bytes | None:
        """The page as an image with the quotes boxed; None when it cannot be drawn."""
        if not self.has(original):
            return None
        key = (original, page, _bounded(quotes))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        if not self._turn.acquire(timeout=SECONDS):
            return None
        try:
            drawn = self._draw(*key)
        finally:
            self._turn.release()
        if drawn is not None:
            with self._lock:
                self._kept[key] = drawn
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return drawn

    def _draw(self, original: str, page: int, quotes: tuple[str, ...]) -> bytes | None:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "side.png"
            sandbox.run(
                "assistant.documents.pageimage",
                str((self._folder / original).resolve()),
                str(page),
                str(target),
                json.dumps(quotes),
                wall=SECONDS,
            )
            try:
                return target.read_bytes()
            except FileNotFoundError:
                return None


def _bounded(quotes: Sequence[str]) -> tuple[str, ...]:
    kept: list[str] = []
    left = MAX_QUOTES
    for quote in quotes:
        if len(quote) <= left:
            kept.append(quote)
            left -= len(quote)
    return tuple(kept)
