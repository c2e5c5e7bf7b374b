"""Doubles for the services' unit tests: an outbox that remembers, and a tenants service that keeps reservations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from shared.kernel.context import current_tenant


class Outbox:
    """A cursor that keeps the events published with it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def execute(self, statement: str, arguments: tuple[str, str, str, str]) -> None:
        """Take an event in."""
        assert "INSERT INTO outbox" in statement
        self.events.append(json.loads(arguments[3]))

    def fetchone(self) -> None:
        """A cursor has this."""

    @property
    def windows(self) -> list[tuple[str, str, str]]:
        """Beginning, end and quantity of each usage event."""
        usage = [event["data"] for event in self.events]
        return [(data["started_at"], data["ended_at"], data["quantity"]) for data in usage]


class MeteredRow:
    """What a metered row has."""

    def __init__(self, id: str, metered_from: datetime | None) -> None:
        self.id = id
        self.metered_from = metered_from


class Reservations:
    """Stands for TenantsClient: reservations by tenant and id, and what was done to them, in order."""

    def __init__(self, *open_ones: tuple[str, str, str]) -> None:
        """Each is a tenant, a reservation's id and its state."""
        self.state = {(tenant, id): state for tenant, id, state in open_ones}
        self.steps: list[tuple[str, str, str]] = []

    def reservation_pages(self, resource: str, *, unchanged_for_seconds: int) -> Iterator[list[dict[str, Any]]]:
        """Those of the resource, one a page."""
        assert unchanged_for_seconds > 0
        for (tenant, id), state in sorted(self.state.items()):
            if id.endswith(f".{resource}"):
                yield [{"tenant_id": tenant, "reservation_id": id, "amount": 1, "state": state}]

    def commit(self, reservation_id: str) -> None:
        """Note it."""
        self.steps.append(("commit", current_tenant(), reservation_id))

    def release(self, reservation_id: str) -> None:
        """Note it."""
        self.steps.append(("release", current_tenant(), reservation_id))
