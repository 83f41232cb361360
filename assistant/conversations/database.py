"""The database below the store: SQLite in `var/` unless the settings name a PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError

from assistant import texts
from assistant.errors import EnvironmentProblem, SettingsError

if TYPE_CHECKING:
    from alembic.config import Config

Result = TypeVar("Result")

BUSY = 5.0
"""Seconds that a writer waits for another."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x616E736B
"""Number of the PostgreSQL lock under which one replica at a time brings the tables up to date."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    f"busy_timeout={int(BUSY * 1000)}",
    "foreign_keys=ON",
    "secure_delete=ON",
)


class Database:
    """Runs functions in transactions; what fails is told in Norwegian."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str, file: Path) -> Database:
        """The database at `url`, or in `file` when it is empty, with its tables up to date.

        Raises:
            SettingsError: the address is not one of SQLite or PostgreSQL.
            EnvironmentProblem: it cannot be opened, or a newer version has made it.
        """
        database = cls.attach(url, file)
        try:
            database.write(_upgrade)
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def attach(cls, url: str, file: Path) -> Database:
        """The database as it is, for a look at it."""
        return cls(_postgres(_parsed(url)) if url else _sqlite(file))

    def is_whole(self) -> bool:
        """Whether no page of the file is damaged; a PostgreSQL looks after its own."""
        if self._engine.dialect.name != "sqlite":
            return True
        found = self.read(lambda connection: connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        return found == "ok"

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """What `work` finds, at one moment.

        Raises:
            EnvironmentProblem: the database cannot be read.
        """
        return self._run(work, writes=False)

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """What `work` returns, after all it wrote has reached the disk; nothing is written when it fails.

        `work` may run twice, when the connection breaks or another writer was first: so it must be able to.

        Raises:
            EnvironmentProblem: the database cannot be written.
        """
        return self._run(work, writes=True)

    def _run(self, work: Callable[[Connection], Result], *, writes: bool) -> Result:
        try:
            try:
                return self._once(work, writes)
            except DBAPIError as error:
                if not (error.connection_invalidated or isinstance(error, IntegrityError)):
                    raise
                return self._once(work, writes)
        except SQLAlchemyError as error:
            raise EnvironmentProblem(
                texts.STORE["unreachable"].format(reason=_reason(error)), texts.STORE["unreachable_remedy"]
            ) from None

    def _once(self, work: Callable[[Connection], Result], writes: bool) -> Result:
        with self._engine.connect().execution_options(writes=writes) as connection, connection.begin():
            return work(connection)

    def tidy(self) -> None:
        """Empty the log that SQLite writes beside its file, so that what is deleted is gone from the disk."""
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def _reason(error: SQLAlchemyError) -> str:
    """The first line of what the driver said; never the statement, which holds what people wrote."""
    origin = getattr(error, "orig", None) or error
    lines = str(origin).strip().splitlines()
    return lines[0] if isinstance(origin, sqlite3.Error) and lines else type(origin).__name__


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError(texts.STORE["url"], texts.STORE["url_remedy"]) from None
    if parsed.drivername not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise SettingsError(texts.STORE["url"], texts.STORE["url_remedy"])
    return parsed.set(drivername="postgresql+psycopg")


def _postgres(url: URL) -> Engine:
    limits = "-c statement_timeout=10000 -c idle_in_transaction_session_timeout=20000 -c timezone=UTC"
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=5,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": limits},
    )


def _sqlite(file: Path) -> Engine:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as error:
        reason = error.strerror or str(error)
        raise EnvironmentProblem(
            texts.STORE["unreachable"].format(reason=f"{file}: {reason}"), texts.STORE["unreachable_remedy"]
        ) from None
    engine = create_engine(
        URL.create("sqlite", database=str(file)), hide_parameters=True, connect_args={"timeout": BUSY}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - sqlite3's connection, or a wrapper of it
    connection.isolation_level = None  # we begin our transactions ourselves, see `_begin`
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """A transaction that will write takes the lock at once: to wait for it halfway is to be turned away."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _upgrade(connection: Connection) -> None:
    """Bring the tables up to date; one process at a time."""
    from alembic import command
    from alembic.util import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    try:
        command.upgrade(_config(connection), "head")
    except CommandError:
        raise EnvironmentProblem(texts.STORE["newer"], texts.STORE["newer_remedy"]) from None


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
