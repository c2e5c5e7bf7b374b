"""Of subnets of any size the last address is the broadcast address, and nobody's."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from hypothesis import given, settings
from hypothesis import strategies as st

from services.network.domain.subnets import first_usable, is_reserved, last_usable, usable_count

IPV4 = st.builds(
    lambda number, prefix: IPv4Network((number >> (32 - prefix) << (32 - prefix), prefix)),
    st.integers(0, 2**32 - 1),
    st.integers(16, 28),
)
IPV6 = st.builds(
    lambda number, prefix: IPv6Network((number >> (128 - prefix) << (128 - prefix), prefix)),
    st.integers(0, 2**128 - 1),
    st.integers(44, 64),
)


@settings(derandomize=True, deadline=None)
@given(subnet=IPV4 | IPV6)
def test_the_last_address_is_reserved_and_the_one_before_is_handed_out(subnet: IPv4Network | IPv6Network) -> None:
    last = subnet.broadcast_address

    assert is_reserved(subnet, last)
    assert last_usable(subnet) == last - 1
    assert not is_reserved(subnet, last - 1)
    assert usable_count(subnet) == subnet.num_addresses - 5
    assert first_usable(subnet) == subnet.network_address + 4
