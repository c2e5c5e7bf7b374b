"""Where a backend may be. A tenant's address must not lead to the platform's own machines."""

from __future__ import annotations

import ipaddress
import re

from services.loadbalancer.domain.errors import AddressRefused

HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
MAX_HOST_NAME = 253
INTERNAL_SUFFIXES = ("localhost", "internal", "consul", "local")
"""Names that resolve inside the platform or only on its machines (RFC 6761, RFC 6762)."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_address(text: str) -> str:
    """An address or host name in its one spelling.

    Refuses loopback, link-local (which has the clouds' metadata address), multicast, unspecified and reserved
    addresses, also when they are IPv4 inside IPv6, and names that only mean something inside. Raises AddressRefused.
    """
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:
        return _check_host(text.lower().rstrip("."))
    plain = getattr(address, "ipv4_mapped", None) or address
    for what in ("is_loopback", "is_link_local", "is_multicast", "is_unspecified", "is_reserved"):
        if getattr(plain, what):
            raise AddressRefused(f"{text} is no address of a backend ({what.removeprefix('is_')})", address=text)
    return str(plain)


def _check_host(name: str) -> str:
    labels = name.split(".")
    if len(name) > MAX_HOST_NAME or not all(HOST_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused(f"{name!r} is neither an address nor a host name", address=name)
    if labels[-1] in INTERNAL_SUFFIXES or all(label.isdigit() for label in labels):
        raise AddressRefused(f"{name} is no name of a backend", address=name)
    return name
