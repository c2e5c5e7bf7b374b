"""The loop that meters what lives on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from shared.kernel.context import current_tenant
from shared.metering import usage_meter
from tests.unit.clocks import NOW, standing_clock

T = TypeVar("T")


class Transactions:
    """Counts the transactions; each is known by its number."""

    def __init__(self) -> None:
        self.count = 0

    def run(self, work: Callable[[int], T]) -> T:
        self.count += 1
        return work(self.count)


def test_each_tenant_with_usage_older_than_the_interval_is_metered_in_a_transaction_of_its_own() -> None:
    asked: list[datetime] = []
    metered: list[tuple[str, int]] = []
    done = threading.Event()

    def due(_transaction: int, before: datetime) -> Sequence[str]:
        asked.append(before)
        return ["t-1", "t-2"]

    def flush(transaction: int) -> int:
        metered.append((current_tenant(), transaction))
        if len(metered) == 2:
            done.set()
        return 1

    meter = usage_meter("dns", standing_clock(), Transactions(), 900.0, due=due, flush=flush)
    meter.start()
    assert done.wait(10)
    meter.stop()

    assert asked == [NOW - timedelta(seconds=900)]
    assert metered == [("t-1", 2), ("t-2", 3)]


def test_what_fails_for_one_tenant_stops_no_other_and_is_tried_again_soon() -> None:
    metered: list[str] = []
    done = threading.Event()

    def flush(_transaction: int) -> int:
        metered.append(current_tenant())
        if metered.count("t-1") == 1 and current_tenant() == "t-1":
            raise RuntimeError("the row is locked")
        if len(metered) == 4:
            done.set()
        return 1

    meter = usage_meter("dns", standing_clock(), Transactions(), 0.05, due=lambda *_: ["t-1", "t-2"], flush=flush)
    meter.start()
    assert done.wait(10)
    meter.stop()

    assert metered[:4] == ["t-1", "t-2", "t-1", "t-2"]
