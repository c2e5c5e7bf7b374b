"""How long a lease is ours by our own clock."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.infra.lease_clock import LeaseClock
from shared.utils.clock import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 6, 1, tzinfo=UTC))


def test_it_ends_a_margin_before_the_ttl(clock: FixedClock) -> None:
    lease = LeaseClock(10, clock, margin=1)
    lease.renewed(lease.now())
    clock.advance(timedelta(seconds=8.999))
    assert lease.alive()
    clock.advance(timedelta(seconds=0.001))
    assert not lease.alive()


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=400)])
def test_a_stepped_wall_clock_neither_expires_nor_revives_it(clock: FixedClock, jump: timedelta) -> None:
    lease = LeaseClock(10, clock, margin=1)
    lease.renewed(lease.now())
    clock.step(jump)
    assert lease.remaining() == 9.0
    clock.advance(timedelta(seconds=10))
    clock.step(-jump)
    assert not lease.alive()


def test_it_counts_from_when_the_renewal_was_sent(clock: FixedClock) -> None:
    lease = LeaseClock(10, clock, margin=1)
    sent_at = lease.now()
    clock.advance(timedelta(seconds=4))
    lease.renewed(sent_at)
    assert lease.remaining() == 5.0


def test_a_late_answer_to_an_old_renewal_shortens_nothing(clock: FixedClock) -> None:
    lease = LeaseClock(10, clock, margin=1)
    early = lease.now()
    clock.advance(timedelta(seconds=3))
    lease.renewed(lease.now())
    lease.renewed(early)
    assert lease.remaining() == 9.0


def test_an_ended_lease_is_not_revived_by_a_late_renewal(clock: FixedClock) -> None:
    lease = LeaseClock(10, clock)
    lease.end()
    lease.renewed(lease.now())
    assert not lease.alive()


def test_a_lease_that_was_never_granted_is_not_alive(clock: FixedClock) -> None:
    assert LeaseClock(10, clock).remaining() == 0.0
