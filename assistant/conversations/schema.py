"""The tables. A change here needs a migration in `migrations/versions`; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, also where the database has no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as it is stored."""
        if value is None:
            return None
        return value.astimezone(UTC).replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as it was given."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

CONVERSATIONS = Table(
    "conversations",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("owner", String(300), nullable=False, index=True),
    Column("title", String(200), nullable=False),
    Column("sought", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False, index=True),
    Column("held", Boolean(create_constraint=False), nullable=False),
)
"""`sought` is the title in lower case, which SQLite cannot make of æ, ø and å."""

TURNS = Table(
    "turns",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column(
        "conversation",
        String(32),
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("id", String(200), nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("on_day", Date, nullable=False),
    Column("status", String(30), nullable=False),
    Column("mode", String(30), nullable=False),
    Column("build", String(100), nullable=False),
    Column("answer", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("sought", Text, nullable=False),
    Column("created", Moment, nullable=False),
    UniqueConstraint("conversation", "id"),
)

FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("owner", String(300), primary_key=True),
    Column("answer", String(200), primary_key=True),
    Column(
        "conversation",
        String(32),
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=True,
        index=True,
    ),
    Column("verdict", String(10), nullable=False),
    Column("reasons", String(300), nullable=False),
    Column("text", Text, nullable=False),
    Column("triage", String(20), nullable=False, index=True),
    Column("created", Moment, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
)

OPERATIONS = Table(
    "operations",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("status", String(30), nullable=False),
    Column("mode", String(30), nullable=False),
    Column("build", String(100), nullable=False),
    Column("sections", Text, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("count", Integer, nullable=False),
)
"""What the service has done, without a word of what anyone wrote and without who it was."""
