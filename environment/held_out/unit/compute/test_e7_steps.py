"""An amount is a multiple of the step between minimum and maximum, and nothing else is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.compute.domain.inventory import Inventory
from services.compute.domain.resources import ResourceClass


@settings(derandomize=True, deadline=None)
@given(
    units=st.integers(1, 600), low=st.integers(1, 200), width=st.integers(0, 400), step=st.sampled_from([1, 2, 7, 64])
)
def test_minimum_maximum_and_step_hold_together_for_any_amount(units: int, low: int, width: int, step: int) -> None:
    inventory = Inventory(ResourceClass.MEMORY_MIB, total=10_000, min_unit=low, max_unit=low + width, step_unit=step)

    allowed = units in {step * number for number in range(601) if low <= step * number <= low + width}
    assert inventory.follows_unit_rules(units) is allowed
    assert inventory.fits(units, 0) is allowed
