"""A workspace is free once nobody works on it, whatever became of the work."""

from datetime import UTC, datetime

import pytest

from shared.errors import ValidationFailed
from shared.infra.coordination import Companions, Put
from shared.infra.state_lock import LockInfo, StateLocked, StateLocks
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd

NOTED = Companions(puts=[Put("/note", b"1")])
DONE = Companions(deletes=["/note"])


@pytest.fixture
def etcd() -> MemoryEtcd:
    return MemoryEtcd(FixedClock(datetime(2025, 6, 1, tzinfo=UTC)))


@pytest.mark.parametrize("failure", [ValidationFailed, KeyboardInterrupt, GeneratorExit, SystemExit])
def test_a_workspace_is_free_and_nothing_is_left_noted_when_the_work_fails(
    etcd: MemoryEtcd, failure: type[BaseException]
) -> None:
    locks = StateLocks(etcd)
    for number in range(3):
        with pytest.raises(failure), locks.held("t1", "prod", LockInfo(f"id-{number}", "us"), NOTED, DONE):
            raise failure("no")
        assert locks.holder("t1", "prod") is None
        assert etcd.get("/note") is None


def test_the_failure_of_one_workspace_frees_no_other(etcd: MemoryEtcd) -> None:
    locks = StateLocks(etcd)
    with locks.held("t1", "prod", LockInfo("outer", "us")):
        with pytest.raises(LookupError), locks.held("t1", "stage", LockInfo("inner", "us")):
            raise LookupError
        assert locks.holder("t1", "stage") is None
        with pytest.raises(StateLocked):
            locks.acquire("t1", "prod", LockInfo("other", "them"))
    assert locks.holder("t1", "prod") is None
