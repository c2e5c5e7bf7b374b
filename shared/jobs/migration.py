"""Bring one service's schema to its newest migration."""

from __future__ import annotations

from contextlib import closing
from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from django.core.management import call_command

from shared import services
from shared.infra.db.dsn import connect, ensure_schema
from shared.infra.db.sqlalchemy import make_engine
from shared.web.django import configure
from shared.web.tables import PLATFORM_TABLES_SQL

MIGRATED = frozenset(service.name for service in services.ALL if service.has_database)
"""The services that have a schema."""


def migrate(service: str, url: str) -> None:
    """Create the schema if need be and run what is missing. Raises what the migration raises, and KeyError for a
    service without a database."""
    framework = services.BY_NAME[service].framework
    ensure_schema(url, service)
    _bring_platform_tables(service, url)
    if framework == "fastapi":
        _migrate_alembic(service, url)
    else:
        _migrate_django(service, url)


def _bring_platform_tables(service: str, url: str) -> None:
    """What the platform's tables have got since the service's first migration made them; without them, all."""
    with closing(connect(url, service)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"tables:{service}",))
        cursor.execute(PLATFORM_TABLES_SQL)


def _migrate_alembic(service: str, url: str) -> None:
    folder = Path(import_module(f"services.{service}").__path__[0]) / "migrations"
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(folder))
    config.set_main_option("path_separator", "os")
    engine = make_engine(url, service, pool_size=1)
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()


def _migrate_django(service: str, url: str) -> None:
    configure(service, database_url=url)
    call_command("migrate", verbosity=0, interactive=False)
