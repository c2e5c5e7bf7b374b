"""Ranges overlap exactly when there is an address that is in both."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.network.domain.cidr import Network, check_no_overlap, overlaps
from services.network.domain.errors import CidrOverlap


def ranges(begin: str, bits: int) -> st.SearchStrategy[Network]:
    """All ranges within the thirty-two addresses from one on."""
    first = int(ipaddress.ip_address(begin))
    return st.builds(
        lambda offset, host_bits: ipaddress.ip_network(
            f"{ipaddress.ip_address(first + (offset >> host_bits << host_bits))}/{bits - host_bits}"
        ),
        st.integers(0, 31),
        st.integers(0, 5),
    )


RANGES = ranges("192.0.2.64", 32) | ranges("2001:db8::fe0", 128)


def share_an_address(first: Network, second: Network) -> bool:
    return first.version == second.version and not set(first).isdisjoint(second)


@settings(derandomize=True, phases=[Phase.generate], max_examples=300, deadline=None)
@given(first=RANGES, second=RANGES)
def test_two_ranges_overlap_when_an_address_is_in_both(first: Network, second: Network) -> None:
    assert overlaps(first, second) is share_an_address(first, second)
    assert overlaps(second, first) is share_an_address(first, second)


@settings(derandomize=True, phases=[Phase.generate], max_examples=200, deadline=None)
@given(wanted=RANGES, existing=st.lists(RANGES, max_size=6))
def test_a_range_is_refused_for_the_first_one_that_it_shares_an_address_with(
    wanted: Network, existing: list[Network]
) -> None:
    hits = [str(network) for network in existing if share_an_address(wanted, network)]
    if not hits:
        check_no_overlap(wanted, existing)
        return
    with pytest.raises(CidrOverlap) as refused:
        check_no_overlap(wanted, existing)
    assert refused.value.extra == {"overlaps_with": hits[0]}
