"""Conversations, turns, feedback and the log of operations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from assistant.conversations.schema import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(300), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("sought", sa.Text(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("updated", Moment(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    op.create_index("ix_conversations_owner", "conversations", ["owner"])
    op.create_index("ix_conversations_updated", "conversations", ["updated"])
    op.create_table(
        "turns",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("conversation", sa.String(32), nullable=False),
        sa.Column("id", sa.String(200), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(30), nullable=False),
        sa.Column("mode", sa.String(30), nullable=False),
        sa.Column("build", sa.String(100), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("sought", sa.Text(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversations.id"],
            name="fk_turns_conversation_conversations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", "conversation", name="pk_turns"),
        sa.UniqueConstraint("conversation", "id", name="uq_turns_conversation_id"),
    )
    op.create_index("ix_turns_id", "turns", ["id"])
    op.create_table(
        "feedback",
        sa.Column("owner", sa.String(300), nullable=False),
        sa.Column("answer", sa.String(200), nullable=False),
        sa.Column("conversation", sa.String(32), nullable=True),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("reasons", sa.String(300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("triage", sa.String(20), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversations.id"],
            name="fk_feedback_conversation_conversations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner", "answer", name="pk_feedback"),
    )
    op.create_index("ix_feedback_conversation", "feedback", ["conversation"])
    op.create_index("ix_feedback_triage", "feedback", ["triage"])
    op.create_table(
        "operations",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(30), nullable=False),
        sa.Column("mode", sa.String(30), nullable=False),
        sa.Column("build", sa.String(100), nullable=False),
        sa.Column("sections", sa.Text(), nullable=False),
        sa.Column("latency_ms", sa.Float(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_operations"),
    )
    op.create_index("ix_operations_at", "operations", ["at"])


def downgrade() -> None:
    """Take the tables away again."""
    for table in ("operations", "feedback", "turns", "conversations"):
        op.drop_table(table)
