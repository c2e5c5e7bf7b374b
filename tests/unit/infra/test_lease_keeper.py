"""Renewals of a lease, and what its holder knows of it after each."""

import threading
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from shared.infra.coordination import Coordination, CoordinationUnavailable
from shared.infra.lease_clock import LeaseClock
from shared.infra.lease_keeper import LEAST_PATIENCE_SECONDS, LeaseKeeper
from shared.utils.clock import FixedClock

LEASE = 7
TTL = 12.0
"""A third of it passes between two renewals."""
ENDS_SOON = 5.0
"""How long a thread may take to come to its end."""


class Answering:
    """An etcd of renewals only: each takes `takes` seconds of the clock and says that the lease lasts `seconds`."""

    def __init__(self, clock: FixedClock, seconds: int | None, takes: float = 0.0) -> None:
        self.seconds, self.takes = seconds, takes
        self.asked: list[tuple[int, float]] = []
        self._clock = clock

    def keep_alive(self, lease_id: int, timeout: float) -> int:
        self.asked.append((lease_id, timeout))
        self._clock.advance(timedelta(seconds=self.takes))
        if self.seconds is None:
            raise CoordinationUnavailable("down")
        return self.seconds


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 6, 1, tzinfo=UTC))


@pytest.fixture
def lease(clock: FixedClock) -> LeaseClock:
    """A lease that was granted just now."""
    granted = LeaseClock(TTL, clock, margin=0.0)
    granted.renewed(granted.now())
    return granted


def keeper_of(etcd: Answering, lease: LeaseClock, lost: threading.Event) -> LeaseKeeper:
    return LeaseKeeper(cast(Coordination, etcd), LEASE, lease, lost.set)


def renew(etcd: Answering, lease: LeaseClock) -> None:
    keeper_of(etcd, lease, threading.Event()).renew_once()


@pytest.mark.parametrize("seconds", [1, 2, 12])
def test_a_lease_that_lasts_at_all_is_renewed_from_when_it_was_asked_for(
    clock: FixedClock, lease: LeaseClock, seconds: int
) -> None:
    # Given a lease of which half is over
    clock.advance(timedelta(seconds=6))
    # When its renewal is confirmed after two seconds, however short a time etcd says
    renew(Answering(clock, seconds, takes=2.0), lease)
    # Then it is ours for its whole time, less those two seconds
    assert (lease.alive(), lease.remaining()) == (True, TTL - 2.0)


def test_a_lease_that_etcd_does_not_know_any_more_is_over_at_once(clock: FixedClock, lease: LeaseClock) -> None:
    # Given a lease that is ours for twelve seconds by its clock
    assert lease.remaining() == TTL
    # When its renewal is answered by zero
    renew(Answering(clock, 0), lease)
    # Then it is over, and no later answer brings it back
    assert (lease.alive(), lease.remaining()) == (False, 0.0)
    renew(Answering(clock, 12), lease)
    assert not lease.alive()


def test_without_an_answer_the_clock_alone_decides(clock: FixedClock, lease: LeaseClock) -> None:
    # Given an etcd that doesn't answer
    silent = Answering(clock, None, takes=4.0)
    # When the lease is to be renewed, then it is neither renewed nor over
    renew(silent, lease)
    assert (lease.alive(), lease.remaining()) == (True, TTL - 4.0)
    # And it is over when its time is
    renew(silent, lease)
    renew(silent, lease)
    assert not lease.alive()


@pytest.mark.parametrize(
    ("passed", "patience"),
    [(0.0, 4.0), (8.0, 4.0), (9.0, 3.0), (11.5, 0.5), (12.0, LEAST_PATIENCE_SECONDS), (20.0, LEAST_PATIENCE_SECONDS)],
)
def test_a_renewal_is_awaited_for_no_longer_than_until_the_next_nor_than_the_lease_lasts(
    clock: FixedClock, lease: LeaseClock, passed: float, patience: float
) -> None:
    clock.advance(timedelta(seconds=passed))
    etcd = Answering(clock, 12)
    renew(etcd, lease)
    assert etcd.asked == [(LEASE, patience)]


def test_a_loss_is_told_once_and_ends_the_renewals(clock: FixedClock, lease: LeaseClock) -> None:
    # Given a lease whose time is over
    clock.advance(timedelta(seconds=TTL))
    etcd, told, stopped = Answering(clock, 12), [], threading.Event()

    def lost() -> None:
        told.append(threading.current_thread().name)
        keeper.stop()  # From its own thread, as who has lost a leadership does: it doesn't wait for itself.
        stopped.set()

    # When a keeper begins, then it says so and asks nothing more
    keeper = LeaseKeeper(cast(Coordination, etcd), LEASE, lease, lost)
    keeper.start()
    assert stopped.wait(ENDS_SOON)
    keeper.stop()
    assert (told, etcd.asked) == ([f"lease-{LEASE:x}"], [])


def test_a_keeper_that_was_stopped_renews_nothing_and_loses_nothing(clock: FixedClock, lease: LeaseClock) -> None:
    # Given a keeper that was stopped before it began
    etcd, lost = Answering(clock, 12), threading.Event()
    keeper = keeper_of(etcd, lease, lost)
    keeper.stop()
    # When it begins and its lease ends
    clock.advance(timedelta(seconds=TTL))
    keeper.start()
    keeper.stop()
    # Then nobody was asked or told
    assert (etcd.asked, lost.is_set()) == ([], False)
