"""The platform tables of every service's schema, created by its first migration."""

from __future__ import annotations

from shared.events.tables import EVENT_TABLES_SQL
from shared.web.idempotency import IDEMPOTENCY_TABLE_SQL

PLATFORM_TABLES_SQL = EVENT_TABLES_SQL + IDEMPOTENCY_TABLE_SQL
