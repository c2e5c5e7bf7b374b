"""Whom an order may displace when there is no room: instances whose owners agreed to it, as few as will do.

The rules are those of Kubernetes' scheduler: on each host everything preemptible is taken away in thought, and what the
order leaves room for is reprieved, the longest-lived first; the host with the fewest victims is taken, among equals the
one whose longest-lived victim has lived the least.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.compute.domain.hosts import HostState
from services.compute.domain.placement import PlacementRequest, is_acceptable
from services.compute.domain.resources import ResourceClass


@dataclass(frozen=True)
class Preemptible:
    """An instance that gives way, and what its host gains."""

    instance_id: str
    host_id: str
    units: Mapping[ResourceClass, int]
    created_at: datetime


def choose_victims(
    hosts: Iterable[HostState], preemptible: Iterable[Preemptible], request: PlacementRequest
) -> tuple[HostState, Sequence[Preemptible]] | None:
    """The host for an order and the instances that make room there, or None where not all of them together would."""
    on_host: dict[str, list[Preemptible]] = defaultdict(list)
    for instance in preemptible:
        on_host[instance.host_id].append(instance)
    options = [
        (host, victims) for host in hosts if (victims := fewest_victims(host, on_host.get(host.id, ()), request))
    ]
    return min(options, key=_rank, default=None)


def fewest_victims(
    host: HostState, preemptible: Collection[Preemptible], request: PlacementRequest
) -> Sequence[Preemptible]:
    """Who has to leave a host for the order; nobody when it isn't acceptable even without all of them."""
    left = without(host, preemptible)
    if not preemptible or not is_acceptable(left, request):
        return ()
    victims: list[Preemptible] = []
    for instance in sorted(preemptible, key=lambda each: (each.created_at, each.instance_id)):
        # One sum runs along: adding each one's own to it costs the same on a host of any number of them.
        with_instance = _returned(left, instance)
        if is_acceptable(with_instance, request):
            left = with_instance
        else:
            victims.append(instance)
    return victims


def without(host: HostState, instances: Collection[Preemptible]) -> HostState:
    """The host as it is once these instances have left it."""
    used = dict(host.used)
    for instance in instances:
        for kind, units in instance.units.items():
            used[kind] = used.get(kind, 0) - units
    return replace(host, used=used, instances=host.instances - len(instances))


def _returned(host: HostState, instance: Preemptible) -> HostState:
    """The host as it is once an instance is back on it."""
    used = dict(host.used)
    for kind, units in instance.units.items():
        used[kind] = used.get(kind, 0) + units
    return replace(host, used=used, instances=host.instances + 1)


def _rank(option: tuple[HostState, Sequence[Preemptible]]) -> tuple[int, float, str]:
    host, victims = option
    return len(victims), -min(victim.created_at.timestamp() for victim in victims), host.id
