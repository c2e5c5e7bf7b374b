"""The client's address behind trusted proxies."""

import pytest

from services.gateway.domain.client_address import client_address, limited_as, parse_networks

TRUSTED = parse_networks("127.0.0.0/8, 10.0.0.0/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1, 10.0.0.7"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", ["[2001:db8::1]"], "2001:db8::1"),
        ("10.0.0.1", ["198.51.100.1:x"], "10.0.0.1"),
    ],
)
def test_walks_from_the_right_over_trusted_hops(peer: str, forwarded: list[str], client: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == client


def test_networks_of_both_families() -> None:
    assert [str(network) for network in parse_networks("127.0.0.0/8,::1/128")] == ["127.0.0.0/8", "::1/128"]


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not-a-network"):
        parse_networks("not-a-network")


@pytest.mark.parametrize(
    ("address", "one"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::2", "2001:db8:0:1::/64"),
        ("2001:db8:0:1::1%eth0", "2001:db8:0:1::/64"),
        ("2001:db8:0:2::1", "2001:db8:0:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_one_stranger_has_one_limit_whatever_address_it_takes(address: str, one: str) -> None:
    assert limited_as(address) == one
