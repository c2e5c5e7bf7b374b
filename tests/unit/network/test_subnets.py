"""Sizes of VPCs and subnets, where subnets lie, and which of their addresses are reserved."""

from __future__ import annotations

import pytest

from services.network.domain.cidr import parse_network
from services.network.domain.errors import CidrOverlap, InvalidCidr, PrefixLengthRefused, SubnetOutsideVpc
from services.network.domain.subnets import (
    check_subnet,
    check_vpc,
    first_usable,
    is_reserved,
    last_usable,
    usable_count,
)


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.0.0.0/28", "2001:db8::/44", "2001:db8::/60"])
def test_vpc_sizes_at_the_limits_are_accepted(cidr: str) -> None:
    check_vpc(parse_network(cidr))


@pytest.mark.parametrize("cidr", ["10.0.0.0/15", "10.0.0.0/29", "2001:db8::/64", "2001:db8::/40", "2001:db8::/57"])
def test_vpc_sizes_beyond_the_limits_are_refused(cidr: str) -> None:
    with pytest.raises(PrefixLengthRefused):
        check_vpc(parse_network(cidr))


@pytest.mark.parametrize(
    "cidr", ["127.0.0.0/16", "169.254.0.0/16", "0.1.0.0/16", "224.0.0.0/24", "255.255.0.0/16", "fe80::/44", "ff02::/48"]
)
def test_no_vpc_lies_where_addresses_have_a_use_of_their_own(cidr: str) -> None:
    with pytest.raises(InvalidCidr):
        check_vpc(parse_network(cidr))


def test_a_subnet_lies_wholly_inside_its_vpc() -> None:
    vpc = [parse_network("10.0.0.0/20")]

    check_subnet(parse_network("10.0.15.0/24"), vpc, [])
    with pytest.raises(SubnetOutsideVpc):
        check_subnet(parse_network("10.0.16.0/24"), vpc, [])
    with pytest.raises(SubnetOutsideVpc):
        check_subnet(parse_network("10.0.0.0/19"), vpc, [])


def test_a_subnet_does_not_overlap_its_siblings() -> None:
    vpc, siblings = [parse_network("10.0.0.0/16")], [parse_network("10.0.0.0/24")]

    check_subnet(parse_network("10.0.1.0/24"), vpc, siblings)
    with pytest.raises(CidrOverlap):
        check_subnet(parse_network("10.0.0.128/25"), vpc, siblings)
    with pytest.raises(CidrOverlap):
        check_subnet(parse_network("10.0.0.0/23"), vpc, siblings)


@pytest.mark.parametrize(
    ("cidr", "first", "last", "count"),
    [
        ("10.0.0.0/24", "10.0.0.4", "10.0.0.254", 251),
        ("10.0.0.16/28", "10.0.0.20", "10.0.0.30", 11),
        ("10.0.0.0/16", "10.0.0.4", "10.0.255.254", 65_531),
        ("2001:db8::/64", "2001:db8::4", "2001:db8::ffff:ffff:ffff:fffe", 2**64 - 5),
    ],
)
def test_the_first_four_addresses_and_the_last_are_reserved(cidr: str, first: str, last: str, count: int) -> None:
    subnet = parse_network(cidr)

    assert str(first_usable(subnet)) == first
    assert str(last_usable(subnet)) == last
    assert usable_count(subnet) == count


def test_reserved_addresses_are_exactly_those_five() -> None:
    subnet = parse_network("10.0.0.0/28")

    reserved = [str(address) for address in subnet if is_reserved(subnet, address)]

    assert reserved == ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.15"]
