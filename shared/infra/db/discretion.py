"""What errors of the database say: what the server says first, without a value.

The server repeats rows in its errors, as their detail ("Failing row contains …", "Key (name)=(…)") and their context,
and the driver makes all of it the error's text. That text goes far: into logs, dead letters, and what is kept of a
failure. So it is cut where an error leaves the driver, once for whoever meets it, and for what is made of it.

Names of the schema stay. Whatever else is in quotes goes, as values are (PostgreSQL, "Error Message Style Guide"), and
of what a function raises nothing stays but the function's name: its words may hold anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import psycopg2
from psycopg2 import extensions

RAISED = "exec_stmt_raise"
"""Where in the server's source the errors come from that a function in PL/pgSQL raises."""
_RAISING = re.compile(r"PL/pgSQL function ([\w.]+)\(", re.ASCII)
_QUOTED = re.compile(r'"[^"]*"')

M = TypeVar("M", bound=Callable[..., Any])


def keep_values_out(error: psycopg2.Error) -> None:
    """Give an error that the server told a text without values. What the driver says by itself stays: it has none."""
    if error.pgcode is not None:
        error.args = (f"{_said(error.diag)} (SQLSTATE {error.pgcode})",)


def _said(diagnostics: Any) -> str:
    if diagnostics.source_function == RAISED:
        raising = _RAISING.match(diagnostics.context or "")
        return f"refused by {raising[1] if raising else 'a function'}"
    message: str = diagnostics.message_primary or ""
    names = {
        f'"{name}"'
        for name in (
            diagnostics.schema_name,
            diagnostics.table_name,
            diagnostics.column_name,
            diagnostics.constraint_name,
            diagnostics.datatype_name,
        )
        if name
    }
    begin = next((quoted.start() for quoted in _QUOTED.finditer(message) if quoted[0] not in names), None)
    if begin is None:
        return message
    end = message.rindex('"') + 1  # Not the next one: a value may hold quotes itself.
    return f'{message[:begin]}"…"{message[end:]}'


def _discreet(method: M) -> M:
    """The method, whose errors are without values."""

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except psycopg2.Error as error:
            keep_values_out(error)
            raise

    return cast(M, call)


class Cursor(extensions.cursor):
    """A cursor whose errors are without values."""

    execute = _discreet(extensions.cursor.execute)
    executemany = _discreet(extensions.cursor.executemany)
    fetchone = _discreet(extensions.cursor.fetchone)
    fetchmany = _discreet(extensions.cursor.fetchmany)
    fetchall = _discreet(extensions.cursor.fetchall)


class Connection(extensions.connection):
    """A connection whose errors are without values; its commit is where deferred constraints are looked at."""

    commit = _discreet(extensions.connection.commit)


DISCREET: dict[str, Any] = {"connection_factory": Connection, "cursor_factory": Cursor}
"""Keyword arguments for `psycopg2.connect`."""
