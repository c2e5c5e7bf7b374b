"""Choosing a host as Nova's filter scheduler does: filters first, then normalised weighers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from services.compute.domain.errors import NoValidHost
from services.compute.domain.hosts import HostState
from services.compute.domain.resources import ResourceClass, Resources
from services.compute.domain.server_groups import ServerGroup


class Tenancy(StrEnum):
    """Whose hosts an instance may run on."""

    SHARED = "shared"
    DEDICATED = "dedicated"


class Spreading(StrEnum):
    """Whether weighers prefer empty hosts or full ones."""

    SPREAD = "spread"
    PACK = "pack"


@dataclass(frozen=True)
class PlacementRequest:
    """What is to be placed and what it asks of its host. None means anywhere."""

    tenant_id: str
    resources: Resources
    provider: str | None = None
    region: str | None = None
    zone: str | None = None
    tenancy: Tenancy = Tenancy.SHARED
    spreading: Spreading = Spreading.SPREAD
    group: ServerGroup | None = None


Filter = Callable[[HostState, PlacementRequest], bool]
Weigher = Callable[[HostState, PlacementRequest], int]


def in_location(host: HostState, request: PlacementRequest) -> bool:
    """The provider, region and zone asked for."""
    return (
        request.provider in (None, host.provider)
        and request.region in (None, host.region)
        and request.zone in (None, host.zone)
    )


def is_enabled(host: HostState, request: PlacementRequest) -> bool:
    """Hosts in maintenance take nothing new."""
    return host.enabled


def tenancy_matches(host: HostState, request: PlacementRequest) -> bool:
    """A dedicated host takes its own tenant's dedicated instances only; everything else runs on shared hosts."""
    if request.tenancy is Tenancy.DEDICATED:
        return host.dedicated_tenant_id == request.tenant_id
    return host.dedicated_tenant_id is None


def has_instance_slot(host: HostState, request: PlacementRequest) -> bool:
    """Fewer instances than the host's limit (Nova's NumInstancesFilter)."""
    return host.instances < host.max_instances


def has_capacity(host: HostState, request: PlacementRequest) -> bool:
    """Room for every resource, by the inventory's unit rules."""
    return host.fits(request.resources)


def group_allows(host: HostState, request: PlacementRequest) -> bool:
    """Hard affinity or anti-affinity."""
    return request.group is None or request.group.allows(host.id)


FILTERS: tuple[tuple[str, Filter], ...] = (
    ("location", in_location),
    ("enabled", is_enabled),
    ("tenancy", tenancy_matches),
    ("instance_slots", has_instance_slot),
    ("capacity", has_capacity),
    ("group", group_allows),
)


def free_cpu(host: HostState, request: PlacementRequest) -> int:
    """Free millicores: more is emptier."""
    return host.free_of(ResourceClass.VCPU)


def free_memory(host: HostState, request: PlacementRequest) -> int:
    """Free MiB: more is emptier."""
    return host.free_of(ResourceClass.MEMORY_MIB)


def few_instances(host: HostState, request: PlacementRequest) -> int:
    """Fewer instances is emptier."""
    return -host.instances


def soft_group(host: HostState, request: PlacementRequest) -> int:
    """What a soft group policy prefers; it doesn't turn with spreading."""
    return 0 if request.group is None else request.group.preference(host.id)


SPREAD_WEIGHERS: tuple[tuple[Weigher, int], ...] = ((free_cpu, 1), (free_memory, 1), (few_instances, 1))
"""Weighers with their multipliers; packing turns the sign."""

SIGN = {Spreading.SPREAD: 1, Spreading.PACK: -1}

GROUP_MULTIPLIER = 10
"""A soft group outweighs all spreading weighers together, which add up to 3 at most."""


def normalise(raw: Sequence[int]) -> list[Fraction]:
    """Min-max normalisation to 0..1, exact; all equal values become 0 (Nova's `normalize`)."""
    low, high = min(raw), max(raw)
    if low == high:
        return [Fraction(0)] * len(raw)
    return [Fraction(value - low, high - low) for value in raw]


def weigh(hosts: Sequence[HostState], request: PlacementRequest) -> list[tuple[Fraction, HostState]]:
    """Hosts with their weights, best first; equal weights keep the order of ids, so a choice can be repeated."""
    if not hosts:
        return []
    sign = SIGN[request.spreading]
    terms = [(weigher, multiplier * sign) for weigher, multiplier in SPREAD_WEIGHERS]
    terms.append((soft_group, GROUP_MULTIPLIER))
    weights = [Fraction(0)] * len(hosts)
    for weigher, multiplier in terms:
        for index, value in enumerate(normalise([weigher(host, request) for host in hosts])):
            weights[index] += multiplier * value
    return sorted(zip(weights, hosts, strict=True), key=lambda entry: (-entry[0], entry[1].id))


def choose_host(hosts: Sequence[HostState], request: PlacementRequest) -> HostState:
    """The best host that passes every filter.

    Raises NoValidHost with the filter that refused the last candidates; how many hosts there are stays private.
    """
    candidates = list(hosts)
    for name, accepts in FILTERS:
        candidates = [host for host in candidates if accepts(host, request)]
        if not candidates:
            raise NoValidHost(f"no host passes the {name} filter", rejected_by=name)
    return weigh(candidates, request)[0][1]
