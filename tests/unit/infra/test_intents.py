"""Notes of what was done in etcd and belongs to a database transaction."""

from datetime import UTC, datetime

import pytest

from shared.infra.intents import Intent, IntentLog
from shared.infra.state_lock import LockInfo, StateLocked, StateLocks
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd


@pytest.fixture
def etcd() -> MemoryEtcd:
    return MemoryEtcd(FixedClock(datetime(2025, 6, 1, tzinfo=UTC)))


def intent(id: str, workspace: str = "prod", tenant: str = "t1") -> Intent:
    return Intent(id, "lock", tenant, workspace, "user:ana", "c-1", "00-1", {"lock_id": id})


def test_an_intent_is_noted_with_what_it_is_about_or_not_at_all(etcd: MemoryEtcd) -> None:
    log, locks = IntentLog(etcd, "deploy"), StateLocks(etcd)
    locks.acquire("t1", "prod", LockInfo("a", "ana"), log.noted(intent("a")))
    assert log.pending() == (intent("a"),)
    # Somebody who doesn't get the lock has begun nothing
    with pytest.raises(StateLocked):
        locks.acquire("t1", "prod", LockInfo("b", "bo"), log.noted(intent("b")))
    assert log.pending() == (intent("a"),)
    # And the note goes with the lock
    locks.release("t1", "prod", "a", log.done(intent("a")))
    assert (log.pending(), locks.holder("t1", "prod")) == ((), None)


def test_the_intents_of_one_workspace_are_not_anothers(etcd: MemoryEtcd) -> None:
    log = IntentLog(etcd, "deploy")
    noted = [intent("3", "a"), intent("1", "b"), intent("2", "a"), intent("4", "a/b"), intent("5", "a", "t2")]
    for each in noted:
        etcd.commit(puts=log.noted(each).puts)
    assert [each.id for each in log.pending()] == ["1", "2", "3", "4", "5"]
    assert [each.id for each in log.pending("t1", "a")] == ["2", "3"]
    assert IntentLog(etcd, "other").pending() == ()
    log.forget(noted[0])
    assert [each.id for each in log.pending("t1", "a")] == ["2"]


def test_a_guard_holds_for_the_lock_as_it_was_and_for_no_other_of_the_same_content(etcd: MemoryEtcd) -> None:
    locks = StateLocks(etcd)
    free = locks.guard("t1", "prod", None)
    locks.acquire("t1", "prod", LockInfo("a", "ana"))
    held = locks.guard("t1", "prod", "a")
    with pytest.raises(StateLocked):
        locks.guard("t1", "prod", None)
    locks.release("t1", "prod", "a")
    locks.acquire("t1", "prod", LockInfo("a", "ana"))
    written = [
        etcd.commit(unchanged=guard.unchanged, absent=guard.absent, deletes=["/x"]) is not None
        for guard in (free, held, locks.guard("t1", "prod", "a"))
    ]
    assert written == [False, False, True]


def test_the_lock_of_an_operation_of_the_platform_is_no_clients(etcd: MemoryEtcd) -> None:
    locks = StateLocks(etcd)
    locks.acquire("t1", "prod", LockInfo("dep-1", "ana", managed=True))
    with pytest.raises(StateLocked) as refused:
        locks.guard("t1", "prod", "dep-1")
    assert refused.value.holder.id == "dep-1"


def test_an_intent_has_the_revision_of_what_it_was_noted_with_until_it_is_forgotten(etcd: MemoryEtcd) -> None:
    log, locks = IntentLog(etcd, "deploy"), StateLocks(etcd)
    assert (log.revision(intent("a")), log.at("t1", "prod", 0)) == (None, None)
    revision = locks.acquire("t1", "prod", LockInfo("a", "ana"), log.noted(intent("a")))
    locks.acquire("t1", "other", LockInfo("b", "bo"), log.noted(intent("b", "other")))
    assert (log.revision(intent("a")), log.at("t1", "prod", revision)) == (revision, intent("a"))
    assert (log.at("t1", "prod", revision + 1), log.at("t2", "prod", revision)) == (None, None)
    log.forget(intent("a"))
    assert (log.revision(intent("a")), log.at("t1", "prod", revision)) == (None, None)
