"""How far the work with a piece of feedback has come, in four steps and with a note."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_FEEDBACK = sa.table("feedback", sa.column("triage", sa.String))


def upgrade() -> None:
    """Add the note, and give the old steps their new names."""
    op.add_column("feedback", sa.Column("note", sa.Text(), nullable=False, server_default=""))
    _rename({"eksportert": "under_arbeid", "ferdig": "rettet"})


def downgrade() -> None:
    """Take the note away again."""
    _rename({"under_arbeid": "eksportert", "rettet": "ferdig", "avvist": "ferdig"})
    op.drop_column("feedback", "note")


def _rename(steps: dict[str, str]) -> None:
    for old, new in steps.items():
        op.execute(sa.update(_FEEDBACK).where(_FEEDBACK.c.triage == old).values(triage=new))
