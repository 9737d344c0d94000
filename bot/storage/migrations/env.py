"""Runs migrations on the connection that `bot.storage.migrate` hands over."""

from alembic import context

from bot.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter much in place
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
