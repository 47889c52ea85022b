"""Alembic's entry: runs the migrations on the connection that `store.migrate` hands in."""

from alembic import context

from prepaid.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
