"""Alembic's way in: the connection comes from ``store/migrate.py``."""

from alembic import context

from gongpai.gateway.store.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
