"""Vector search from the first question on: exact until Chroma has proved itself, and after it fails.

Opening Chroma takes seconds and may go wrong in ways that cannot be caught, so it is done by `opening` in a
thread of its own while questions are already answered from the build's own vectors. Each call to Chroma has a
deadline. When one fails, the exact product answers, and Chroma is opened again after a pause.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from assistant import chromaserver, mending, vectors
from assistant.index import Index
from assistant.settings import Settings
from assistant.vectors import Floats, VectorSearch

log = logging.getLogger(__name__)

CALL_SECONDS = 2.0
"""How long Chroma gets for one search before the exact product answers instead."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 600.0
"""Seconds before Chroma is tried again; doubled each time it fails."""
T = TypeVar("T")
Tell = Callable[[str], None]
Opening = Callable[[threading.Event, Tell], VectorSearch]
"""Opens Chroma, making it anew if it must, and tells why; raises when it cannot, or the event is set."""


class Unusable(Exception):
    """Chroma cannot be used now; the message says why."""


class Standby:
    """Answers from Chroma when it is well, and exactly when it is not."""

    def __init__(self, exact: VectorSearch, opening: Opening, pause: float = FIRST_PAUSE) -> None:
        self._exact = exact
        self._opening = opening
        self._first_pause = pause
        self._chroma: VectorSearch | None = None
        self._stop, self._lost, self._settled = threading.Event(), threading.Event(), threading.Event()
        self.problem = ""
        self.failures = 0
        """How many times Chroma has been found unusable."""
        self._thread = threading.Thread(target=self._run, name="chroma", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """What answers at the moment: `chroma` or `exact`."""
        return "chroma" if self._chroma is not None else "exact"

    def nearest(self, query: Floats, limit: int) -> tuple[NDArray[np.int64], Floats]:
        """Row numbers and cosines, best first."""
        chroma = self._chroma
        if chroma is not None:
            try:
                found = within(CALL_SECONDS, lambda: chroma.nearest(query, limit))
            except TimeoutError:
                self._lose(chroma, f"svarte ikke på {CALL_SECONDS:.0f} sekunder")
            else:
                if chroma.problem:
                    self._lose(chroma, chroma.problem)
                return found
        return self._exact.nearest(query, limit)

    def settled(self, seconds: float) -> bool:
        """Wait until it is known whether Chroma can be used; whether it became known in time."""
        return self._settled.wait(seconds)

    def close(self) -> None:
        """Stop trying, and let go of Chroma."""
        self._stop.set()
        self._lost.set()
        self._thread.join(CALL_SECONDS)

    def _lose(self, chroma: VectorSearch, problem: str) -> None:
        if self._chroma is chroma:
            self._chroma = None
            self._report(problem)
            self._lost.set()

    def _report(self, problem: str) -> None:
        self.problem = problem
        self.failures += 1
        log.warning("Chroma er ikke i bruk (%s); indeksens egne vektorer svarer.", problem)

    def _run(self) -> None:
        pause = self._first_pause
        while not self._stop.is_set():
            opened = self._opened()
            if opened is not None:
                self._lost.clear()
                self._chroma, self.problem = opened, ""
                self._settled.set()
                self._lost.wait()
                self._chroma = None
                _let_go(opened)
            self._settled.set()
            if self._stop.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE)

    def _opened(self) -> VectorSearch | None:
        try:
            return self._opening(self._stop, self._report)
        except Unusable as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - Chroma raises its own, httpx's, sqlite's and Rust's errors
            reason = f"{type(error).__name__}: {error}"
        if not self._stop.is_set():
            self._report(reason)
        return None


def _let_go(search: VectorSearch) -> None:
    """Close what is no longer used, once the searches under way have ended, as far as they do."""
    threading.Event().wait(CALL_SECONDS / 4)
    try:
        within(CALL_SECONDS, search.close)
    except Exception as error:  # noqa: BLE001 - it is being thrown away
        log.info("Chroma lot seg ikke lukke: %s", error)


def within(seconds: float, call: Callable[[], T]) -> T:
    """What `call` returns, or raises.

    Raises:
        TimeoutError: it takes longer than `seconds`; it goes on in a thread that nobody waits for.
    """
    box: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def work() -> None:
        try:
            box.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - handed on to who waits
            box.put((None, error))

    threading.Thread(target=work, name="chroma-kall", daemon=True).start()
    try:
        result, error = box.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"ikke ferdig på {seconds} sekunder") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # None only when the call returned it


def of(settings: Settings, opened: Index) -> VectorSearch:
    """The vector search that a service uses: as the settings say, never waiting for Chroma."""
    exact = vectors.ExactSearch(opened.searched)
    if settings.vectors == "exact":
        return exact
    if settings.chroma_url:
        return Standby(exact, partial(_remote, settings.chroma_url, opened, exact))
    return Standby(exact, partial(_local, opened, exact))


def _local(opened: Index, exact: vectors.ExactSearch, stop: threading.Event, tell: Tell) -> VectorSearch:
    """The build's own Chroma, made anew first when it does not pass its test."""
    problem = mending.probe(opened.folder, stop)
    if problem and not stop.is_set():
        tell(f"{problem}; lages på nytt")
        problem = mending.mend(opened.folder, stop)
    if stop.is_set():
        raise Unusable("avbrutt")
    if problem:
        raise Unusable(problem)
    chroma = vectors.ChromaSearch(
        opened.folder / mending.STORE, opened.id, exact, len(opened.searched), opened.ids
    )
    if chroma.problem:
        chroma.close()
        raise Unusable(chroma.problem)
    return chroma


def _remote(
    url: str, opened: Index, exact: vectors.ExactSearch, stop: threading.Event, tell: Tell
) -> VectorSearch:
    """The build's collection on a Chroma server, filled first when it is not there."""
    server = chromaserver.ChromaServer(url, opened.id, exact, opened.ids)
    try:
        if not server.has_it():
            tell(f"samlingen {opened.id} mangler på tjeneren; fylles")
            server.fill(opened.searched, mending.metadata(opened.folder), stop)
        problem = vectors.disagreement(server, opened.searched)
        if problem or stop.is_set():
            raise Unusable(problem or "avbrutt")
    except BaseException:
        server.close()
        raise
    return server
