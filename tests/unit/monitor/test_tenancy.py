"""Closed tenants: whatever they have kept goes in batches, and an interrupted removal is taken up again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.monitor.operations import tenancy
from services.monitor.operations.retention import BATCH
from services.monitor.ports import Ports
from shared.kernel.context import current_tenant, service_context
from shared.utils.clock import FixedClock
from tests.unit.clocks import standing_clock


class Store:
    """What monitor keeps of tenants: samples and, for as long as something may be left, when they were closed."""

    def __init__(self, **samples: int) -> None:
        self.samples = samples
        self.closed: dict[str, datetime] = {}
        self.series = set(samples)
        self.transactions: list[int] = []
        self.fail_after: int | None = None
        self.taken_by_others = 0

    def run(self, work: Callable[[Any], Any]) -> Any:
        """One transaction; notes how many samples it deleted."""
        if self.fail_after is not None and len(self.transactions) >= self.fail_after:
            raise ConnectionError
        before = sum(self.samples.values())
        done = work(None)
        self.transactions.append(before - sum(self.samples.values()))
        return done

    def forget_samples_of_tenant(self, _: object, limit: int) -> bool:
        kept = self.samples.get(current_tenant(), 0)
        self.samples[current_tenant()] = kept - min(limit - self.taken_by_others, kept)
        return self.samples[current_tenant()] > 0

    def forget_tenant(self, _: object) -> None:
        assert self.samples[current_tenant()] == 0, "the samples go with their series, in one transaction"
        self.series.discard(current_tenant())

    def stop_tenant(self, _: object, closed_at: datetime) -> None:
        self.closed[current_tenant()] = closed_at

    def resume_tenant(self, _: object) -> None:
        del self.closed[current_tenant()]


@pytest.fixture
def clock() -> FixedClock:
    return standing_clock()


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch, clock: FixedClock) -> Callable[[Store], Callable[[], None]]:
    """Closes a store's tenants; what removes the rest of them."""

    def close(store: Store) -> Callable[[], None]:
        for name in ("forget_samples_of_tenant", "forget_tenant", "stop_tenant", "resume_tenant"):
            monkeypatch.setattr(tenancy, name, getattr(store, name))
        monkeypatch.setattr(tenancy, "closed_tenants", lambda _: dict(store.closed))
        monkeypatch.setattr(tenancy, "delete_rules", lambda _: None)
        ports = Ports(settings=None, clock=clock)  # type: ignore[arg-type]
        for tenant in list(store.samples):
            with service_context("monitor", tenant, clock):
                store.run(lambda session: tenancy.close(session, ports))
        return lambda: tenancy.remove_late(store, ports)

    return close


def test_what_fits_into_a_transaction_goes_at_once(closed: Any, clock: FixedClock) -> None:
    store = Store(small=BATCH - 1)
    remove_late = closed(store)
    assert (store.samples, store.series) == ({"small": 0}, set())
    remove_late()
    assert set(store.closed) == {"small"}
    clock.advance(tenancy.LAST_REQUESTS + timedelta(seconds=1))
    remove_late()
    assert not store.closed


def test_what_somebody_else_takes_of_a_batch_does_not_make_it_the_last_one(closed: Any) -> None:
    store = Store(large=3 * BATCH)
    store.taken_by_others = 1
    remove_late = closed(store)
    remove_late()
    assert (store.samples, store.series) == ({"large": 0}, set())
    assert max(store.transactions) == BATCH - 1


def test_no_transaction_deletes_more_than_a_batch(closed: Any) -> None:
    store = Store(large=7 * BATCH + 1)
    remove_late = closed(store)
    assert store.samples["large"] == 6 * BATCH + 1
    remove_late()
    assert (store.samples["large"], store.series) == (0, set())
    assert max(store.transactions) == BATCH


def test_a_tenant_with_very_much_keeps_no_other_waiting(closed: Any) -> None:
    store = Store(huge=(tenancy.BATCHES + 50) * BATCH, other=3 * BATCH)
    remove_late = closed(store)
    remove_late()
    assert store.samples == {"huge": 49 * BATCH, "other": 0}
    remove_late()
    assert store.samples == {"huge": 0, "other": 0}


def test_a_removal_that_was_interrupted_goes_on_where_it_was(closed: Any, clock: FixedClock) -> None:
    store = Store(large=7 * BATCH)
    remove_late = closed(store)
    clock.advance(tenancy.LAST_REQUESTS + timedelta(seconds=1))
    store.fail_after = len(store.transactions) + 3
    remove_late()
    assert (store.samples["large"], set(store.closed)) == (4 * BATCH, {"large"})
    store.fail_after = None
    remove_late()
    assert (store.samples["large"], store.closed, store.series) == (0, {}, set())
