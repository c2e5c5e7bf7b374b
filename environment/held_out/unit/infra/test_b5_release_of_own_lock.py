"""Nobody's release touches what is another's, whatever they are called and whatever they have noticed."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.infra.coordination import Put
from shared.infra.locks import DistributedLock, LockHolder
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd

TTL = 60


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 6, 1, tzinfo=UTC))


@pytest.fixture
def etcd(clock: FixedClock) -> MemoryEtcd:
    return MemoryEtcd(clock)


def lock(etcd: MemoryEtcd, clock: FixedClock, owner: str = "step-7") -> DistributedLock:
    return DistributedLock(etcd, "steps/step-7", owner, ttl=TTL, clock=clock)


def test_two_attempts_of_one_name_are_two_holders(etcd: MemoryEtcd, clock: FixedClock) -> None:
    slow, second = lock(etcd, clock), lock(etcd, clock)
    slow.acquire()
    clock.advance(timedelta(seconds=TTL))
    second.acquire()
    assert slow.release() is False
    assert second.holder() == LockHolder("step-7", second.token)
    assert lock(etcd, clock).try_acquire() == LockHolder("step-7", second.token)
    assert second.release() is True
    assert second.holder() is None


@pytest.mark.parametrize("owner", ["step-7", "another"])
def test_who_has_not_noticed_that_its_lease_is_gone_frees_nothing(
    etcd: MemoryEtcd, clock: FixedClock, owner: str
) -> None:
    first, second = lock(etcd, clock), lock(etcd, clock, owner)
    first.acquire()
    present = etcd.get(first.key)
    assert present is not None
    etcd.revoke(present.lease_id)
    second.acquire()
    # The first one's own clock still says that it holds the lock.
    assert first.held
    assert first.release() is False
    assert second.holder() == LockHolder(owner, second.token)
    second.release()


def test_a_key_without_a_lease_that_another_has_put_there_stays(etcd: MemoryEtcd, clock: FixedClock) -> None:
    held = lock(etcd, clock)
    held.acquire()
    etcd.commit(deletes=[held.key])
    etcd.commit(puts=[Put(held.key, b'{"owner": "by hand"}')])
    assert held.release() is False
    left = etcd.get(held.key)
    assert left is not None
    assert left.value == b'{"owner": "by hand"}'


def test_ones_own_lock_is_freed_and_so_is_its_lease(etcd: MemoryEtcd, clock: FixedClock) -> None:
    held = lock(etcd, clock)
    for _ in range(3):
        held.acquire()
        assert held.release() is True
        assert held.release() is False
        assert etcd.get(held.key) is None
