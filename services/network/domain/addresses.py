"""Address management: the lowest free address is handed out, a released one rests before it is used again.

The rest keeps a client that still remembers the old holder from reaching the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from services.network.domain.cidr import Address, Network
from services.network.domain.errors import AddressOutsideSubnet, AddressReserved, AddressTaken, SubnetExhausted
from services.network.domain.subnets import first_usable, is_reserved, last_usable

QUARANTINE = timedelta(minutes=10)
"""How long a released address rests: above the usual lifetime of neighbour and connection-tracking entries."""

RATES: Mapping[str, Decimal] = {"network.address_seconds": Decimal(1)}
"""Units a second by meter, for as long as an address is held."""


@dataclass(frozen=True)
class Lease:
    """An address that was handed out; `released_at` is None while it is held."""

    address: Address
    released_at: datetime | None = None

    def blocks(self, now: datetime) -> bool:
        """Whether the address can't be handed out: held, or released less than the quarantine ago."""
        return self.released_at is None or now < self.released_at + QUARANTINE


def allocate(subnet: Network, leases: Iterable[Lease], now: datetime, wanted: Address | None = None) -> Address:
    """The address to hand out: the one asked for, or the lowest free one.

    Raises SubnetExhausted, or for a wanted address AddressOutsideSubnet, AddressReserved or AddressTaken.
    """
    blocked = {int(lease.address) for lease in leases if lease.blocks(now)}
    if wanted is not None:
        return _wanted(subnet, blocked, wanted)
    number, last = int(first_usable(subnet)), int(last_usable(subnet))
    while number in blocked:
        number += 1
    if number > last:
        raise SubnetExhausted(f"{subnet} has no free address")
    return subnet.network_address + (number - int(subnet.network_address))


def _wanted(subnet: Network, blocked: set[int], wanted: Address) -> Address:
    if wanted.version != subnet.version or wanted not in subnet:
        raise AddressOutsideSubnet(f"{wanted} is not in {subnet}")
    if is_reserved(subnet, wanted):
        raise AddressReserved(f"{wanted} is reserved in {subnet}")
    if int(wanted) in blocked:
        raise AddressTaken(f"{wanted} is in use or was released less than {QUARANTINE.total_seconds():.0f} seconds ago")
    return wanted
