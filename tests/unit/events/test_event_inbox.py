"""The inbox forgets as fast as it takes in, however much that is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.events.consumer import PRUNE_SECONDS, EventConsumer
from shared.settings import ServiceSettings
from tests.unit.clocks import standing_clock

BATCH = 1000


class Inbox:
    """The transactions of a service in whose inbox so many events are too old."""

    def __init__(self, old: int) -> None:
        self.old = old
        self.statements = 0
        self.rowcount = 0

    def run(self, work: Any) -> Any:
        return work(self)

    def fetchone(self) -> None:
        """A cursor has this."""

    def execute(self, statement: str, arguments: tuple[int, int]) -> None:
        """Forget a batch."""
        assert statement.startswith("DELETE FROM inbox")
        self.statements += 1
        self.rowcount = min(self.old, BATCH)
        self.old -= self.rowcount


class Broker:
    """A consumer that has no partition."""

    def assignment(self) -> list[Any]:
        return []

    def position(self, _partitions: list[Any]) -> list[Any]:
        return []


def test_what_is_old_is_forgotten_batch_by_batch_until_nothing_is_left() -> None:
    clock, inbox = standing_clock(), Inbox(old=3 * BATCH + 1)
    consumer = EventConsumer(ServiceSettings(service_name="audit"), {}, inbox, clock)

    for _ in range(10):
        consumer._housekeeping(Broker())

    # Three whole batches, the rest of a fourth one, and then nothing for ten minutes.
    assert (inbox.old, inbox.statements) == (0, 4)
    clock.advance(timedelta(seconds=PRUNE_SECONDS))
    consumer._housekeeping(Broker())
    assert inbox.statements == 5


def test_an_inbox_that_fails_is_left_alone_for_ten_minutes() -> None:
    class Failing(Inbox):
        def execute(self, statement: str, arguments: tuple[int, int]) -> None:
            self.statements += 1
            raise RuntimeError("the database is away")

    inbox = Failing(old=BATCH)
    consumer = EventConsumer(ServiceSettings(service_name="audit"), {}, inbox, standing_clock())
    for _ in range(3):
        consumer._housekeeping(Broker())
    assert inbox.statements == 1
