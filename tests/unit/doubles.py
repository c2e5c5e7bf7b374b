"""Doubles for unit tests of what is metered: an outbox that remembers, and a row."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any


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
