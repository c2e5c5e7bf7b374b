"""Django loads an engine's `DatabaseWrapper` from a module of this name."""

from __future__ import annotations

from django.db.backends.postgresql import base

from shared.infra.db.liveness import has_ended


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL's, which looks at a kept connection before a request uses it instead of sending a query."""

    health_check_done: bool

    def close_if_health_check_failed(self) -> None:
        """Close the connection if it has ended, so that the next statement opens another."""
        if self.connection is None or not self.health_check_enabled or self.health_check_done:
            return
        if has_ended(self.connection):
            self.close()
        self.health_check_done = True
