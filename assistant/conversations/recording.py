"""Answers on their way to the reader, stored before she sees them.

What the reader has been given is in the store; when it cannot be stored, she is told so and has her
answer all the same.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Lock

from assistant import texts
from assistant.conversations.store import Conversations, new_id
from assistant.conversations.values import Feedback, Reason, StoredTurn, Verdict
from assistant.errors import AssistantError
from assistant.types import Answer, Event, Turn

log = logging.getLogger(__name__)

NEW = "new"
"""What a client calls a conversation that is to begin."""
RECENT = 200
"""Answers that are remembered, in memory only, so that feedback on them can be kept with them."""
REMEMBERED_TURNS = 10
"""Earlier turns that a follow-up question may lean on."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where the next answer belongs."""

    owner: str
    conversation: str = ""
    """Empty when the answer is not to be stored."""
    history: tuple[Turn, ...] = ()
    given: StoredTurn | None = None
    """The answer that was given when the same question was sent before."""
    replaces: str = ""
    """Id of the turn that gives way to the answer; empty when it is one more turn."""


class Recorder:
    """Stores answers, and feedback with the answers it is about."""

    def __init__(self, store: Conversations) -> None:
        self.store = store
        self._recent: OrderedDict[str, Answer] = OrderedDict()
        self._lock = Lock()

    def seat(self, owner: str, conversation: str, turn_id: str = "", replaces: str = "") -> Seat | None:
        """Where the owner's next answer belongs; None when she has no such conversation.

        `conversation` is empty for an answer that is not to be stored, `new` for the first of a
        conversation, or an id. `replaces` is the id of a question that is asked again, or in other words.
        """
        if not conversation or not self.store.keeps:
            return Seat(owner)
        if conversation == NEW:
            return self._new_seat(owner, turn_id, replaces)
        found = self.store.so_far(owner, conversation, turn_id, REMEMBERED_TURNS)
        return Seat(owner, conversation, *found, replaces=replaces) if found else None

    def _new_seat(self, owner: str, turn_id: str, replaces: str) -> Seat:
        """A seat in a new conversation, unless the question or the one it replaces is stored already."""
        if before := self.store.turn(owner, turn_id) if turn_id else None:
            return Seat(owner, before[0], given=before[1])
        # An answer that was stopped on its way to the page may have been stored all the same.
        if old := self.store.turn(owner, replaces) if replaces else None:
            return Seat(owner, old[0], replaces=replaces)
        return Seat(owner, new_id())

    def follow(self, seat: Seat, events: Iterator[Event]) -> Iterator[Event]:
        """The events, with the answer stored before it is passed on; those of the answer given before."""
        try:
            if seat.given:
                yield from seat.given.answer.citations
                yield from seat.given.answer.sentences
                yield seat.given.answer
                return
            for event in events:
                yield self.keep(seat, event) if isinstance(event, Answer) else event
        finally:
            getattr(events, "close", lambda: None)()

    def keep(self, seat: Seat, answer: Answer) -> Answer:
        """The answer, stored where it belongs; with a notice when it could not be."""
        if not seat.conversation:
            self._remember(answer)
            return answer
        try:
            stored = self.store.append(
                seat.owner, seat.conversation, answer, opens=not seat.history, replaces=seat.replaces
            )
        except AssistantError as error:
            log.error("an answer was not stored: %s", error)
            stored = None
        return answer if stored else replace(answer, notices=(*answer.notices, texts.STORE["not_kept"]))

    def judge(
        self, owner: str, answer_id: str, verdict: Verdict, reasons: tuple[Reason, ...], text: str
    ) -> Feedback:
        """Keep feedback, together with the answer when it was given not long ago and is not stored yet.

        Raises:
            InputError: the text holds a national id number.
        """
        answer = self._recent.get(answer_id)
        feedback = self.store.feedback
        if answer and self.store.keeps and not self.store.turn(owner, answer_id):
            feedback.check(answer_id, text)
            self.store.append(owner, new_id(), answer, opens=True)
        return feedback.give(owner, answer_id, verdict, reasons, text)

    def _remember(self, answer: Answer) -> None:
        with self._lock:
            self._recent[answer.id] = answer
            while len(self._recent) > RECENT:
                self._recent.popitem(last=False)
