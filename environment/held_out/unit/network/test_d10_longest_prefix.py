"""Of routes that hold each other the narrowest is taken, in whatever order they were made."""

from __future__ import annotations

from ipaddress import ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from services.network.domain.cidr import parse_address
from services.network.domain.routes import Route, TargetKind, lookup

ADDRESS = parse_address("172.19.200.77")
LENGTHS = st.lists(st.integers(0, 32), min_size=1, max_size=8, unique=True)


@settings(derandomize=True, deadline=None)
@given(lengths=LENGTHS, others=st.lists(st.sampled_from(["10.0.0.0/8", "172.20.0.0/16", "::/0"]), unique=True))
def test_the_narrowest_of_nested_routes_is_taken(lengths: list[int], others: list[str]) -> None:
    around = [ip_network(f"{ADDRESS}/{length}", strict=False) for length in lengths]
    routes = [
        *(Route(ip_network(text), TargetKind.BLACKHOLE) for text in others),
        *(Route(network, TargetKind.VPN, f"vpn-{network.prefixlen}") for network in around),
    ]

    for order in (routes, routes[::-1]):
        found = lookup(order, ADDRESS)
        assert found is not None
        assert found.target == f"vpn-{max(lengths)}"
