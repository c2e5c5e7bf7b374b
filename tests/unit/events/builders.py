"""Events and doubles for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shared.events.envelope import Event

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def event(**changes: Any) -> Event:
    """A valid event, with some attributes changed."""
    attributes: dict[str, Any] = {
        "id": "evt-1",
        "type": "compute.instance.deleted",
        "source": "omnicloud/compute",
        "subject": "i-1",
        "time": datetime(2025, 3, 1, 12, 0, tzinfo=UTC),
        "tenant_id": "t-1",
        "correlation_id": "c-1",
        "traceparent": TRACEPARENT,
        "actor": "u-1",
        "sequence": 7,
        "data": {"id": "i-1"},
    }
    return Event(**{**attributes, **changes})


def envelope(**changes: Any) -> str:
    """The JSON of a valid event with attributes changed, or taken away by None."""
    attributes = {**json.loads(event().to_json()), **changes}
    return json.dumps({name: value for name, value in attributes.items() if value is not None})


class FakeDatabase:
    """Inbox and effects of one service, with transactions: what a failed one wrote is gone."""

    def __init__(self) -> None:
        self.inbox: set[str] = set()
        self.effects: list[Any] = []

    def run(self, work: Callable[[Any], Any]) -> Any:
        """`work(transaction)`; undone when it raises."""
        inbox, effects = set(self.inbox), list(self.effects)
        try:
            return work(FakeCursor(self))
        except BaseException:
            self.inbox, self.effects = inbox, effects
            raise


class FakeCursor:
    """Understands the inbox's insert."""

    def __init__(self, database: FakeDatabase) -> None:
        self.database = database
        self.rowcount = 0

    def execute(self, statement: str, arguments: tuple[Any, ...]) -> None:
        """Insert the event id unless it is there."""
        assert statement.startswith("INSERT INTO inbox")
        self.rowcount = 0 if arguments[0] in self.database.inbox else 1
        self.database.inbox.add(arguments[0])

    def fetchone(self) -> None:
        """A cursor has this."""
