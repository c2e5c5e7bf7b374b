"""Database addresses. A service's connections see its own schema alone, by `search_path`."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg2
from psycopg2.extensions import set_wait_callback

from shared.infra.db import patience
from shared.infra.db.discretion import DISCREET

LOCK_TIMEOUT_MS = 10_000
"""A request that waits longer than this for a row lock is better refused than left hanging."""
IDLE_TRANSACTION_MS = 300_000
"""A transaction in which so long nothing is done has lost its owner, who can't be told so; its locks end with it."""
LOST_PEER = {"keepalives_idle": 4, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
"""When the kernel gives a connection up: a peer that confirms nothing for ten seconds has gone without a word (seconds,
and milliseconds for what was sent: RFC 5482). The server is told the same of us: what we hold ends with us."""
_SERVER = {
    "TimeZone": "UTC",
    "lock_timeout": LOCK_TIMEOUT_MS,
    "idle_in_transaction_session_timeout": IDLE_TRANSACTION_MS,
    "client_connection_check_interval": 1000,
    "tcp_keepalives_idle": LOST_PEER["keepalives_idle"],
    "tcp_keepalives_interval": LOST_PEER["keepalives_interval"],
    "tcp_keepalives_count": LOST_PEER["keepalives_count"],
    "tcp_user_timeout": LOST_PEER["tcp_user_timeout"],
}

set_wait_callback(patience.wait)


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
        "application_name": schema,
        "options": " ".join(f"-c {name}={value}" for name, value in {"search_path": schema, **_SERVER}.items()),
        **LOST_PEER,
        **DISCREET,
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
            "OPTIONS": {name: arguments[name] for name in ("options", "application_name", *LOST_PEER, *DISCREET)},
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
