"""Overlap and containment of networks, both families."""

from __future__ import annotations

import pytest

from services.network.domain.cidr import check_no_overlap, contains, overlaps, parse_address, parse_network
from services.network.domain.errors import (
    CidrOverlap,
    InvalidAddress,
    InvalidCidr,
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


@pytest.mark.parametrize(
    "text",
    [
        *("10.0.0.1/16", "10.0.0.0", "10.0.0.0/33", "banana/8", "10.0.0/16", "2001:db8::1/64", "10.0.0.0/255.255.0.0"),
        *(
            "10.0.0.0/016",
            "10.0.0.0/0.0.255.255",
            " 10.0.0.0/16",
            "10.0.0.0/16\n",
            "\u0661\u0660.0.0.0/16",
            "fe80::%1/64",
        ),
    ],
)
def test_text_that_is_not_a_network_is_refused(text: str) -> None:
    with pytest.raises(InvalidCidr):
        parse_network(text)


@pytest.mark.parametrize("text", ["10.0.0.256", "10.0.0", "::g", "", "2001:db8::5%e v", "010.0.0.1", "1.2.3.4\n"])
def test_text_that_is_not_an_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        parse_address(text)
