"""Further ranges of a VPC."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from services.network.domain.cidr import parse_network
from services.network.domain.cidr_blocks import MAX_CIDR_BLOCKS, check_new_block, check_unused
from services.network.domain.errors import CidrBlockLimit, CidrOverlap, InvalidCidr, PrefixLengthRefused, ResourceInUse

OWN = [parse_network("10.0.0.0/16"), parse_network("2001:db8:0:10::/60")]


@pytest.mark.parametrize("cidr", ["10.1.0.0/16", "100.64.0.0/16", "192.168.4.0/28", "2001:db8:0:20::/60"])
def test_a_range_that_nobody_has_is_added(cidr: str) -> None:
    check_new_block(parse_network(cidr), OWN, [], [])


@pytest.mark.parametrize(
    ("cidr", "refusal"),
    [
        ("10.0.128.0/24", CidrOverlap),
        ("10.64.0.0/16", CidrOverlap),
        ("127.1.0.0/16", InvalidCidr),
        ("11.0.0.0/8", PrefixLengthRefused),
    ],
)
def test_a_range_that_somebody_has_or_no_vpc_may_have_is_refused(cidr: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        check_new_block(parse_network(cidr), OWN, [parse_network("10.64.5.0/24")], [])


@pytest.mark.parametrize(
    ("destination", "refused"), [("10.9.0.0/16", True), ("10.9.7.0/24", True), ("10.0.0.0/8", False)]
)
def test_a_range_holds_no_destination_of_a_route(destination: str, refused: bool) -> None:
    wanted = parse_network("10.9.0.0/16")
    with pytest.raises(CidrOverlap) if refused else nullcontext():
        check_new_block(wanted, OWN, [], [parse_network(destination)])


def test_each_family_has_five_ranges_at_most() -> None:
    own = [parse_network(f"10.{number}.0.0/16") for number in range(MAX_CIDR_BLOCKS)]

    with pytest.raises(CidrBlockLimit):
        check_new_block(parse_network("10.5.0.0/16"), own, [], [])
    check_new_block(parse_network("2001:db8::/56"), own, [], [])


def test_a_range_with_subnets_stays() -> None:
    check_unused(parse_network("10.1.0.0/16"), [parse_network("10.0.1.0/24"), parse_network("2001:db8::/64")])
    with pytest.raises(ResourceInUse):
        check_unused(parse_network("10.1.0.0/16"), [parse_network("10.1.1.0/24")])
