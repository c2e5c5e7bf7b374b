"""What an instance on a host may hold in place of what it holds (OpenStack Placement)."""

from __future__ import annotations

import pytest

from services.compute.domain.hosts import HostState
from services.compute.domain.inventory import Inventory
from services.compute.domain.resources import ResourceClass

VCPU, MEMORY, DISK = ResourceClass.VCPU, ResourceClass.MEMORY_MIB, ResourceClass.DISK_GIB


def host(used: int, step: int = 1) -> HostState:
    inventories = {VCPU: Inventory(VCPU, 1_000, step_unit=step), MEMORY: Inventory(MEMORY, 512)}
    return HostState("h", "nimbus", "nimbus-eu-1", "nimbus-eu-1a", inventories, {VCPU: used, MEMORY: 512})


@pytest.mark.parametrize(
    ("used", "held", "wanted", "allowed"),
    [
        (900, 400, 500, True),
        (900, 400, 501, False),
        (4_000, 4_000, 2_000, True),
        (4_000, 4_000, 4_000, True),
        (4_000, 4_000, 4_001, False),
    ],
)
def test_room_is_needed_for_what_grows_alone(used: int, held: int, wanted: int, allowed: bool) -> None:
    assert host(used).allows_change({VCPU: held, MEMORY: 512}, {VCPU: wanted, MEMORY: 512}) is allowed


def test_what_changes_keeps_the_unit_rules_and_what_stays_needn_t() -> None:
    choosy = host(100, step=100)

    assert choosy.allows_change({VCPU: 150}, {VCPU: 100})
    assert not choosy.allows_change({VCPU: 150}, {VCPU: 120})
    assert choosy.allows_change({VCPU: 150, MEMORY: 100}, {VCPU: 150, MEMORY: 50})


def test_what_the_host_has_not_can_not_be_held() -> None:
    assert not host(0).allows_change({VCPU: 100}, {VCPU: 100, DISK: 1})
