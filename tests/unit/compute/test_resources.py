"""Amounts of CPU, memory and disk, and their base units."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.compute.domain.errors import InvalidResources
from services.compute.domain.resources import ResourceClass, Resources, used_units

VCPU, MEMORY, DISK = ResourceClass.VCPU, ResourceClass.MEMORY_MIB, ResourceClass.DISK_GIB


@pytest.mark.parametrize(
    ("amount", "times", "used"),
    [("0.1", 10, 1_000), ("0.7", 3, 2_100), ("0.001", 1_000, 1_000), ("0.29", 100, 29_000), ("1.1", 11, 12_100)],
)
def test_repeated_fractional_claims_add_up_exactly(amount: str, times: int, used: int) -> None:
    assert used_units(VCPU, [Decimal(amount)] * times) == used


def test_resources_are_counted_in_base_units() -> None:
    assert Resources(Decimal("1.125"), 2_048, 20).units() == {VCPU: 1_125, MEMORY: 2_048, DISK: 20}


@pytest.mark.parametrize(
    ("vcpus", "memory_mib", "disk_gib"),
    [("0", 128, 1), ("-1", 128, 1), ("0.0001", 128, 1), ("NaN", 128, 1), ("1", 0, 1), ("1", 128, -1)],
)
def test_amounts_that_are_not_whole_base_units_are_refused(vcpus: str, memory_mib: int, disk_gib: int) -> None:
    with pytest.raises(InvalidResources):
        Resources(Decimal(vcpus), memory_mib, disk_gib)
