"""A host as placement sees it: where it is, what it has, what is claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.compute.domain.inventory import Inventory
from services.compute.domain.resources import ResourceClass

DEFAULT_MAX_INSTANCES = 50
"""Instances a host takes whatever their size (Nova's `max_instances_per_host`)."""

CLASSES = tuple(ResourceClass)
PLACES = {kind: place for place, kind in enumerate(CLASSES)}
"""Where each resource stands in `HostState.free`."""

UnitRules = tuple[tuple[int, int, int] | None, ...]
"""Minimum, maximum and step of each resource, in the order of `ResourceClass`; None of what a host hasn't."""


class Make:
    """What hosts with the same unit rules have in common. There is one object for all of them, compared as itself:
    whether an amount keeps the rules is found out once a make and not once a host."""

    __slots__ = ("_inventories",)

    def __init__(self, inventories: Mapping[ResourceClass, Inventory]) -> None:
        self._inventories = inventories

    def follows_unit_rules(self, units: Mapping[ResourceClass, int]) -> bool:
        """Whether a host of this make has every resource, and the amounts keep minimum, maximum and step."""
        return all(
            kind in self._inventories and self._inventories[kind].follows_unit_rules(wanted)
            for kind, wanted in units.items()
        )


_MAKES: dict[UnitRules, Make] = {}
"""Few: operators say what hosts there are."""


def make_of(inventories: Mapping[ResourceClass, Inventory]) -> Make:
    """The make of hosts with such inventories."""
    rules = tuple(
        [
            (kept.min_unit, kept.max_unit, kept.step_unit) if (kept := inventories.get(kind)) is not None else None
            for kind in CLASSES
        ]
    )
    return _MAKES.get(rules) or _MAKES.setdefault(rules, Make(inventories))


@dataclass(frozen=True, slots=True)
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
    forced_down: bool = False
    """An operator knows that the host is dead (Nova's `forced_down`): it takes nothing, and can be evacuated."""
    evacuating: bool = False
    dedicated_tenant_id: str | None = None
    instances: int = 0
    max_instances: int = DEFAULT_MAX_INSTANCES

    free: tuple[int, ...] = field(init=False, compare=False, repr=False)
    """Base units that may still be claimed, in the order of `ResourceClass`; zero of what the host hasn't at all, below
    zero of what is oversold."""
    make: Make = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        inventories, used = self.inventories, self.used
        free = [inventories[kind].capacity - used.get(kind, 0) if kind in inventories else 0 for kind in CLASSES]
        object.__setattr__(self, "free", tuple(free))
        object.__setattr__(self, "make", make_of(inventories))

    def used_of(self, resource_class: ResourceClass) -> int:
        """Base units claimed of a resource."""
        return self.used.get(resource_class, 0)

    def free_of(self, resource_class: ResourceClass) -> int:
        """Base units that may still be claimed; zero when the host has none of the resource at all."""
        return self.free[PLACES[resource_class]]

    def allows_change(self, held: Mapping[ResourceClass, int], wanted: Mapping[ResourceClass, int]) -> bool:
        """Whether an instance on the host may hold `wanted` in place of `held`.

        Room is needed for what grows alone: an oversold host allows whatever lowers its usage (OpenStack Placement).
        """
        changed = {kind: units for kind, units in wanted.items() if units != held.get(kind, 0)}
        return self.make.follows_unit_rules(changed) and all(
            units < held.get(kind, 0) or units - held.get(kind, 0) <= self.free_of(kind)
            for kind, units in changed.items()
        )

    def fits(self, units: Mapping[ResourceClass, int]) -> bool:
        """Whether every amount fits, unit rules included."""
        return self.make.follows_unit_rules(units) and all(
            wanted <= self.free_of(kind) for kind, wanted in units.items()
        )
