"""A copy of the conversations taken while the service runs, and the way back from it.

For the SQLite file alone: a PostgreSQL is copied by its own `pg_dump`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from assistant import texts
from assistant.errors import EnvironmentProblem, InputError
from assistant.settings import Settings

BUSY = 30.0
"""Seconds to wait for who writes at the moment."""


def write(settings: Settings, copy: Path) -> int:
    """Write all that is stored at this moment to the new file `copy`; how many conversations it holds.

    Raises:
        InputError: the conversations are in a PostgreSQL, or there are none yet, or the file exists.
        EnvironmentProblem: the file cannot be written, or what is stored is damaged.
    """
    source = _file_of(settings)
    if not source.exists():
        raise InputError(texts.STORE["nothing"], texts.STORE["nothing_remedy"])
    with _told(copy):
        try:
            copy.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            raise InputError(
                texts.STORE["copy_exists"].format(file=copy), texts.STORE["copy_exists_remedy"]
            ) from None
        try:
            with closing(sqlite3.connect(source, timeout=BUSY)) as database:
                database.execute("VACUUM INTO ?", (str(copy),))
            return _count(copy)
        except BaseException:
            copy.unlink()
            raise


def restore(settings: Settings, copy: Path) -> int:
    """Put what the file `copy` holds in place of all that is stored; how many conversations that is.

    Raises:
        InputError: the conversations are in a PostgreSQL.
        EnvironmentProblem: the copy is damaged or not one of ours, or what is stored cannot be replaced.
    """
    target = _file_of(settings)
    with _told(copy):
        found = _count(copy)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        with (
            closing(sqlite3.connect(copy)) as source,
            closing(sqlite3.connect(target, timeout=BUSY)) as database,
        ):
            source.backup(database)
    return found


def _file_of(settings: Settings) -> Path:
    if settings.database_url.get_secret_value():
        raise InputError(texts.STORE["postgres_copy"], texts.STORE["postgres_copy_remedy"])
    return settings.conversations_file


def _count(copy: Path) -> int:
    """The conversations in a copy that is whole."""
    if not copy.is_file():
        raise FileNotFoundError(copy)
    with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as database:
        if database.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("skadet")
        (found,) = database.execute("SELECT count(*) FROM conversations").fetchone()
    return int(found)


@contextmanager
def _told(copy: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = texts.STORE["copy_failed"].format(file=copy, reason=reason)
        raise EnvironmentProblem(message, texts.STORE["copy_failed_remedy"]) from None
