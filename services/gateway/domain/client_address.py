"""The client's address behind trusted proxies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}|\[([0-9A-Fa-f:.%]+)\](?::[0-9]{1,5})?")


def parse_networks(text: str) -> tuple[Network, ...]:
    """Networks from comma-separated CIDR ranges. Raises ValueError for what isn't one."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """Walk `X-Forwarded-For` from right to left while the hop is a trusted proxy.

    The rightmost address that isn't one of our proxies is the client: everything left of it was written by
    strangers. An entry that isn't an address ends the walk at the last good hop.
    """
    current = peer
    for entry in reversed([part.strip() for value in forwarded_for for part in value.split(",")]):
        if not is_trusted(current, trusted):
            return current
        address = _address(entry)
        if address is None:
            return current
        current = address
    return current


def limited_as(address: str) -> str:
    """Who counts as one stranger: an IPv4 address, however it is written, or a network of 64 bits of IPv6, which is
    what one subscriber has (RFC 6177)."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def _address(entry: str) -> str | None:
    """The address in an entry, which may have a port after it (RFC 7239 §6 for the forms); None when it has none."""
    found = _WITH_PORT.fullmatch(entry)
    text = next(filter(None, found.groups())) if found else entry
    try:
        ip_address(text)
    except ValueError:
        return None
    return text


def is_trusted(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address is one of our proxies."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
