"""Distributed locks and lock records."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.infra.coordination import Companions, Put
from shared.infra.locks import DistributedLock, LockHeld, LockHolder, LockLost
from shared.infra.state_lock import LockInfo, StateLocked, StateLocks
from shared.utils.clock import FixedClock
from shared.utils.deadline import Deadline
from tests.unit.infra.fakes import MemoryEtcd, MemoryStream

TTL = 60


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 6, 1, tzinfo=UTC))


@pytest.fixture
def etcd(clock: FixedClock) -> MemoryEtcd:
    return MemoryEtcd(clock)


def lock(etcd: MemoryEtcd, clock: FixedClock, owner: str) -> DistributedLock:
    return DistributedLock(etcd, "environments/prod", owner, ttl=TTL, clock=clock)


def test_a_second_owner_is_told_who_holds_it(etcd: MemoryEtcd, clock: FixedClock) -> None:
    first, second = lock(etcd, clock, "alice"), lock(etcd, clock, "bob")
    assert first.try_acquire() is None
    assert second.try_acquire() == LockHolder("alice", first.token)
    with pytest.raises(LockHeld) as refused:
        second.acquire(Deadline.after(0, clock))
    assert (refused.value.code, refused.value.extra["owner"]) == ("lock_held", "alice")
    first.release()


def test_a_later_holder_has_a_greater_fencing_token(etcd: MemoryEtcd, clock: FixedClock) -> None:
    tokens = []
    for owner in ("alice", "bob", "alice"):
        with lock(etcd, clock, owner) as held:
            tokens.append(held.token)
    assert tokens == sorted(set(tokens))


def test_the_release_of_a_lost_lock_does_not_free_its_next_owner(etcd: MemoryEtcd, clock: FixedClock) -> None:
    paused, successor = lock(etcd, clock, "alice"), lock(etcd, clock, "bob")
    paused.acquire()
    clock.advance(timedelta(seconds=TTL))
    successor.acquire()
    assert paused.release() is False
    assert successor.holder() == LockHolder("bob", successor.token)
    assert successor.release() is True
    assert successor.holder() is None


def test_a_lock_held_for_longer_than_changes_are_kept_is_waited_for(etcd: MemoryEtcd, clock: FixedClock) -> None:
    first = lock(etcd, clock, "alice")
    first.acquire()
    for number in range(3):
        etcd.commit(puts=[Put("/other", str(number).encode())])
    etcd.compact()
    until = Deadline.after(5, clock)
    watch = etcd.changes

    def a_second_later(prefix: str, start_revision: int, seconds: float | None = None) -> MemoryStream:
        stream = watch(prefix, start_revision, seconds)
        clock.advance(timedelta(seconds=1))
        return stream

    etcd.changes = a_second_later  # type: ignore[method-assign]
    with pytest.raises(LockHeld):
        lock(etcd, clock, "bob").acquire(until)
    first.release()


def test_a_lock_past_its_lease_is_known_to_be_lost(etcd: MemoryEtcd, clock: FixedClock) -> None:
    held = lock(etcd, clock, "alice")
    held.acquire()
    held.check()
    etcd.down = True
    clock.advance(timedelta(seconds=TTL))
    with pytest.raises(LockLost):
        held.check()


def test_the_lease_is_renewed_while_the_lock_is_held(etcd: MemoryEtcd, clock: FixedClock) -> None:
    with DistributedLock(etcd, "short", "alice", ttl=1, clock=clock):
        assert etcd.renewed.wait(timeout=5)


def test_a_lock_is_released_when_its_block_raises(etcd: MemoryEtcd, clock: FixedClock) -> None:
    held = lock(etcd, clock, "alice")
    with pytest.raises(KeyError), held:
        raise KeyError
    assert held.holder() is None


def test_one_lock_object_is_not_acquired_twice(etcd: MemoryEtcd, clock: FixedClock) -> None:
    with lock(etcd, clock, "alice") as held, pytest.raises(RuntimeError):
        held.try_acquire()


def test_a_workspace_is_freed_only_by_its_lock_id(etcd: MemoryEtcd) -> None:
    locks = StateLocks(etcd)
    mine = LockInfo("id-1", "alice", "OperationTypeApply")
    locks.acquire("t1", "prod", mine)
    with pytest.raises(StateLocked) as refused:
        locks.release("t1", "prod", "id-2")
    assert (refused.value.status, refused.value.holder) == (423, mine)
    assert locks.holder("t1", "prod") == mine
    assert locks.release("t1", "prod", "id-1") is True
    assert locks.release("t1", "prod", "id-1") is False


def test_what_undoes_an_acquisition_frees_the_lock_only_until_it_is_taken_again(etcd: MemoryEtcd) -> None:
    # Given a lock that is taken twice under one id, each time with a note
    locks, mine = StateLocks(etcd), LockInfo("id-1", "alice")
    first = locks.acquire("t1", "prod", mine, Companions(puts=[Put("/note/1", b"")]))
    assert locks.acquire("t1", "prod", mine, Companions(puts=[Put("/note/2", b"")])) == first
    before, after = (note.mod_revision for note in etcd.snapshot("/note/").items)
    assert (before, after > before) == (first, True)
    # When the first is undone, then the lock is the second's, and what went with the release isn't written
    done = Companions(deletes=["/note/1"])
    assert locks.release("t1", "prod", "id-1", done, revision=before) is False
    assert (locks.holder("t1", "prod"), etcd.get("/note/1") is None) == (mine, False)
    assert locks.release("t1", "prod", "id-1", done, revision=after) is True
    assert (locks.holder("t1", "prod"), etcd.get("/note/1")) == (None, None)


def test_a_workspace_is_taken_only_as_its_guard_found_it(etcd: MemoryEtcd) -> None:
    locks, mine = StateLocks(etcd), LockInfo("id-1", "alice")
    free = locks.guard("t1", "prod", "id-1")
    assert locks.take("t1", "prod", mine, free, Companions(puts=[Put("/note/1", b"")])) is True
    held = locks.guard("t1", "prod", "id-1")
    assert locks.take("t1", "prod", mine, held, Companions(puts=[Put("/note/2", b"")])) is True
    # And neither as it was before, nor with what goes with it
    for guard in (free, held):
        assert locks.take("t1", "prod", mine, guard, Companions(puts=[Put("/note/3", b"")])) is False
    assert [note.key for note in etcd.snapshot("/note/").items] == ["/note/1", "/note/2"]


def test_workspaces_of_two_tenants_do_not_share_a_lock(etcd: MemoryEtcd) -> None:
    locks = StateLocks(etcd)
    locks.acquire("t1", "a/b", LockInfo("1", "alice"))
    locks.acquire("t1/a", "b", LockInfo("2", "bob"))
    with pytest.raises(StateLocked):
        locks.acquire("t1", "a/b", LockInfo("3", "carol"))


def test_a_workspace_lock_is_freed_when_the_work_raises(etcd: MemoryEtcd) -> None:
    locks = StateLocks(etcd)
    with pytest.raises(ZeroDivisionError), locks.held("t1", "prod", LockInfo("1", "alice")):
        raise ZeroDivisionError
    assert locks.holder("t1", "prod") is None


def test_a_write_under_another_lock_id_is_refused(etcd: MemoryEtcd) -> None:
    locks = StateLocks(etcd)
    locks.check("t1", "prod", None)
    locks.acquire("t1", "prod", LockInfo("1", "alice"))
    locks.check("t1", "prod", "1")
    for wrong in ("2", None):
        with pytest.raises(StateLocked):
            locks.check("t1", "prod", wrong)
