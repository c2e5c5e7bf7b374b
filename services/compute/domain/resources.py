"""Amounts of CPU, memory and disk.

Customers ask for vCPUs with up to three decimals (a quarter of a core is 0.25). Hosts count whole base units:
millicores, MiB, GiB. The way from one to the other is exact, so amounts are `Decimal` or `int`, never `float`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from services.compute.domain.errors import InvalidResources


class ResourceClass(StrEnum):
    """What a host has a limited amount of."""

    VCPU = "vcpu"
    MEMORY_MIB = "memory_mib"
    DISK_GIB = "disk_gib"


UNITS_PER_AMOUNT = {ResourceClass.VCPU: 1000, ResourceClass.MEMORY_MIB: 1, ResourceClass.DISK_GIB: 1}
"""Base units in one unit of what customers ask for: a vCPU is 1000 millicores."""


def to_units(resource_class: ResourceClass, amount: Decimal) -> int:
    """Whole base units of an amount: 0.25 vCPU is 250 millicores."""
    return int(amount * UNITS_PER_AMOUNT[resource_class])


def used_units(resource_class: ResourceClass, amounts: Iterable[Decimal]) -> int:
    """Base units that the claimed `amounts` take together."""
    total = sum(amounts, Decimal(0))
    return to_units(resource_class, total)


@dataclass(frozen=True)
class Resources:
    """What one instance needs. Raises InvalidResources for amounts that are not whole base units or not positive."""

    vcpus: Decimal
    memory_mib: int
    disk_gib: int

    def __post_init__(self) -> None:
        if not self.vcpus.is_finite() or self.vcpus <= 0:
            raise InvalidResources(f"vcpus must be more than zero, not {self.vcpus}")
        if self.vcpus * UNITS_PER_AMOUNT[ResourceClass.VCPU] % 1 != 0:
            raise InvalidResources(f"vcpus has at most three decimals (one millicore), not {self.vcpus}")
        if self.memory_mib < 1:
            raise InvalidResources(f"memory must be at least 1 MiB, not {self.memory_mib}")
        if self.disk_gib < 0:
            raise InvalidResources(f"disk can't be negative: {self.disk_gib} GiB")

    def larger(self, other: Resources) -> Resources:
        """The larger amount of each resource: what is held while one size is exchanged for the other."""
        return Resources(
            max(self.vcpus, other.vcpus), max(self.memory_mib, other.memory_mib), max(self.disk_gib, other.disk_gib)
        )

    def amounts(self) -> Iterator[tuple[ResourceClass, Decimal]]:
        """Each class with a positive amount; a diskless instance claims no disk."""
        yield ResourceClass.VCPU, self.vcpus
        yield ResourceClass.MEMORY_MIB, Decimal(self.memory_mib)
        if self.disk_gib:
            yield ResourceClass.DISK_GIB, Decimal(self.disk_gib)

    def units(self) -> Mapping[ResourceClass, int]:
        """The same in base units."""
        return self._units

    @cached_property
    def _units(self) -> Mapping[ResourceClass, int]:
        """Worked out once: a placement asks for it at every host."""
        return {kind: to_units(kind, amount) for kind, amount in self.amounts()}
