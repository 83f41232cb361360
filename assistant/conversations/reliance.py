"""Which saved answers rest on given sections, found in what they cite."""

from __future__ import annotations

import json
from collections.abc import Iterator, Set
from pathlib import Path

from sqlalchemy import Connection, select

from assistant.conversations import rows
from assistant.conversations.database import Database
from assistant.conversations.schema import CONVERSATIONS, TURNS
from assistant.conversations.values import Resting

AT_ONCE = 200
"""Answers that are held in memory at the same time."""


def find(url: str, file: Path, sections: Set[str], newer: str) -> tuple[Resting, ...]:
    """The answers that cite any of the sections, but for those given from the build `newer`.

    The conversation last used comes first. Nothing is changed, not even the tables of an older version.

    Raises:
        EnvironmentProblem: the database cannot be read.
    """
    query = (
        select(CONVERSATIONS, TURNS.c.number, TURNS.c.answer)
        .join(TURNS, CONVERSATIONS.c.id == TURNS.c.conversation)
        .where(TURNS.c.build != newer)
        .order_by(CONVERSATIONS.c.updated.desc(), CONVERSATIONS.c.id, TURNS.c.number)
        .execution_options(yield_per=AT_ONCE)
    )

    def work(connection: Connection) -> tuple[Resting, ...]:
        found = []
        for row in connection.execute(query):
            cited = tuple(dict.fromkeys(each for each in _cited(row.answer) if each in sections))
            if cited:
                found.append(Resting(rows.conversation(row), row.number, cited))
        return tuple(found)

    database = Database.attach(url, file)
    try:
        return database.read(work)
    finally:
        database.close()


def _cited(content: str) -> Iterator[str]:
    """The sections that an answer cites, out of its JSON; of whatever else it is, none."""
    loaded = json.loads(content)
    citations = loaded.get("citations") if isinstance(loaded, dict) else None
    for citation in citations if isinstance(citations, list) else ():
        section = citation.get("section_id") if isinstance(citation, dict) else None
        if isinstance(section, str):
            yield section
