"""What the tenants service last said of a tenant, for services that do something for tenants without being asked.

Each service that uses it has the table `tenant_standings`; no row means that nothing was said: the tenant is active.
"""

from __future__ import annotations

from typing import Any

from shared.events.cursor import cursor_of
from shared.events.envelope import Event

TABLE_SQL = "CREATE TABLE tenant_standings (tenant_id text PRIMARY KEY, state text NOT NULL, sequence bigint NOT NULL)"
"""For a service's migration."""


def note_standing(connection: Any, event: Event, state: str) -> bool:
    """Keep what an event says of its tenant, in the present transaction. False when something newer is known already.

    The broker may deliver late and out of order, and the dead letters later still: the newest sequence decides.
    `connection` is a SQLAlchemy session, Django's `connection`, a psycopg2 connection or a cursor.
    """
    with cursor_of(connection) as cursor:
        cursor.execute(
            "INSERT INTO tenant_standings AS known (tenant_id, state, sequence) VALUES (%s, %s, %s) "
            "ON CONFLICT (tenant_id) DO UPDATE SET state = EXCLUDED.state, sequence = EXCLUDED.sequence "
            "WHERE known.sequence < EXCLUDED.sequence",
            (event.subject, state, event.sequence),
        )
        return bool(cursor.rowcount == 1)
