"""Overlap and containment of networks, both families, and the VPC and subnet rules."""

from __future__ import annotations

import pytest

from services.network.domain.cidr import check_no_overlap, contains, overlaps, parse_address, parse_network
from services.network.domain.errors import (
    CidrOverlap,
    InvalidAddress,
    InvalidCidr,
    PrefixLengthRefused,
    SubnetOutsideVpc,
)
from services.network.domain.subnets import (
    check_subnet,
    check_vpc,
    first_usable,
    is_reserved,
    last_usable,
    usable_count,
)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("10.0.0.0/16", "10.0.0.0/16", True),
        ("10.0.0.0/16", "10.0.5.0/24", True),
        ("10.0.5.0/24", "10.0.0.0/16", True),
        ("10.0.0.0/16", "10.0.0.0/24", True),
        ("10.0.0.0/16", "10.0.255.0/24", True),
        ("10.0.0.0/16", "10.1.0.0/16", False),
        ("10.0.0.0/17", "10.0.128.0/17", False),
        ("0.0.0.0/0", "192.0.2.1/32", True),
        ("2001:db8::/56", "2001:db8:0:ff::/64", True),
        ("2001:db8::/56", "2001:db8:0:100::/64", False),
        ("2001:db8::/56", "2001:db8::/56", True),
        ("::/0", "0.0.0.0/0", False),
    ],
)
def test_networks_overlap_when_they_share_an_address(first: str, second: str, expected: bool) -> None:
    assert overlaps(parse_network(first), parse_network(second)) is expected
    assert overlaps(parse_network(second), parse_network(first)) is expected


def test_the_overlapping_range_is_named() -> None:
    existing = [parse_network("10.1.0.0/16"), parse_network("10.2.0.0/16")]

    with pytest.raises(CidrOverlap) as refused:
        check_no_overlap(parse_network("10.2.8.0/24"), existing)

    assert refused.value.code == "cidr_overlap"
    assert refused.value.extra == {"overlaps_with": "10.2.0.0/16"}


def test_neighbouring_ranges_are_accepted() -> None:
    check_no_overlap(parse_network("10.0.1.0/24"), [parse_network("10.0.0.0/24"), parse_network("10.0.2.0/24")])


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("10.0.0.0/16", "10.0.0.0/16", True),
        ("10.0.0.0/16", "10.0.1.0/24", True),
        ("10.0.1.0/24", "10.0.0.0/16", False),
        ("10.0.0.0/16", "10.1.0.0/24", False),
        ("::/0", "10.0.0.0/8", False),
    ],
)
def test_containment_is_directed(outer: str, inner: str, expected: bool) -> None:
    assert contains(parse_network(outer), parse_network(inner)) is expected


@pytest.mark.parametrize("text", ["10.0.0.1/16", "10.0.0.0", "10.0.0.0/33", "banana/8", "10.0.0/16", "2001:db8::1/64"])
def test_text_that_is_not_a_network_is_refused(text: str) -> None:
    with pytest.raises(InvalidCidr):
        parse_network(text)


@pytest.mark.parametrize("text", ["10.0.0.256", "10.0.0", "::g", ""])
def test_text_that_is_not_an_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        parse_address(text)


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.0.0.0/28", "2001:db8::/44", "2001:db8::/60"])
def test_vpc_sizes_at_the_limits_are_accepted(cidr: str) -> None:
    check_vpc(parse_network(cidr))


@pytest.mark.parametrize("cidr", ["10.0.0.0/15", "10.0.0.0/29", "2001:db8::/64", "2001:db8::/40", "2001:db8::/57"])
def test_vpc_sizes_beyond_the_limits_are_refused(cidr: str) -> None:
    with pytest.raises(PrefixLengthRefused):
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
