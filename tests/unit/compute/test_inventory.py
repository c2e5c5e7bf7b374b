"""Capacity and unit rules of a host's inventories."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.compute.domain.errors import InvalidInventory
from services.compute.domain.inventory import Inventory
from services.compute.domain.resources import ResourceClass, used_units

VCPU, MEMORY, DISK = ResourceClass.VCPU, ResourceClass.MEMORY_MIB, ResourceClass.DISK_GIB


@pytest.mark.parametrize(
    ("total", "reserved", "ratio", "capacity"),
    [
        (64_000, 0, "1.0", 64_000),
        (64_000, 4_000, "4.0", 240_000),
        (100, 0, "1.15", 115),
        (10, 3, "1.5", 10),
        (1_000, 512, "0.9", 439),
        (29, 0, "1.1", 31),
        (8, 8, "16.0", 0),
    ],
)
def test_capacity_takes_reserved_off_before_the_ratio_and_rounds_down(
    total: int, reserved: int, ratio: str, capacity: int
) -> None:
    inventory = Inventory(VCPU, total=total, reserved=reserved, allocation_ratio=Decimal(ratio))

    assert inventory.capacity == capacity


@pytest.mark.parametrize(("total", "ratio"), [(2**53 - 1, "2"), (2**52, "99999.9999"), (2**53, "1")])
def test_a_capacity_beyond_what_json_holds_is_refused(total: int, ratio: str) -> None:
    with pytest.raises(InvalidInventory, match="more than"):
        Inventory(MEMORY, total=total, allocation_ratio=Decimal(ratio))
    assert Inventory(MEMORY, total=2**53 - 1).capacity == 2**53 - 1


@pytest.mark.parametrize(
    ("units", "allowed"), [(100, False), (200, True), (250, False), (300, True), (1_000, True), (1_100, False)]
)
def test_minimum_maximum_and_step_hold_together(units: int, allowed: bool) -> None:
    inventory = Inventory(VCPU, total=8_000, min_unit=200, max_unit=1_000, step_unit=100)

    assert inventory.follows_unit_rules(units) is allowed


def test_an_amount_that_breaks_a_unit_rule_does_not_fit_however_much_is_free() -> None:
    inventory = Inventory(MEMORY, total=4_096, min_unit=128, max_unit=2_048, step_unit=128)

    assert [inventory.fits(units, used=0) for units in (64, 200, 256, 2_048, 2_176)] == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_the_last_unit_fits_and_one_more_does_not() -> None:
    inventory = Inventory(VCPU, total=1_000)

    assert inventory.fits(1, used=999)
    assert not inventory.fits(1, used=1_000)
    assert not inventory.fits(2, used=999)


@pytest.mark.parametrize(
    "fields",
    [
        {"total": 0},
        {"total": 10, "reserved": 11},
        {"total": 10, "reserved": -1},
        {"total": 10, "allocation_ratio": Decimal(0)},
        {"total": 10, "allocation_ratio": Decimal("NaN")},
        {"total": 10, "min_unit": 0},
        {"total": 10, "min_unit": 5, "max_unit": 4},
        {"total": 10, "step_unit": 0},
    ],
)
def test_an_inventory_whose_numbers_contradict_each_other_is_refused(fields: dict[str, int]) -> None:
    with pytest.raises(InvalidInventory):
        Inventory(DISK, **fields)  # type: ignore[arg-type]


def test_ten_tenths_of_a_core_leave_no_millicore_free() -> None:
    inventory = Inventory(VCPU, total=1_000)
    used = used_units(VCPU, [Decimal("0.1")] * 10)

    assert inventory.capacity - used == 0
    assert not inventory.fits(1, used)
