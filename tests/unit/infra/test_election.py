"""Who leads, and until when."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.infra.election import LeaderElection, accepts_term
from shared.infra.fencing import FencingGuard, StaleFencingToken
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd

TTL = 60


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 6, 1, tzinfo=UTC))


@pytest.fixture
def etcd(clock: FixedClock) -> MemoryEtcd:
    return MemoryEtcd(clock)


def candidate(etcd: MemoryEtcd, clock: FixedClock, name: str) -> LeaderElection:
    return LeaderElection(etcd, "rollouts", name, ttl=TTL, clock=clock)


def test_one_of_two_candidates_leads(etcd: MemoryEtcd, clock: FixedClock) -> None:
    first, second = candidate(etcd, clock, "a"), candidate(etcd, clock, "b")
    assert (first.try_campaign(), second.try_campaign()) == (True, False)
    assert (first.is_leader(), second.is_leader()) == (True, False)
    assert second.leader() == first.leader()
    leader = first.leader()
    assert leader is not None
    assert leader.candidate == "a"
    first.resign()


def test_a_leader_stops_acting_before_its_lease_has_run_out(etcd: MemoryEtcd, clock: FixedClock) -> None:
    leader = candidate(etcd, clock, "a")
    leader.try_campaign()
    etcd.down = True
    clock.advance(timedelta(seconds=TTL * 0.89))
    assert leader.is_leader()
    clock.advance(timedelta(seconds=TTL * 0.02))
    assert not leader.is_leader()
    assert (leader.fencing_token, leader.term) == (0, 0)


def test_two_candidates_never_lead_at_the_same_moment(etcd: MemoryEtcd, clock: FixedClock) -> None:
    paused, successor = candidate(etcd, clock, "a"), candidate(etcd, clock, "b")
    paused.try_campaign()
    for _ in range(TTL + 5):
        successor.try_campaign()
        assert not (paused.is_leader() and successor.is_leader())
        clock.advance(timedelta(seconds=1))
    assert not paused.is_leader()
    leader = successor.leader()
    assert leader is not None
    assert leader.candidate == "b"
    successor.resign()


def test_a_stepped_wall_clock_makes_nobody_leader_and_deposes_nobody(etcd: MemoryEtcd, clock: FixedClock) -> None:
    leader, other = candidate(etcd, clock, "a"), candidate(etcd, clock, "b")
    leader.try_campaign()
    clock.step(timedelta(days=1))
    assert (leader.is_leader(), other.try_campaign()) == (True, False)
    leader.resign()


def test_every_leadership_has_a_greater_term_and_token(etcd: MemoryEtcd, clock: FixedClock) -> None:
    terms, tokens = [], []
    for name in "abca":
        leader = candidate(etcd, clock, name)
        leader.try_campaign()
        terms.append(leader.term)
        tokens.append(leader.fencing_token)
        leader.resign()
    assert terms == [1, 2, 3, 4]
    assert tokens == sorted(set(tokens))


def test_the_write_of_a_deposed_leader_is_refused_by_the_resource(etcd: MemoryEtcd, clock: FixedClock) -> None:
    guard = FencingGuard()
    old, new = candidate(etcd, clock, "a"), candidate(etcd, clock, "b")
    old.try_campaign()
    stale = old.fencing_token
    clock.advance(timedelta(seconds=TTL))
    new.try_campaign()
    guard.admit(new.fencing_token)
    with pytest.raises(StaleFencingToken):
        guard.admit(stale)
    new.resign()


def test_observers_hear_of_both_ends_of_a_leadership(etcd: MemoryEtcd, clock: FixedClock) -> None:
    heard: list[bool] = []
    leader = candidate(etcd, clock, "a")
    leader.observe(heard.append)
    leader.try_campaign()
    leader.resign()
    assert heard == [True, False]


@pytest.mark.parametrize(("current", "term", "accepted"), [(4, 5, True), (4, 4, False), (4, 3, False), (0, 1, True)])
def test_only_a_greater_term_is_new(current: int, term: int, accepted: bool) -> None:
    assert accepts_term(current, term) is accepted
