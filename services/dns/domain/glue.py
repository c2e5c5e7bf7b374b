"""Name servers that lie in the zone itself: a zone whose servers nobody finds is refused by every name server."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from services.dns.domain.errors import NameServerWithoutAddress
from services.dns.domain.names import is_within
from services.dns.domain.records import RecordType

ADDRESSES = frozenset({RecordType.A, RecordType.AAAA})


def check_name_server(name: str, zone: str, types: Iterable[RecordType]) -> None:
    """Refuse a name server inside the zone that is an alias (RFC 2181 §10.3) or has no address.

    `types` are those that the zone has for the name. Raises NameServerWithoutAddress.
    """
    found = set(types)
    if is_within(name, zone) and (RecordType.CNAME in found or not found & ADDRESSES):
        raise NameServerWithoutAddress(f"the name server {name} has no address in the zone", name=name)


def check_all(targets: Iterable[str], zone: str, types_of: Callable[[str], Iterable[RecordType]]) -> None:
    """`check_name_server` for many; `types_of` tells which types the zone has for a name."""
    for target in dict.fromkeys(targets):
        if is_within(target, zone):
            check_name_server(target, zone, types_of(target))
