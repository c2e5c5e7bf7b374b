"""However a host was filled: what is claimed of it are the base units of all claims together."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.compute.domain.resources import ResourceClass, used_units

MILLICORES = st.lists(st.integers(1, 64_000), max_size=60)


@settings(derandomize=True, phases=[Phase.generate], max_examples=300, deadline=None)
@given(claims=MILLICORES)
def test_claims_of_a_processor_add_up_to_the_millicore(claims: list[int]) -> None:
    assert used_units(ResourceClass.VCPU, [Decimal(units) / 1000 for units in claims]) == sum(claims)


@settings(derandomize=True, phases=[Phase.generate], max_examples=100, deadline=None)
@given(claims=MILLICORES, again=st.integers(2, 400))
def test_neither_their_order_nor_their_number_changes_the_sum(claims: list[int], again: int) -> None:
    amounts = [Decimal(units) / 1000 for units in claims] * again
    assert used_units(ResourceClass.VCPU, amounts) == sum(claims) * again
    assert used_units(ResourceClass.VCPU, reversed(amounts)) == sum(claims) * again


@settings(derandomize=True, phases=[Phase.generate], max_examples=100, deadline=None)
@given(claims=st.lists(st.integers(2**53 - 2, 2**53 + 9), max_size=9))
def test_large_amounts_are_counted_to_the_last_unit(claims: list[int]) -> None:
    for kind in (ResourceClass.MEMORY_MIB, ResourceClass.DISK_GIB):
        assert used_units(kind, map(Decimal, claims)) == sum(claims)
