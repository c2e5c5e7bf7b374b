"""A DB-API cursor inside somebody's open transaction, whichever library opened it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any


@contextmanager
def cursor_of(source: Any) -> Iterator[Any]:
    """A cursor on the source's own connection, so that what it executes commits or rolls back with the source.

    `source` is a SQLAlchemy Session or Connection, Django's `connection`, a psycopg2 connection, or a cursor (which
    stays open). Raises TypeError for anything else.
    """
    if hasattr(source, "fetchone"):
        yield source
        return
    with closing(_connection(source).cursor()) as cursor:
        yield cursor


def _connection(source: Any) -> Any:
    if hasattr(source, "get_bind"):  # A Session: its transaction's connection, then the driver's below it.
        return source.connection().connection
    if hasattr(source, "exec_driver_sql"):
        return source.connection
    if hasattr(source, "cursor"):
        return source
    raise TypeError(f"{type(source).__name__} is neither a session, a connection nor a cursor")
