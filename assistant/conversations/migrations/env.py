"""Run by Alembic: takes the steps on the connection that `database` has opened."""

from __future__ import annotations

from alembic import context

from assistant.conversations.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
