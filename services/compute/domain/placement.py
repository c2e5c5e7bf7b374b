"""Choosing a host as Nova's filter scheduler does: filters first, then normalised weighers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import prod

from services.compute.domain.errors import NoValidHost
from services.compute.domain.hosts import CLASSES, PLACES, HostState, Make
from services.compute.domain.resources import Resources
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
    ignore_hosts: frozenset[str] = frozenset()
    """Hosts that are out of the question, such as the one that the instance leaves (Nova's `ignore_hosts`)."""
    requested_host: str | None = None
    """The only host in question, by an operator's wish; it has to pass every filter all the same."""


VCPU, MEMORY, DISK = (PLACES[kind] for kind in CLASSES)
DEDICATED = Tenancy.DEDICATED

Accepts = Callable[[HostState, PlacementRequest], bool]
Weigher = Callable[[HostState, PlacementRequest], int]
Filter = Callable[[Sequence[HostState], PlacementRequest], list[HostState]]


def is_requested(host: HostState, request: PlacementRequest) -> bool:
    """The host asked for, where one is, and none that is to be left."""
    return request.requested_host in (None, host.id) and host.id not in request.ignore_hosts


def in_location(host: HostState, request: PlacementRequest) -> bool:
    """The provider, region and zone asked for."""
    return (
        (request.zone is None or request.zone == host.zone)
        and (request.region is None or request.region == host.region)
        and (request.provider is None or request.provider == host.provider)
    )


def is_enabled(host: HostState, request: PlacementRequest) -> bool:
    """Hosts in maintenance and hosts that are down take nothing new (Nova's ComputeFilter)."""
    return host.enabled and not host.forced_down


def tenancy_matches(host: HostState, request: PlacementRequest) -> bool:
    """A dedicated host takes its own tenant's dedicated instances only; everything else runs on shared hosts."""
    if request.tenancy is DEDICATED:
        return host.dedicated_tenant_id == request.tenant_id
    return host.dedicated_tenant_id is None


def has_instance_slot(host: HostState, request: PlacementRequest) -> bool:
    """Fewer instances than the host's limit (Nova's NumInstancesFilter)."""
    return host.instances < host.max_instances


class _Rules(dict[Make, bool]):
    """Whether an amount keeps the unit rules of a make, found out when the first host of that make is looked at."""

    def __init__(self, resources: Resources) -> None:
        super().__init__()
        self._units = resources.units()

    def __missing__(self, make: Make) -> bool:
        self[make] = make.follows_unit_rules(self._units)
        return self[make]


def with_capacity(hosts: Sequence[HostState], request: PlacementRequest) -> list[HostState]:
    """Those with room for every resource, by the inventory's unit rules (`HostState.fits` of many hosts at once)."""
    units, rules = request.resources.units(), _Rules(request.resources)
    # What isn't asked for fits everywhere, on an oversold host too.
    vcpu, memory, disk = (units.get(kind, NOTHING) for kind in CLASSES)
    return [
        host
        for host in hosts
        if vcpu <= (free := host.free)[VCPU] and memory <= free[MEMORY] and disk <= free[DISK] and rules[host.make]
    ]


def group_allows(host: HostState, request: PlacementRequest) -> bool:
    """Hard affinity or anti-affinity."""
    return request.group is None or request.group.allows(host.id)


def each(accepts: Accepts) -> Filter:
    """A filter that looks at one host at a time."""
    return lambda hosts, request: [host for host in hosts if accepts(host, request)]


FILTERS: tuple[tuple[str, Filter], ...] = (
    ("requested_host", each(is_requested)),
    ("location", each(in_location)),
    ("enabled", each(is_enabled)),
    ("tenancy", each(tenancy_matches)),
    ("instance_slots", each(has_instance_slot)),
    ("capacity", with_capacity),
    ("group", each(group_allows)),
)


def filters_for(request: PlacementRequest) -> list[tuple[str, Filter]]:
    """The filters that can refuse a host at all, given what was asked: the others aren't worth a look at each host."""
    moot = {
        "requested_host": request.requested_host is None and not request.ignore_hosts,
        "location": request.zone is request.region is request.provider is None,
        "group": request.group is None,
    }
    return [(name, keep) for name, keep in FILTERS if not moot.get(name)]


def free_cpu(host: HostState, request: PlacementRequest) -> int:
    """Free millicores: more is emptier."""
    return host.free[VCPU]


def free_memory(host: HostState, request: PlacementRequest) -> int:
    """Free MiB: more is emptier."""
    return host.free[MEMORY]


def few_instances(host: HostState, request: PlacementRequest) -> int:
    """Fewer instances is emptier."""
    return -host.instances


def soft_group(host: HostState, request: PlacementRequest) -> int:
    """What a soft group policy prefers; it doesn't turn with spreading."""
    return 0 if request.group is None else request.group.preference(host.id)


SPREAD_WEIGHERS: tuple[tuple[Weigher, int], ...] = ((free_cpu, 1), (free_memory, 1), (few_instances, 1))
"""Weighers with their multipliers; packing turns the sign."""

SIGN = {Spreading.SPREAD: 1, Spreading.PACK: -1}

NOTHING = -(2**63)
"""An amount that fits whatever is free."""

GROUP_MULTIPLIER = 10
"""A soft group outweighs all spreading weighers together, which add up to 3 at most."""


def normalise(raw: Sequence[int]) -> list[Fraction]:
    """Min-max normalisation to 0..1, exact; all equal values become 0 (Nova's `normalize`)."""
    low, high = min(raw), max(raw)
    if low == high:
        return [Fraction(0)] * len(raw)
    return [Fraction(value - low, high - low) for value in raw]


def scores(hosts: Sequence[HostState], request: PlacementRequest) -> tuple[list[int], int]:
    """What `normalise` and the multipliers give for each host, over one denominator, so that whole numbers are added.

    Returns the numerators and that denominator.
    """
    sign = SIGN[request.spreading]
    terms = [(weigher, multiplier * sign) for weigher, multiplier in SPREAD_WEIGHERS]
    if request.group is not None:
        terms.append((soft_group, GROUP_MULTIPLIER))
    measured = [([weigher(host, request) for host in hosts], multiplier) for weigher, multiplier in terms]
    telling = [(raw, multiplier, width) for raw, multiplier in measured if (width := max(raw) - min(raw))]
    denominator = prod(width for _, _, width in telling)
    totals = [0] * len(hosts)
    for raw, multiplier, width in telling:
        factor = multiplier * (denominator // width)
        lowest = factor * min(raw)
        totals = [total + factor * value - lowest for total, value in zip(totals, raw, strict=True)]
    return totals, denominator


def is_acceptable(host: HostState, request: PlacementRequest) -> bool:
    """Whether the host passes every filter."""
    return all(keep([host], request) for _, keep in filters_for(request))


def weigh(hosts: Sequence[HostState], request: PlacementRequest) -> list[tuple[Fraction, HostState]]:
    """Hosts with their weights, best first; equal weights keep the order of ids, so a choice can be repeated."""
    if not hosts:
        return []
    totals, denominator = scores(hosts, request)
    weights = [Fraction(total, denominator) for total in totals]
    return sorted(zip(weights, hosts, strict=True), key=lambda entry: (-entry[0], entry[1].id))


def choose_host(hosts: Sequence[HostState], request: PlacementRequest) -> HostState:
    """The best host that passes every filter: the first of what `weigh` would list, without sorting the others.

    Raises NoValidHost with the filter that refused the last candidates; how many hosts there are stays private.
    """
    if not hosts:
        raise NoValidHost("there is no host", rejected_by="location")
    candidates = list(hosts)
    for name, keep in filters_for(request):
        candidates = keep(candidates, request)
        if not candidates:
            raise NoValidHost(f"no host passes the {name} filter", rejected_by=name)
    totals, _ = scores(candidates, request)
    best = max(totals)
    equals = [host for host, total in zip(candidates, totals, strict=True) if total == best]
    return min(equals, key=lambda host: host.id)
