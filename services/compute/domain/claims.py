"""Claims: what instances hold of hosts.

A claim keeps the amount its customer asked for. It is taken together with the host's next generation, so of two
placements that read the same generation only one succeeds, and it is returned once, when its rows are removed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from services.compute.domain.resources import ResourceClass, Resources, used_units


@dataclass(frozen=True)
class Claim:
    """An amount of one resource of one host, held by one instance."""

    instance_id: str
    host_id: str
    resource_class: ResourceClass
    amount: Decimal


def claims_for(instance_id: str, host_id: str, resources: Resources) -> list[Claim]:
    """The claims an instance holds on its host, one a resource."""
    return [Claim(instance_id, host_id, kind, amount) for kind, amount in resources.amounts()]


def usage_by_host(claims: Iterable[Claim]) -> dict[str, dict[ResourceClass, int]]:
    """Base units in use of each resource of each host."""
    amounts: dict[str, dict[ResourceClass, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    for claim in claims:
        amounts[claim.host_id][claim.resource_class].append(claim.amount)
    return {
        host_id: {kind: used_units(kind, of_kind) for kind, of_kind in of_host.items()}
        for host_id, of_host in amounts.items()
    }
