"""The relay's view of the outbox table, over a connection of its own that it doesn't share."""

from __future__ import annotations

import select
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from psycopg2.extensions import connection as PgConnection

from shared.events.envelope import numbered
from shared.infra.db.dsn import connect
from shared.settings import ServiceSettings

BATCH = 500
"""Events sent before the first is marked: bounds what is sent twice after a crash."""
KEEP_SECONDS = 3600
"""How long published events stay, for somebody who looks for what has been sent."""
PRUNE_BATCH = 1000
_NUMBER = """
WITH new AS (
    SELECT position, body::json ->> 'tenantid' AS tenant_id FROM outbox
    WHERE published_at IS NULL AND source_sequence IS NULL ORDER BY position LIMIT %s FOR UPDATE
), placed AS (
    SELECT position, tenant_id, row_number() OVER (PARTITION BY tenant_id ORDER BY position) AS place,
           count(*) OVER (PARTITION BY tenant_id) AS many
    FROM new
), sent AS (
    INSERT INTO sent_sequences AS known (tenant_id, sequence) SELECT tenant_id, count(*) FROM new GROUP BY tenant_id
    ON CONFLICT (tenant_id) DO UPDATE SET sequence = known.sequence + EXCLUDED.sequence
    RETURNING tenant_id, sequence
)
UPDATE outbox SET source_sequence = sent.sequence - placed.many + placed.place
FROM placed JOIN sent USING (tenant_id) WHERE outbox.position = placed.position
"""
"""Numbers what isn't yet, for each tenant without gaps: only what is committed is seen, and a number stays."""
_AGE = "extract(epoch FROM clock_timestamp() - created_at)::float8"


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An outbox row that the broker hasn't confirmed."""

    position: int
    event_id: str
    topic: str
    subject: str
    body: str
    age: float
    """Seconds since it was written, when it was read."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many events wait, and for how many seconds the oldest has, by the database's clock, which dated it."""

    count: int
    age: float


class OutboxTable:
    """Statements of the relay; each is a transaction of its own. All raise psycopg2.Error."""

    def __init__(self, connection: PgConnection, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    @classmethod
    def open(cls, settings: ServiceSettings) -> OutboxTable:
        """A connection that hears of every commit which wrote to this schema's outbox."""
        connection = connect(settings.database_url, settings.service_name)
        connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        table = cls(connection, settings.service_name)
        table._execute(f'LISTEN "outbox_{settings.service_name}"')
        return table

    def close(self) -> None:
        """Close the connection, and with it give up the right to relay."""
        self._connection.close()

    def claim(self) -> bool:
        """Become the one relay of this schema, for as long as the connection lasts. False while another is."""
        return bool(self._fetch("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", f"outbox:{self._schema}")[0][0])

    def pending(self, limit: int = BATCH) -> list[PendingEvent]:
        """The oldest unconfirmed events, in the order in which they were written, each with its number in its body."""
        rows = self._pending(limit)
        if any(row[-1] is None for row in rows):
            self._execute(_NUMBER, limit)
            rows = [row for row in self._pending(limit) if row[-1] is not None]
        return [
            PendingEvent(position, event_id, topic, subject, numbered(body, number), age)
            for position, event_id, topic, subject, body, age, number in rows
        ]

    def _pending(self, limit: int) -> list[tuple[Any, ...]]:
        return self._fetch(
            f"SELECT position, event_id, topic, subject, body, {_AGE}, source_sequence FROM outbox "
            "WHERE published_at IS NULL ORDER BY position LIMIT %s",
            limit,
        )

    def mark_published(self, positions: list[int]) -> None:
        """Note that the broker has confirmed these."""
        self._execute("UPDATE outbox SET published_at = clock_timestamp() WHERE position = ANY(%s)", positions)

    def backlog(self) -> Backlog:
        """What is waiting now."""
        count, age = self._fetch(f"SELECT count(*), max({_AGE}) FROM outbox WHERE published_at IS NULL")[0]
        return Backlog(count, age or 0.0)

    def prune(self) -> int:
        """Delete a batch of long-published events; how many there were."""
        return self._execute(
            "DELETE FROM outbox WHERE position IN (SELECT position FROM outbox "
            "WHERE published_at < now() - make_interval(secs => %s) ORDER BY position LIMIT %s)",
            KEEP_SECONDS,
            PRUNE_BATCH,
        )

    def wait(self, seconds: float, wake: int) -> None:
        """Wait for a commit to the outbox, for a byte on the descriptor `wake`, or until the time is over."""
        if not self._connection.notifies:
            select.select([self._connection.fileno(), wake], [], [], seconds)
            self._connection.poll()
        self._connection.notifies.clear()

    def _execute(self, statement: str, *arguments: Any) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            return int(cursor.rowcount)

    def _fetch(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            return cursor.fetchall()
