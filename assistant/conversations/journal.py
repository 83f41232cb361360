"""The log of operations: what the service did, when and how well, without a word of what was written."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, insert

from assistant.conversations.schema import OPERATIONS
from assistant.types import Answer


def note_answer(connection: Connection, at: datetime, answer: Answer) -> None:
    """Write down how an answer went: outcome, build, the sections cited, and the time it took."""
    sections = list(dict.fromkeys(citation.section_id for citation in answer.citations))
    row = {
        "at": at,
        "kind": "answer",
        "status": answer.status.value,
        "mode": answer.mode.value,
        "build": answer.build,
        "sections": json.dumps(sections, ensure_ascii=False),
        "latency_ms": answer.latency_ms,
        "count": len(answer.sentences),
    }
    connection.execute(insert(OPERATIONS).values(row))


def note(connection: Connection, at: datetime, kind: str, count: int) -> None:
    """Write down that something was done to so many conversations."""
    row = {"at": at, "kind": kind, "status": "", "mode": "", "build": "", "sections": "[]"}
    connection.execute(insert(OPERATIONS).values(**row, latency_ms=0.0, count=count))
