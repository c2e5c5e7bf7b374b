"""Networks in CIDR notation (RFC 4632, RFC 4291), both address families."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from services.network.domain.errors import CidrOverlap, InvalidAddress, InvalidCidr

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


PREFIXED = re.compile(r"[0-9a-fA-F.:]+/(0|[1-9][0-9]{0,2})", re.ASCII)
"""An address and a prefix length; Python's own parser takes netmasks, leading zeros and interface zones as well."""


def parse_network(text: str) -> Network:
    """A network such as `10.0.0.0/16` or `2001:db8::/56`. Raises InvalidCidr, also when host bits are set."""
    if not PREFIXED.fullmatch(text):
        raise InvalidCidr(f"{text!r} has no prefix length: write a network such as 10.0.0.0/16")
    try:
        return ipaddress.ip_network(text, strict=True)
    except ValueError as error:
        raise InvalidCidr(f"{text!r} is not a network: {error}") from error


def parse_address(text: str) -> Address:
    """An address of either family, without the zone of a machine's interface. Raises InvalidAddress."""
    if "%" in text:
        raise InvalidAddress(f"{text!r} names an interface of one machine")
    try:
        return ipaddress.ip_address(text)
    except ValueError as error:
        raise InvalidAddress(f"{text!r} is not an IP address") from error


def first_number(network: Network) -> int:
    """The network's lowest address as a number."""
    return int(network.network_address)


def last_number(network: Network) -> int:
    """The network's highest address as a number."""
    return int(network.broadcast_address)


def overlaps(first: Network, second: Network) -> bool:
    """Whether the two share an address: equal, or one inside the other. Families never share any."""
    if first.version != second.version:
        return False
    return first_number(first) <= last_number(second) and first_number(second) <= last_number(first)


def contains(outer: Network, inner: Network) -> bool:
    """Whether every address of `inner` is one of `outer`."""
    return (
        outer.version == inner.version
        and first_number(outer) <= first_number(inner)
        and last_number(inner) <= last_number(outer)
    )


def check_no_overlap(wanted: Network, existing: Iterable[Network]) -> None:
    """Raise CidrOverlap with the first of the existing ranges that `wanted` shares addresses with."""
    for network in existing:
        if overlaps(wanted, network):
            raise CidrOverlap(f"{wanted} overlaps {network}", overlaps_with=str(network))
