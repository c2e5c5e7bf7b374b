"""A host as placement sees it: where it is, what it has, what is claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.compute.domain.inventory import Inventory
from services.compute.domain.resources import ResourceClass, Resources

DEFAULT_MAX_INSTANCES = 50
"""Instances a host takes whatever their size (Nova's `max_instances_per_host`)."""


@dataclass(frozen=True)
class HostState:
    """One host at one generation. Every change of its claims makes the next generation."""

    id: str
    provider: str
    region: str
    zone: str
    inventories: Mapping[ResourceClass, Inventory]
    used: Mapping[ResourceClass, int] = field(default_factory=dict)
    generation: int = 0
    enabled: bool = True
    dedicated_tenant_id: str | None = None
    instances: int = 0
    max_instances: int = DEFAULT_MAX_INSTANCES

    def used_of(self, resource_class: ResourceClass) -> int:
        """Base units claimed of a resource."""
        return self.used.get(resource_class, 0)

    def free_of(self, resource_class: ResourceClass) -> int:
        """Base units that may still be claimed; zero when the host has none of the resource at all."""
        inventory = self.inventories.get(resource_class)
        return 0 if inventory is None else inventory.capacity - self.used_of(resource_class)

    def fits(self, resources: Resources) -> bool:
        """Whether every amount fits, unit rules included."""
        return all(
            kind in self.inventories and self.inventories[kind].fits(units, self.used_of(kind))
            for kind, units in resources.units().items()
        )
