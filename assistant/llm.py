"""A language model from the outside: what is asked of it, how long it may take, and when to leave it alone.

No library is named here; `chain` makes the real thing. Whatever goes wrong with a model becomes one
`ModelTrouble`, and after a few of them in a row nobody asks it for a while.
"""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Protocol

from assistant import stages
from assistant.prompting import Prompt


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the text that a model writes; the last one may say why it stopped."""

    text: str
    finish: str = ""
    """`stop`, `length`, `content_filter` …, as the server calls it; empty until the end."""


class ModelTrouble(Exception):
    """The model gave no (whole) answer; `reason` is one word for the log and the figures."""

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class LanguageModel(Protocol):
    """Something that writes text for a prompt, piece by piece."""

    name: str

    def stream(self, prompt: Prompt, limit: int) -> Iterator[Piece]:
        """The pieces of the text, at most `limit` tokens.

        Raises:
            ModelTrouble: anything went wrong.
        """
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much a model may write."""

    first_seconds: float = 8.0
    """Longest silence: before the first word, and between two."""
    seconds: float = 30.0
    """Longest time for the whole text."""
    tokens: int = 700
    at_once: int = 8
    """Requests that may be under way at the same time."""

    @property
    def characters(self) -> int:
        """More than this is not read, whatever the server calls a token."""
        return self.tokens * 8


class Breaker:
    """Remembers that a model fails, so that the next readers need not wait for it to fail again."""

    def __init__(
        self,
        failures: int = 3,
        rest: float = 20.0,
        longest: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._rest, self._longest, self._clock = failures, rest, longest, clock
        self._failed = 0
        self._until = 0.0
        self._trying = False
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether the model may be asked now; after a rest one request is let through to try it."""
        with self._lock:
            if self._clock() < self._until or (self._failed >= self._most and self._trying):
                return False
            self._trying = self._failed >= self._most
            return True

    def succeeded(self) -> None:
        """The model answered."""
        with self._lock:
            self._failed, self._until, self._trying = 0, 0.0, False

    def failed(self, retry_after: float = 0.0) -> None:
        """The model did not; a server that names a time is left alone until then."""
        with self._lock:
            self._failed += 1
            self._trying = False
            rest = 0.0
            if self._failed >= self._most:
                rest = self._rest * 2 ** min(self._failed - self._most, 8)
            self._until = self._clock() + min(max(rest, retry_after), self._longest)

    def forgotten(self) -> None:
        """The reader left before the model was done: nothing was learned."""
        with self._lock:
            self._trying = False


class Caller:
    """Asks one model within limits, and minds its breaker."""

    def __init__(self, model: LanguageModel, limits: Limits, breaker: Breaker | None = None) -> None:
        self.model = model
        self.limits = limits
        self.breaker = breaker or Breaker()
        self._places = threading.BoundedSemaphore(limits.at_once)

    def stream(self, prompt: Prompt, seconds: float = 0.0, tokens: int = 0) -> Generator[Piece, None, None]:
        """The pieces of the text as they come; `seconds` and `tokens` may tighten the limits.

        Raises:
            ModelTrouble: the model may not be asked now, failed, fell silent, or went on too long.
        """
        with stages.stage("model"):
            yield from self._guarded(prompt, seconds or self.limits.seconds, tokens or self.limits.tokens)

    def _guarded(self, prompt: Prompt, seconds: float, tokens: int) -> Iterator[Piece]:
        if not self.breaker.allows():
            raise ModelTrouble("resting")
        if not self._places.acquire(blocking=False):
            self.breaker.forgotten()
            raise ModelTrouble("busy")
        try:
            yield from self._pieces(prompt, seconds, tokens)
        except ModelTrouble as trouble:
            self.breaker.failed(trouble.retry_after)
            raise
        except GeneratorExit:
            self.breaker.forgotten()
            raise
        self.breaker.succeeded()

    def _pieces(self, prompt: Prompt, seconds: float, tokens: int) -> Iterator[Piece]:
        inbox: queue.Queue[Piece | ModelTrouble | None] = queue.Queue()
        gone = threading.Event()
        context = contextvars.copy_context()  # so that the callbacks of a LangChain run reach the model
        work = threading.Thread(
            target=context.run, args=(self._read, prompt, tokens, inbox, gone), daemon=True, name="llm"
        )
        work.start()
        ends = time.monotonic() + seconds
        read = 0
        try:
            while True:
                piece = _next(inbox, min(self.limits.first_seconds, ends - time.monotonic()))
                if piece is None:
                    return
                read += len(piece.text)
                yield piece
                if read > self.limits.characters:
                    raise ModelTrouble("endless")
                if time.monotonic() > ends:
                    raise ModelTrouble("deadline")
        finally:
            gone.set()

    def _read(
        self,
        prompt: Prompt,
        tokens: int,
        inbox: queue.Queue[Piece | ModelTrouble | None],
        gone: threading.Event,
    ) -> None:
        """Runs in a thread of its own, since a blocked read cannot be left from within."""
        try:
            for piece in self.model.stream(prompt, tokens):
                if gone.is_set():
                    return
                inbox.put(piece)
            inbox.put(None)
        except ModelTrouble as trouble:
            inbox.put(trouble)
        except Exception as error:  # noqa: BLE001 - whatever a model's client does, the reader gets an answer
            name = type(error).__name__  # the client's patience may end a moment before ours
            inbox.put(ModelTrouble("silent" if "Timeout" in name else name))
        finally:
            self._places.release()


def _next(inbox: queue.Queue[Piece | ModelTrouble | None], wait: float) -> Piece | None:
    try:
        piece = inbox.get(timeout=max(wait, 0.001))
    except queue.Empty:
        raise ModelTrouble("silent") from None
    if isinstance(piece, ModelTrouble):
        raise piece
    return piece
