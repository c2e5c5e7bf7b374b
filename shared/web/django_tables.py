"""The platform's tables in a Django service's first migration."""

from __future__ import annotations

from django.db import migrations

from shared.web.tables import PLATFORM_TABLES_SQL


def platform_tables() -> migrations.RunSQL:
    """The migration operation that creates outbox, inbox and idempotency tables; first in every service."""
    return migrations.RunSQL(PLATFORM_TABLES_SQL, migrations.RunSQL.noop)
