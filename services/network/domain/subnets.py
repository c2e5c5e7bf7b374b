"""VPC and subnet rules as AWS has them.

IPv4: VPCs and subnets are /16 to /28. IPv6: a VPC is /44 to /60, a subnet /44 to /64, both in steps of four.
The first four addresses and the last of a subnet are reserved: network, router, DNS, future use, broadcast.
"""

from __future__ import annotations

from collections.abc import Iterable

from services.network.domain.cidr import Address, Network, check_no_overlap, contains, overlaps, parse_network
from services.network.domain.errors import InvalidCidr, PrefixLengthRefused, SubnetOutsideVpc

VPC_PREFIXES = {4: range(16, 29), 6: range(44, 61, 4)}
SUBNET_PREFIXES = {4: range(16, 29), 6: range(44, 65, 4)}

NOT_FOR_VPCS = tuple(
    map(
        parse_network,
        ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/8", "fe80::/10", "ff00::/8"),
    )
)
"""This network, loopback, link-local, multicast and reserved space (RFC 6890), as AWS refuses them."""

RESERVED_FIRST = 4
RESERVED_LAST = 1


def check_vpc(network: Network) -> None:
    """Raise PrefixLengthRefused when a VPC may not be of that size, InvalidCidr when no machine may be there."""
    _check_prefix(network, VPC_PREFIXES[network.version], "VPC")
    for special in NOT_FOR_VPCS:
        if overlaps(network, special):
            raise InvalidCidr(f"{network} lies in {special}, which has a use of its own (RFC 6890)")


def check_subnet(subnet: Network, vpc: Iterable[Network], siblings: Iterable[Network]) -> None:
    """Whether a subnet may be made in a VPC with these ranges, beside these subnets.

    Raises PrefixLengthRefused, SubnetOutsideVpc or CidrOverlap.
    """
    _check_prefix(subnet, SUBNET_PREFIXES[subnet.version], "subnet")
    ranges = list(vpc)
    if not any(contains(network, subnet) for network in ranges):
        raise SubnetOutsideVpc(f"{subnet} is not inside {', '.join(map(str, ranges))}")
    check_no_overlap(subnet, siblings)


def _check_prefix(network: Network, allowed: range, what: str) -> None:
    if network.prefixlen not in allowed:
        raise PrefixLengthRefused(f"a {what} is /{allowed[0]} to /{allowed[-1]}, not /{network.prefixlen}")


def first_usable(subnet: Network) -> Address:
    """The lowest address that may be handed out."""
    return subnet.network_address + RESERVED_FIRST


def last_usable(subnet: Network) -> Address:
    """The highest address that may be handed out."""
    return subnet.broadcast_address - RESERVED_LAST


def usable_count(subnet: Network) -> int:
    """Addresses that may be handed out: five fewer than there are."""
    return int(last_usable(subnet)) - int(first_usable(subnet)) + 1


def is_reserved(subnet: Network, address: Address) -> bool:
    """Whether an address of the subnet is kept for the platform."""
    return not int(first_usable(subnet)) <= int(address) <= int(last_usable(subnet))
