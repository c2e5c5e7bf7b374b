"""The end of a tenant against what is being made for it at the same moment.

A service that hears of the end deletes everything, and something that is half made then would stay for ever: it isn't
there yet to be deleted, and nobody deletes again. So whoever makes something passes a gate that the end closes. What
got through before is there when the deleting begins, and nothing gets through afterwards.

Each service that uses it has the table `closed_tenants (tenant_id text PRIMARY KEY)`.
"""

from __future__ import annotations

from typing import Any

from shared.errors import TenantNotActive
from shared.events.cursor import cursor_of
from shared.kernel.context import current_tenant

TABLE_SQL = "CREATE TABLE closed_tenants (tenant_id text PRIMARY KEY)"
"""For a service's migration."""

_GATE = "hashtextextended('closing:' || current_schema() || ':' || %s, 0)"


def pass_gate(connection: Any) -> None:
    """Make something for the context's tenant, in the present transaction: until its end the closing waits.

    `connection` is a SQLAlchemy session, Django's `connection`, a psycopg2 connection or a cursor. Raises
    TenantNotActive once the tenant is closed.
    """
    tenant_id = current_tenant()
    with cursor_of(connection) as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock_shared({_GATE})", (tenant_id,))
        cursor.execute("SELECT 1 FROM closed_tenants WHERE tenant_id = %s", (tenant_id,))
        if cursor.fetchone() is not None:
            raise TenantNotActive("the tenant is closed")


def close_gate(connection: Any) -> None:
    """Let nothing more be made for the context's tenant, and wait for what is being made at this moment."""
    tenant_id = current_tenant()
    with cursor_of(connection) as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({_GATE})", (tenant_id,))
        cursor.execute("INSERT INTO closed_tenants (tenant_id) VALUES (%s) ON CONFLICT DO NOTHING", (tenant_id,))
