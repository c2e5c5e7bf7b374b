"""How much of a resource a host can promise.

Rules and names are those of OpenStack Placement's inventories: `reserved` is kept for the host itself, the
allocation ratio oversells only what is left, and amounts obey minimum, maximum and step together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from services.compute.domain.errors import InvalidInventory
from services.compute.domain.resources import ResourceClass

MAX_UNIT = 2**31 - 1
"""No single claim is larger (Placement's DB_INT limit)."""
MAX_CAPACITY = 2**53 - 1
"""What every reader of JSON takes for the same number (RFC 7493 §2.2)."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """One resource of one host, in base units (millicores, MiB, GiB)."""

    resource_class: ResourceClass
    total: int
    reserved: int = 0
    allocation_ratio: Decimal = Decimal(1)
    min_unit: int = 1
    max_unit: int = MAX_UNIT
    step_unit: int = 1
    capacity: int = field(init=False, compare=False)
    """Base units that may be claimed, worked out once: placement asks every inventory there is."""

    def __post_init__(self) -> None:
        if self.total < 1:
            raise InvalidInventory(f"{self.resource_class}: total must be at least 1, not {self.total}")
        if not 0 <= self.reserved <= self.total:
            raise InvalidInventory(f"{self.resource_class}: reserved must be between 0 and {self.total}")
        if not self.allocation_ratio.is_finite() or self.allocation_ratio <= 0:
            raise InvalidInventory(f"{self.resource_class}: the allocation ratio must be above zero")
        if (self.total - self.reserved) * self.allocation_ratio > MAX_CAPACITY:
            raise InvalidInventory(f"{self.resource_class}: more than {MAX_CAPACITY} could be claimed")
        if not 1 <= self.min_unit <= self.max_unit:
            raise InvalidInventory(f"{self.resource_class}: min_unit must be between 1 and max_unit")
        if self.step_unit < 1:
            raise InvalidInventory(f"{self.resource_class}: step_unit must be at least 1")
        object.__setattr__(self, "capacity", self._claimable())

    def _claimable(self) -> int:
        """`int((total - reserved) * allocation_ratio)` (OpenStack Placement)."""
        return int((self.total - self.reserved) * self.allocation_ratio)

    def follows_unit_rules(self, units: int) -> bool:
        """Whether a claim of `units` keeps minimum, maximum and step."""
        return self.min_unit <= units <= self.max_unit and units % self.step_unit == 0

    def fits(self, units: int, used: int) -> bool:
        """Whether `units` more may be claimed when `used` are claimed already."""
        return self.follows_unit_rules(units) and used + units <= self.capacity
