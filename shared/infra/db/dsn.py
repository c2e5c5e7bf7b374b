"""Database addresses. A service's connections see its own schema alone, by `search_path`."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg2

CONNECT_TIMEOUT_SECONDS = 5
LOCK_TIMEOUT_MS = 10_000
"""A request that waits longer than this for a row lock is better refused than left hanging."""


def connect_arguments(url: str, schema: str) -> dict[str, Any]:
    """Keyword arguments for `psycopg2.connect` from `postgresql://user:password@host:port/database`.

    Raises ValueError with the missing part when the URL is incomplete.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or not parts.path.strip("/"):
        raise ValueError("DATABASE_URL must be postgresql://user:password@host:port/database")
    return {
        "host": parts.hostname,
        "port": parts.port or 5432,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": parts.path.strip("/"),
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "application_name": schema,
        "options": f"-c search_path={schema} -c TimeZone=UTC -c lock_timeout={LOCK_TIMEOUT_MS}",
    }


def django_databases(url: str, schema: str) -> dict[str, Any]:
    """Django's DATABASES for one service: one connection a thread, kept, and checked before a request uses it."""
    arguments = connect_arguments(url, schema)
    return {
        "default": {
            "ENGINE": "shared.infra.db.postgresql",
            "HOST": arguments["host"],
            "PORT": arguments["port"],
            "USER": arguments["user"],
            "PASSWORD": arguments["password"],
            "NAME": arguments["dbname"],
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {
                "options": arguments["options"],
                "connect_timeout": arguments["connect_timeout"],
                "application_name": arguments["application_name"],
            },
        }
    }


def connect(url: str, schema: str, **options: Any) -> Any:
    """A new connection of its own, outside any pool; `options` are psycopg2's."""
    return psycopg2.connect(**connect_arguments(url, schema), **options)


def ensure_schema(url: str, schema: str) -> None:
    """Create the service's schema if it isn't there; safe when several do it at once."""
    connection = connect(url, schema)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"schema:{schema}",))
            cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    finally:
        connection.close()
