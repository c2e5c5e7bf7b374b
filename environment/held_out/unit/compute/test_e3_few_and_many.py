"""Where nothing else tells hosts apart, spreading takes the one with the fewest instances and packing the other end."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.compute.domain.hosts import HostState
from services.compute.domain.inventory import Inventory
from services.compute.domain.placement import PlacementRequest, Spreading, choose_host
from services.compute.domain.resources import ResourceClass, Resources

INVENTORIES = {kind: Inventory(kind, total=10_000) for kind in ResourceClass}
ORDER = PlacementRequest("t-1", Resources(Decimal("0.5"), 64, 1))


@settings(derandomize=True, deadline=None)
@given(counts=st.lists(st.integers(0, 49), min_size=2, max_size=8, unique=True))
def test_the_number_of_instances_decides_between_equals(counts: list[int]) -> None:
    hosts = [
        HostState(f"host-{count:02}", "nimbus", "nimbus-eu-1", "nimbus-eu-1a", INVENTORIES, instances=count)
        for count in counts
    ]

    assert choose_host(hosts, ORDER).instances == min(counts)
    assert choose_host(hosts, replace(ORDER, spreading=Spreading.PACK)).instances == max(counts)


@settings(derandomize=True, deadline=None)
@given(
    used=st.lists(st.integers(0, 9_000), min_size=2, max_size=8, unique=True),
    kind=st.sampled_from([ResourceClass.VCPU, ResourceClass.MEMORY_MIB]),
)
def test_so_does_any_other_resource(used: list[int], kind: ResourceClass) -> None:
    hosts = [
        HostState(f"host-{units:04}", "nimbus", "nimbus-eu-1", "nimbus-eu-1a", INVENTORIES, {kind: units})
        for units in used
    ]

    assert choose_host(hosts, ORDER).used_of(kind) == min(used)
    assert choose_host(hosts, replace(ORDER, spreading=Spreading.PACK)).used_of(kind) == max(used)
