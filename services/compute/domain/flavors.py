"""Flavors: the sizes on offer. A custom size may be asked for instead."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from services.compute.domain.errors import UnknownFlavor
from services.compute.domain.resources import Resources


@dataclass(frozen=True)
class Flavor:
    """A named size."""

    name: str
    resources: Resources


def _flavor(name: str, vcpus: str, memory_mib: int, disk_gib: int) -> Flavor:
    return Flavor(name, Resources(Decimal(vcpus), memory_mib, disk_gib))


FLAVORS = {
    flavor.name: flavor
    for flavor in (
        _flavor("nano", "0.1", 128, 1),
        _flavor("micro", "0.25", 512, 4),
        _flavor("small", "1", 2048, 20),
        _flavor("medium", "2", 4096, 40),
        _flavor("large", "4", 8192, 80),
        _flavor("xlarge", "8", 16384, 160),
    )
}
"""The catalogue, smallest first. Fractional vCPUs are baselines of burstable sizes."""


def flavor_named(name: str) -> Flavor:
    """The flavor of that name. Raises UnknownFlavor."""
    try:
        return FLAVORS[name]
    except KeyError:
        raise UnknownFlavor(f"there is no flavor {name!r}; choose one of {', '.join(FLAVORS)}") from None
