"""A lock is kept alive however it was taken, for as long as it is held, and no longer."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from shared.infra.locks import DistributedLock
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd

RENEWALS = 3
WITHIN_SECONDS = 10.0


def taken_at_once(lock: DistributedLock) -> None:
    assert lock.try_acquire() is None


def waited_for(lock: DistributedLock) -> None:
    lock.acquire()


def entered(lock: DistributedLock) -> None:
    lock.__enter__()


@pytest.mark.parametrize("take", [taken_at_once, waited_for, entered])
def test_whoever_holds_a_lock_has_it_renewed_again_and_again(take: Callable[[DistributedLock], None]) -> None:
    clock = FixedClock(datetime(2025, 6, 1, tzinfo=UTC))
    etcd = MemoryEtcd(clock)
    lock = DistributedLock(etcd, "long/work", "alice", ttl=1, clock=clock)
    take(lock)
    for _ in range(RENEWALS):
        etcd.renewed.clear()
        assert etcd.renewed.wait(WITHIN_SECONDS)
    assert lock.held
    assert lock.release() is True
    assert not lock.held


def test_a_lock_that_is_taken_again_is_kept_alive_again() -> None:
    clock = FixedClock(datetime(2025, 6, 1, tzinfo=UTC))
    etcd = MemoryEtcd(clock)
    lock = DistributedLock(etcd, "long/work", "alice", ttl=1, clock=clock)
    tokens = []
    for _ in range(2):
        with lock:
            tokens.append(lock.token)
            etcd.renewed.clear()
            assert etcd.renewed.wait(WITHIN_SECONDS)
    assert tokens == sorted(set(tokens))
    assert lock.holder() is None
