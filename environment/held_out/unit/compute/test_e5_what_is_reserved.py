"""What a host keeps for itself is never oversold."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from services.compute.domain.inventory import Inventory
from services.compute.domain.resources import ResourceClass


@settings(derandomize=True, deadline=None)
@given(
    total=st.integers(1, 10**6),
    share=st.integers(0, 100),
    hundredths=st.integers(1, 1_600),
    kind=st.sampled_from(ResourceClass),
)
def test_only_what_is_not_reserved_is_multiplied(total: int, share: int, hundredths: int, kind: ResourceClass) -> None:
    reserved = total * share // 100

    inventory = Inventory(kind, total, reserved=reserved, allocation_ratio=Decimal(hundredths) / 100)

    capacity = int((total - reserved) * Fraction(hundredths, 100))
    assert inventory.capacity == capacity
    assert inventory.fits(capacity, 0) is (capacity >= 1)
    assert not inventory.fits(1, capacity)
