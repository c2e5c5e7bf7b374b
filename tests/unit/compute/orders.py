"""Ten thousand orders that follow from a seed, for comparing what placement decides with what it decided before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

from services.compute.domain.hosts import HostState
from services.compute.domain.inventory import Inventory
from services.compute.domain.placement import PlacementRequest, Spreading, Tenancy
from services.compute.domain.resources import ResourceClass, Resources
from services.compute.domain.server_groups import GroupPolicy, ServerGroup

COUNT = 10_000
VCPU, MEMORY, DISK = ResourceClass.VCPU, ResourceClass.MEMORY_MIB, ResourceClass.DISK_GIB
SIZES = tuple(
    Resources(Decimal(vcpus), memory_mib, disk_gib)
    for vcpus, memory_mib, disk_gib in (("0.1", 128, 1), ("0.25", 512, 4), ("1", 2048, 0), ("4", 8192, 80))
)
RATIOS = tuple(Decimal(ratio) for ratio in ("1", "1.5", "4", "0.9999"))


def orders(seed: int = 20_261_128) -> Iterator[tuple[list[HostState], PlacementRequest]]:
    """Each order with the hosts there are: a few of many kinds, many alike, so that filters refuse and ties happen."""
    chance = random.Random(seed)
    for _ in range(COUNT):
        hosts = [_host(chance, f"host-{number:02}") for number in range(chance.randrange(1, 12))]
        chance.shuffle(hosts)
        yield hosts, _request(chance, hosts)


def _host(chance: random.Random, name: str) -> HostState:
    zone = chance.choice("aab")
    cores, memory, disk = chance.choice((4_000, 8_000, 8_001)), chance.choice((16_384, 32_768)), 400
    inventories = {
        VCPU: Inventory(VCPU, cores, chance.choice((0, 500)), chance.choice(RATIOS), 1, 4_000, chance.choice((1, 50))),
        MEMORY: Inventory(MEMORY, memory, chance.choice((0, 1_024)), step_unit=chance.choice((1, 128))),
        DISK: Inventory(DISK, disk, min_unit=chance.choice((1, 2))),
    }
    if chance.random() < 0.03:
        del inventories[chance.choice((MEMORY, DISK))]
    return HostState(
        id=name,
        provider="nimbus",
        region="nimbus-eu-1",
        zone=f"nimbus-eu-1{zone}",
        inventories=inventories,
        used={VCPU: chance.randrange(0, 9) * 1_000, MEMORY: chance.randrange(0, 9) * 2_048, DISK: 40},
        enabled=chance.random() < 0.95,
        dedicated_tenant_id=chance.choice((None, None, None, "t-1", "t-2")),
        instances=chance.randrange(0, 9),
        max_instances=chance.choice((8, 50)),
    )


def _request(chance: random.Random, hosts: list[HostState]) -> PlacementRequest:
    group = None
    if chance.random() < 0.4:
        members = tuple(chance.choice(hosts).id for _ in range(chance.randrange(0, 4)))
        group = ServerGroup("sg", chance.choice(list(GroupPolicy)), members)
    return PlacementRequest(
        tenant_id="t-1",
        resources=chance.choice(SIZES),
        provider=chance.choice((None, "nimbus")),
        zone=chance.choice((None, "nimbus-eu-1a", "nimbus-eu-1b")),
        tenancy=chance.choice((Tenancy.SHARED, Tenancy.SHARED, Tenancy.DEDICATED)),
        spreading=chance.choice(list(Spreading)),
        group=group,
    )
