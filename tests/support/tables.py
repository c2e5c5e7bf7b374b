"""A table that is locked for a while: whoever writes to it stops there, in the middle of what it does."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg2

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl

PASSWORD = os.environ.get("POSTGRES_PASSWORD", "omnicloud-postgres")
WAITING = """
SELECT array_agg(locks.pid) FROM pg_locks locks JOIN pg_class tables ON tables.oid = locks.relation
JOIN pg_namespace schemas ON schemas.oid = tables.relnamespace
WHERE schemas.nspname = %s AND tables.relname = %s AND NOT locks.granted
AND locks.pid NOT IN (
    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND (classid::bigint << 32 | objid::bigint) = hashtextextended('outbox:' || schemas.nspname, 0)
)
"""
"""Not the relay, which is about at any time: whoever has its lock sends what was written before."""


@dataclass
class LockedTable:
    """A table nobody else can write to."""

    schema: str
    table: str
    connection: Any

    def waiting(self) -> list[int]:
        """The database's processes that stand at the table."""
        with self.connection.cursor() as cursor:
            cursor.execute(WAITING, (self.schema, self.table))
            return list(cursor.fetchone()[0] or [])

    def wait_for_somebody(self) -> None:
        """Returns once somebody has come as far as this table."""
        eventually(self.waiting, 30.0)

    def wait_for_somebody_at_a_row(self) -> None:
        """Returns once somebody waits in the database for what somebody else has: a row, or a lock by agreement."""

        def held_up() -> bool:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'advisory')")
                return cursor.fetchone() is not None

        eventually(held_up, 30.0)

    def end_who_waits(self) -> None:
        """The database ends the sessions that stand at the table."""
        self.end(self.waiting())

    def end(self, processes: Sequence[int]) -> None:
        """The database ends these sessions."""
        with self.connection.cursor() as cursor:
            for process in processes:
                cursor.execute("SELECT pg_terminate_backend(%s)", (process,))


@contextmanager
def locked_table(
    fleet: FleetControl, schema: str, table: str = "outbox", database: str = "infra"
) -> Iterator[LockedTable]:
    """Hold a table, by default of the infrastructure database, for the length of a block."""
    connection = _connect(fleet, database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {schema}.{table} IN EXCLUSIVE MODE")
        yield LockedTable(schema, table, connection)
    finally:
        connection.close()


def session_states(fleet: FleetControl, service: str) -> list[str]:
    """What the sessions of a service are doing: `active`, `idle`, `idle in transaction`."""
    connection = _connect(fleet)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT state FROM pg_stat_activity WHERE application_name = %s", (service,))
            return [str(state) for (state,) in cursor.fetchall()]
    finally:
        connection.close()


def sessions_at_locks(fleet: FleetControl, service: str, seconds: float = 0.0, database: str = "infra") -> int:
    """How many of a service's sessions wait for a lock that somebody else has, each for so many seconds."""
    connection = _connect(fleet, database)
    try:
        with connection.cursor() as cursor:
            query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"
            waited = " AND clock_timestamp() - query_start >= make_interval(secs => %s)"
            cursor.execute(query + waited, (service, seconds))
            return int(cursor.fetchone()[0])
    finally:
        connection.close()


def execute(fleet: FleetControl, statement: str, values: Mapping[str, Any]) -> None:
    """Write into the infrastructure database, past the services: what would take them hours to make."""
    connection = _connect(fleet)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
    finally:
        connection.close()


@contextmanager
def under_way(api: Api, method: str, path: str, **kwargs: Any) -> Iterator[Future[int]]:
    """A request that somebody else makes meanwhile; its status, 0 when it got no answer."""

    def ask() -> int:
        try:
            return api.request(method, path, **kwargs).status_code
        except httpx.HTTPError:
            return 0

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(ask)


def _connect(fleet: FleetControl, database: str = "infra") -> Any:
    host, port = fleet.address(f"{database}-db:5432")
    return psycopg2.connect(host=host, port=port, dbname=f"{database}_db", user="omnicloud", password=PASSWORD)
