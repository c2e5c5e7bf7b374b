"""Errors of the database, told without values."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from psycopg2 import errors

from shared.infra.db.discretion import RAISED, Connection, Cursor, keep_values_out
from shared.infra.db.dsn import connect_arguments, django_databases

NAMES = dict.fromkeys(("schema_name", "table_name", "column_name", "constraint_name", "datatype_name"))


def told(code: str, message: str, **said: str) -> Any:
    """The driver's error, as the server's answer makes one."""

    class Told(errors.lookup(code)):  # type: ignore[misc]
        pgcode = code
        diag = SimpleNamespace(**{**NAMES, "source_function": "x", "context": None, "message_primary": message, **said})

    return Told(f"{message}\nDETAIL:  Failing row contains (v4lue).\nCONTEXT:  JSON data, line 1: v4lue\n")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            told("23505", 'duplicate key value violates unique constraint "one_name"', constraint_name="one_name"),
            'duplicate key value violates unique constraint "one_name" (SQLSTATE 23505)',
        ),
        (
            told(
                "23514",
                'new row for relation "layers" violates check constraint "small"',
                table_name="layers",
                constraint_name="small",
            ),
            'new row for relation "layers" violates check constraint "small" (SQLSTATE 23514)',
        ),
        (
            told(
                "23502",
                'null value in column "name" of relation "projects" violates not-null constraint',
                table_name="projects",
                column_name="name",
            ),
            'null value in column "name" of relation "projects" violates not-null constraint (SQLSTATE 23502)',
        ),
        (
            told("22P02", 'invalid input syntax for type integer: "v4lue"'),
            'invalid input syntax for type integer: "…" (SQLSTATE 22P02)',
        ),
        (
            told("22P02", 'invalid input value for enum color: "a" v4lue "b", which is none'),
            'invalid input value for enum color: "…", which is none (SQLSTATE 22P02)',
        ),
        (
            told("23000", "invoice v4lue is final", source_function=RAISED, context="PL/pgSQL function final() line 1"),
            "refused by final (SQLSTATE 23000)",
        ),
        (told("P0001", "v4lue", source_function=RAISED), "refused by a function (SQLSTATE P0001)"),
        (
            told("25006", "cannot execute INSERT in a read-only transaction"),
            "cannot execute INSERT in a read-only transaction (SQLSTATE 25006)",
        ),
    ],
)
def test_an_error_says_what_the_server_says_first_and_no_value(error: psycopg2.Error, text: str) -> None:
    keep_values_out(error)
    assert str(error) == text


def test_what_the_driver_says_by_itself_stays() -> None:
    error = psycopg2.OperationalError("server closed the connection unexpectedly")
    keep_values_out(error)
    assert str(error) == "server closed the connection unexpectedly"


def test_connections_of_both_frameworks_are_discreet() -> None:
    address = "postgresql://user:word@infra-db:5432/infra_db"
    for options in (connect_arguments(address, "dns"), django_databases(address, "dns")["default"]["OPTIONS"]):
        assert (options["connection_factory"], options["cursor_factory"]) == (Connection, Cursor)
