"""Alembic's entry point for every FastAPI service; the caller passes an open connection."""

from alembic import context

config = context.config
context.configure(connection=config.attributes["connection"], transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
