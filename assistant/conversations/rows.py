"""From the rows of the tables to the values of the store, and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Row

from assistant import language
from assistant.conversations.values import (
    Conversation,
    Feedback,
    Reason,
    StoredTurn,
    Triage,
    Verdict,
    fingerprint,
)
from assistant.types import Answer, AnswerMode, AnswerStatus

TITLE = 80
"""Longest title that is made of a question."""
_ANSWER = TypeAdapter(Answer)
_STATUSES = {each.value for each in AnswerStatus}
_MODES = {each.value for each in AnswerMode}


def title(question: str) -> str:
    """A title made of the first question, cut between two words."""
    whole = flat(question)
    if len(whole) <= TITLE:
        return whole
    return whole[: TITLE - 2].rsplit(" ", 1)[0].rstrip(" ,.;:–-") + " …"


def flat(text: str) -> str:
    """The text on one line, without characters that cannot be shown or stored."""
    return " ".join(language.clean(text).encode("utf-8", "replace").decode().split())


def key(id: str) -> str:
    """An id of a client's own choice as the databases can hold it."""
    return id.replace("\0", "").encode("utf-8", "replace").decode()[:200]


def sought(*texts: str) -> str:
    """The texts as they are searched: in lower case, also æ, ø and å."""
    return "\n".join(texts).casefold()


def conversation(row: Row[Any], turns: int = 0) -> Conversation:
    """A row of `conversations`."""
    return Conversation(row.id, row.owner, row.title, row.created, row.updated, row.held, turns)


def conversation_values(id: str, owner: str, question: str, at: datetime) -> dict[str, Any]:
    """A new conversation as a row of `conversations`."""
    made = title(question)
    named = {"id": id, "owner": owner, "title": made, "sought": sought(made)}
    return {**named, "created": at, "updated": at, "held": False}


def turn_values(conversation_id: str, number: int, answer: Answer, created: datetime) -> dict[str, Any]:
    """An answer as a row of `turns`."""
    content = _ANSWER.dump_json(answer).decode()
    return {
        "conversation": conversation_id,
        "number": number,
        "id": key(answer.id),
        "question": answer.question.replace("\0", ""),
        "on_day": answer.on,
        "status": answer.status.value,
        "mode": answer.mode.value,
        "build": answer.build,
        "answer": content,
        "sha256": fingerprint(content),
        "sought": sought(answer.question, answer.text).replace("\0", ""),
        "created": created,
    }


def turn(row: Row[Any]) -> StoredTurn:
    """A row of `turns`."""
    return StoredTurn(row.id, row.number, row.question, row.on_day, _answer(row), row.created, row.sha256)


def _answer(row: Row[Any]) -> Answer:
    """The answer as it was given; of one from another version at least what the row itself says."""
    try:
        return _ANSWER.validate_json(row.answer)
    except ValidationError:
        return Answer(
            id=row.id,
            question=row.question,
            on=row.on_day,
            status=AnswerStatus(row.status) if row.status in _STATUSES else AnswerStatus.ANSWERED,
            text=text_of(row.answer),
            sentences=(),
            citations=(),
            notices=(),
            follow_ups=(),
            suggestions=(),
            choices=(),
            mode=AnswerMode(row.mode) if row.mode in _MODES else AnswerMode.EXTRACTIVE,
            language="nb",
            build=row.build,
            confidence=0.0,
            latency_ms=0.0,
        )


def text_of(content: str) -> str:
    """The words of an answer, out of its JSON."""
    loaded = json.loads(content)
    found = loaded.get("text", "") if isinstance(loaded, dict) else ""
    return found if isinstance(found, str) else ""


def feedback(row: Row[Any], answered: StoredTurn | None) -> Feedback:
    """A row of `feedback`, with the turn it is about."""
    return Feedback(
        answer_id=row.answer,
        owner=row.owner,
        verdict=Verdict(row.verdict),
        reasons=tuple(Reason(each) for each in row.reasons.split(",") if each),
        text=row.text,
        triage=Triage(row.triage),
        created=row.created,
        turn=answered,
        note=row.note,
    )
