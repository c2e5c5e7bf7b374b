"""A lock is the same again only under its own id, whoever holds it and whoever asks."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.infra.state_lock import LockInfo, StateLocked, StateLocks
from tests.unit.clocks import standing_clock
from tests.unit.infra.fakes import MemoryEtcd

HELD = LockInfo("dep-1", "user:1", "deployment", "release 4", "2025-01-01T00:00:00Z", managed=True)


def locks() -> StateLocks:
    return StateLocks(MemoryEtcd(standing_clock()))


@settings(derandomize=True, phases=[Phase.generate], max_examples=100, deadline=None)
@given(
    held=st.builds(LockInfo, st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from(["apply", "deployment"])),
    wanted=st.builds(LockInfo, st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from(["apply", "deployment"])),
)
def test_a_held_lock_is_given_again_under_its_id_alone(held: LockInfo, wanted: LockInfo) -> None:
    found = locks()
    token = found.acquire("t1", "prod", held)
    if wanted.id == held.id:
        assert found.acquire("t1", "prod", wanted) == token
    else:
        with pytest.raises(StateLocked) as refused:
            found.acquire("t1", "prod", wanted)
        assert refused.value.holder == held
    assert found.holder("t1", "prod") == held


@pytest.mark.parametrize(("managed", "operation"), product([True, False], ["deployment", "OperationTypeApply"]))
def test_of_two_operations_of_one_person_the_second_waits_until_the_first_has_ended(
    managed: bool, operation: str
) -> None:
    found = locks()
    second = replace(HELD, id="dep-2", managed=managed, operation=operation)
    first_token = found.acquire("t1", "prod", HELD)
    with pytest.raises(StateLocked):
        found.acquire("t1", "prod", second)
    # Neither is the lock freed by the id of the one that doesn't hold it
    with pytest.raises(StateLocked):
        found.release("t1", "prod", second.id)
    assert found.release("t1", "prod", HELD.id) is True
    assert found.acquire("t1", "prod", second) > first_token
    with pytest.raises(StateLocked):
        found.acquire("t1", "prod", HELD)


def test_one_person_holds_as_many_workspaces_as_there_are() -> None:
    found = locks()
    places = [("t1", "prod"), ("t1", "test"), ("t2", "prod")]
    tokens = [found.acquire(*place, replace(HELD, id=f"dep-{n}")) for n, place in enumerate(places)]
    assert len(set(tokens)) == len(places)
