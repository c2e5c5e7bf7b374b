"""Where a backend may be. A tenant's address must not lead to the platform's own machines."""

from __future__ import annotations

import ipaddress
import re

from services.loadbalancer.domain.errors import AddressRefused

HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
MAX_HOST_NAME = 253
INTERNAL_SUFFIXES = frozenset(
    ("localhost", "localdomain", "internal", "consul", "local", "intranet", "private", "corp", "home", "lan", "arpa")
)
"""Names that resolve inside the platform or only on its machines, and those that networks use inside (RFC 6761,
RFC 6762 appendix G, RFC 8375); `arpa` has no machines."""
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
"""What ends in such a label is an address to `inet_aton`, in one of its spellings: 0x7f000001, 0177.1 (WHATWG URL)."""
METADATA = tuple(
    map(
        ipaddress.ip_network,
        ("fd00:ec2::/32", "fd20:ce::/32", "168.63.129.16/32", "192.0.0.0/24", "100.100.100.200/32", "fec0::/10"),
    )
)
"""Metadata and agents of clouds that lie beside the link-local ones: EC2's (also names, time and pods' identities),
Google's, Azure's, Oracle's (in the IETF's range for protocols, RFC 6890) and Alibaba's; and what was site-local."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_address(text: str) -> str:
    """An address or host name in its one spelling.

    Refuses loopback, link-local (which has the clouds' metadata address), multicast, unspecified and reserved
    addresses, also when they are IPv4 inside IPv6, other spellings of addresses, and names that only mean something
    inside, which every name of one label does. Raises AddressRefused.
    """
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:
        return _check_host(text.lower().removesuffix("."))
    if getattr(address, "scope_id", None):
        raise AddressRefused(f"{text} names an interface of one machine", address=text)
    for reached in _reached(address):
        for what in ("is_loopback", "is_link_local", "is_multicast", "is_unspecified"):
            if getattr(reached, what):
                raise AddressRefused(f"{text} is no address of a backend ({what.removeprefix('is_')})", address=text)
        if any(reached in network for network in METADATA):
            raise AddressRefused(f"{text} is no address of a backend (metadata)", address=text)
    plain = getattr(address, "ipv4_mapped", None) or address
    if plain.is_reserved or any(reached.is_reserved for reached in _reached(address)):
        raise AddressRefused(f"{text} is no address of a backend (reserved)", address=text)
    return str(plain)


def _reached(address: Address) -> list[Address]:
    """The addresses that one leads to: itself and those of IPv4 inside it (mapped, 6to4, Teredo)."""
    if not isinstance(address, ipaddress.IPv6Address):
        return [address]
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    found = [each for each in inner if each is not None]
    return found if address.ipv4_mapped else [address, *found]


def _check_host(name: str) -> str:
    labels = name.split(".")
    if len(name) > MAX_HOST_NAME or not all(HOST_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused(f"{name!r} is neither an address nor a host name", address=name)
    if len(labels) == 1 or labels[-1] in INTERNAL_SUFFIXES or NUMBER.fullmatch(labels[-1]):
        raise AddressRefused(f"{name} is no name of a backend", address=name)
    return name
