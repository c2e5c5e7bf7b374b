"""An IPv6 address leads where the IPv4 address inside of it does."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.loadbalancer.domain.errors import AddressRefused
from services.loadbalancer.domain.probes import allowed
from services.loadbalancer.domain.targets import check_address

INSIDE = [ipaddress.ip_network(text) for text in ("127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")]
WITHIN = st.sampled_from(INSIDE).flatmap(
    lambda network: st.integers(int(network.network_address), int(network.broadcast_address))
)
OUTSIDE = st.integers(int(ipaddress.ip_address("10.0.0.0")), int(ipaddress.ip_address("10.255.255.255")))


def mapped(inner: int) -> str:
    return str(ipaddress.IPv6Address(0xFFFF << 32 | inner))


def six_to_four(inner: int) -> str:
    return str(ipaddress.IPv6Address(0x2002 << 112 | inner << 80 | 1))


def teredo(inner: int) -> str:
    return str(ipaddress.IPv6Address(0x20010000 << 96 | 0x41360000 << 64 | (inner ^ 0xFFFFFFFF)))


@settings(deadline=None, derandomize=True, phases=[Phase.generate], max_examples=80)
@given(WITHIN, st.sampled_from([mapped, six_to_four, teredo]))
def test_no_clothing_hides_an_address_that_is_refused(inner: int, clothing: object) -> None:
    assert callable(clothing)
    for text in (str(ipaddress.IPv4Address(inner)), clothing(inner)):
        with pytest.raises(AddressRefused):
            check_address(text)
        assert allowed(["10.0.0.5", text], frozenset(), ()) is None


@settings(deadline=None, derandomize=True, phases=[Phase.generate], max_examples=40)
@given(OUTSIDE)
def test_a_tenants_own_address_stays_good_in_either_form(inner: int) -> None:
    plain = str(ipaddress.IPv4Address(inner))
    assert check_address(mapped(inner)) == check_address(plain) == plain
