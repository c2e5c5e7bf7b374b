"""Rows that are held for a while: whoever wants to change them stops there, with all that those have locked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.tables import PASSWORD

DATABASES = {"tenants": "tenants", "billing": "billing", "audit": "audit"}
"""The databases of services that have one to themselves; the others share one."""
WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()
AND wait_event_type = 'Lock' AND clock_timestamp() - query_start >= make_interval(secs => %s)
"""


@dataclass
class HeldRows:
    """Rows of a service that nobody else can change."""

    service: str
    connection: Any

    def wait_for(self, count: int, seconds: float = 0.0) -> None:
        """Returns once so many sessions of the service have waited for others' locks, each for so many seconds."""
        eventually(lambda: self._waiting(seconds) >= count, 30.0)

    def _waiting(self, seconds: float) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING, (self.service, seconds))
            return int(cursor.fetchone()[0])


def add_row(fleet: FleetControl, service: str, statement: str, *values: Any) -> None:
    """Have an `INSERT` make a row that no request makes."""
    with _connect(fleet, service) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount > 0, f"nothing was made: {statement}"


@contextmanager
def held_rows(fleet: FleetControl, service: str, statement: str, *values: Any) -> Iterator[HeldRows]:
    """Hold the rows that a `SELECT … FOR UPDATE` finds for the length of a block; it must find some."""
    connection = _connect(fleet, service)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            assert cursor.rowcount > 0, f"nothing to hold: {statement}"
        yield HeldRows(service, connection)
    finally:
        connection.close()


def _connect(fleet: FleetControl, service: str) -> Any:
    database = DATABASES.get(service, "infra")
    host, port = fleet.address(f"{database}-db:5432")
    return psycopg2.connect(host=host, port=port, dbname=f"{database}_db", user="omnicloud", password=PASSWORD)
