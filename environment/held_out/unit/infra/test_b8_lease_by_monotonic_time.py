"""A lease lasts as many seconds as have passed, whatever the wall clock was set to meanwhile."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.infra.election import LeaderElection
from shared.infra.lease_clock import LeaseClock
from shared.infra.locks import DistributedLock
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd

TTL = 60


def clock_at_noon() -> FixedClock:
    return FixedClock(datetime(2025, 6, 1, 12, tzinfo=UTC))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(-5000, 5000)), max_size=8))
def test_only_time_that_passes_uses_it_up(moves: list[tuple[int, int]]) -> None:
    clock = clock_at_noon()
    lease = LeaseClock(TTL, clock, margin=6)
    lease.renewed(lease.now())
    passed = 0
    for seconds, jump in moves:
        clock.advance(timedelta(seconds=seconds))
        clock.step(timedelta(seconds=jump))
        passed += seconds
        assert lease.remaining() == max(0, TTL - 6 - passed)
        assert lease.alive() is (passed < TTL - 6)


@settings(derandomize=True, deadline=None, max_examples=10)
@given(st.integers(-100_000, 100_000))
def test_a_step_between_a_renewals_sending_and_its_answer_is_nothing(jump: int) -> None:
    clock = clock_at_noon()
    lease = LeaseClock(TTL, clock, margin=6)
    sent_at = lease.now()
    clock.step(timedelta(seconds=jump))
    clock.advance(timedelta(seconds=4))
    lease.renewed(sent_at)
    assert lease.remaining() == TTL - 6 - 4


def test_a_clock_that_is_set_takes_no_lock_and_no_leadership_away_and_keeps_none() -> None:
    for jump in (timedelta(days=2), timedelta(days=-2)):
        clock = clock_at_noon()
        etcd = MemoryEtcd(clock)
        leader = LeaderElection(etcd, "rollouts", "a", ttl=TTL, clock=clock)
        lock = DistributedLock(etcd, "prod", "a", ttl=TTL, clock=clock)
        assert leader.try_campaign()
        lock.acquire()
        clock.step(jump)
        lock.check()
        assert (leader.is_leader(), leader.term, lock.held) == (True, 1, True)
        etcd.down = True
        clock.advance(timedelta(seconds=TTL))
        clock.step(-jump)
        assert (leader.is_leader(), leader.fencing_token, lock.held) == (False, 0, False)
