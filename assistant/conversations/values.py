"""The values of the store: conversations, turns and feedback, frozen and free of the database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from assistant.types import Answer, Turn


class Verdict(StrEnum):
    """What the reader thought of an answer."""

    UP = "up"
    DOWN = "down"


class Reason(StrEnum):
    """Why an answer was not good; each has a Norwegian text in `texts.REASON`."""

    WRONG = "feil"
    LACKS = "mangler_vesentlig"
    WRONG_SOURCE = "feil_kilde"
    NO_SUCH_QUOTE = "sitat_finnes_ikke"
    MISUNDERSTOOD = "misforstod"
    MIXES_RULES = "blander_regelverk"
    LACKS_SOURCES = "mangler_kilder"
    OTHER = "annet"


class Triage(StrEnum):
    """How far the work with a piece of feedback has come."""

    NEW = "ny"
    UNDER_WAY = "under_arbeid"
    FIXED = "rettet"
    REJECTED = "avvist"

    @property
    def handled(self) -> bool:
        """Whether nothing more is to be done."""
        return self in (Triage.FIXED, Triage.REJECTED)


class Removal(StrEnum):
    """What became of a conversation that was to be deleted."""

    DELETED = "deleted"
    HELD = "held"
    """It is held for a case, and only whoever runs the service can let it go."""
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it stands in a list."""

    id: str
    """128 random bits in hexadecimal."""
    owner: str
    title: str
    created: datetime
    updated: datetime
    held: bool = False
    turns: int = 0


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """One question with the answer that was given, just as it was given."""

    id: str
    """The id of the question, which is also the id of the answer."""
    number: int
    """1 for the first of the conversation."""
    question: str
    on: date
    answer: Answer
    created: datetime
    sha256: str
    """Of the JSON of the answer as it was stored."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation with all of its turns, oldest first."""

    conversation: Conversation
    turns: tuple[StoredTurn, ...]

    @property
    def history(self) -> tuple[Turn, ...]:
        """The turns as a follow-up question leans on them."""
        return tuple(Turn(turn.question, turn.answer.text) for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader said of one answer, with the answer when it is stored."""

    answer_id: str
    owner: str
    verdict: Verdict
    reasons: tuple[Reason, ...]
    text: str
    triage: Triage
    created: datetime
    turn: StoredTurn | None = None
    note: str = ""
    """What those who work with it have written."""

    @property
    def mark(self) -> str:
        """Tells this piece from all others, without a word of whose it is."""
        return feedback_mark(self.owner, self.answer_id)


@dataclass(frozen=True, slots=True)
class Resting:
    """A saved answer that rests on sections one has asked about."""

    conversation: Conversation
    number: int
    """Of the turn in its conversation."""
    sections: tuple[str, ...]
    """Ids of those it cites."""


@dataclass(frozen=True, slots=True)
class OwnData:
    """Everything that is kept of one person."""

    owner: str
    threads: tuple[Thread, ...]
    feedback: tuple[Feedback, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How much was deleted, and how much was left because it is held."""

    conversations: int = 0
    feedback: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Sought:
    """Which feedback to list; what is None or empty does not matter."""

    triage: tuple[Triage, ...] = ()
    verdict: Verdict | None = None
    reason: Reason | None = None


def feedback_mark(owner: str, answer_id: str) -> str:
    """The mark of a piece of feedback."""
    return hashlib.sha256(f"{owner}\0{answer_id}".encode("utf-8", "replace")).hexdigest()[:32]


def fingerprint(answer_json: str) -> str:
    """The SHA-256 of an answer's JSON, so that an export can be compared with what was given."""
    return hashlib.sha256(answer_json.encode()).hexdigest()
