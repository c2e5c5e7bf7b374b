"""The client's address behind trusted proxies."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


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
        if not _trusted(current, trusted):
            return current
        try:
            ip_address(entry)
        except ValueError:
            return current
        current = entry
    return current


def _trusted(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
