"""Runs the migrations on the connection that ``storage.upgrade`` hands over; Alembic imports this by path."""

from __future__ import annotations

from alembic import context

from haven_server.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a column by copying the table
)
with context.begin_transaction():
    context.run_migrations()
