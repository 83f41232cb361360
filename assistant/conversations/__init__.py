"""What is kept of conversations: questions, answers and feedback, each belonging to who asked.

`open_store` is the door. Its values are plain and frozen; SQLAlchemy stays behind it and is
imported only when a store is opened, so that one answer on the command line does not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.conversations.store import Conversations
    from assistant.conversations.values import Resting


def now() -> datetime:
    """The moment it is, in UTC."""
    return datetime.now(UTC)


def open_store(settings: Settings, clock: Callable[[], datetime] = now) -> Conversations:
    """The conversations that the settings point to, with the tables brought up to date.

    Raises:
        EnvironmentProblem: the database cannot be opened, or a newer version has made it.
    """
    from assistant.conversations.store import Conversations

    return Conversations.open(settings, clock)


def examine(settings: Settings) -> int | None:
    """How many conversations are kept; None when nothing has been stored yet. Changes nothing.

    Raises:
        EnvironmentProblem: the database cannot be read, or is damaged.
    """
    url = settings.database_url.get_secret_value()
    if not url and not settings.conversations_file.exists():
        return None
    from assistant.conversations.store import count

    return count(url, settings.conversations_file)


def resting(settings: Settings, sections: Set[str], newer: str) -> tuple[Resting, ...] | None:
    """The saved answers that cite any of the sections, but for those given from the build `newer`.

    None when nothing is kept. Changes nothing.

    Raises:
        EnvironmentProblem: the database cannot be read, or is damaged.
    """
    if not settings.retention_days or not examine(settings):
        return None
    from assistant.conversations.reliance import find

    return find(settings.database_url.get_secret_value(), settings.conversations_file, sections, newer)
