"""Address management: the lowest free address is handed out, a released one rests before it is used again.

The rest keeps a client that still remembers the old holder from reaching the new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from services.network.domain.cidr import Address, Network
from services.network.domain.errors import AddressOutsideSubnet, AddressReserved, AddressTaken, SubnetExhausted
from services.network.domain.subnets import is_reserved, last_usable

QUARANTINE = timedelta(minutes=10)
"""How long a released address rests: above the usual lifetime of neighbour and connection-tracking entries."""

RATES: Mapping[str, Decimal] = {"network.address_seconds": Decimal(1)}
"""Units a second by meter, for as long as an address is held."""


def rested_since(now: datetime) -> datetime:
    """What was released then, or before, has rested."""
    return now - QUARANTINE


@dataclass(frozen=True)
class Lease:
    """An address that was handed out; `released_at` is None while it is held."""

    address: Address
    released_at: datetime | None = None

    def blocks(self, now: datetime) -> bool:
        """Whether the address can't be handed out: held, or released less than the quarantine ago."""
        return self.released_at is None or self.released_at > rested_since(now)


class Leases(Protocol):
    """What is known of a subnet's addresses. Each answer is found without looking at all of them."""

    def at(self, address: Address) -> Lease | None:
        """The last lease of an address; None when it was never handed out."""

    def lowest_rested(self, now: datetime) -> Address | None:
        """The lowest address that was handed out and is free again."""

    def lowest_untouched(self) -> Address:
        """The lowest usable address that was never handed out; it may lie beyond the subnet."""


def allocate(subnet: Network, leases: Leases, now: datetime, wanted: Address | None = None) -> Address:
    """The address to hand out: the one asked for, or the lowest free one.

    Raises SubnetExhausted, or for a wanted address AddressOutsideSubnet, AddressReserved or AddressTaken.
    """
    if wanted is not None:
        return _wanted(subnet, leases, now, wanted)
    chosen, rested = leases.lowest_untouched(), leases.lowest_rested(now)
    if rested is not None and int(rested) < int(chosen):
        chosen = rested
    if int(chosen) > int(last_usable(subnet)):
        raise SubnetExhausted(f"{subnet} has no free address")
    return chosen


def place_of(subnet: Network, address: Address) -> int:
    """How far an address lies from the subnet's first."""
    return int(address) - int(subnet.network_address)


def address_at(subnet: Network, place: int) -> Address:
    """The address at a distance from the subnet's first; it may lie beyond the subnet."""
    return subnet.network_address + place


def _wanted(subnet: Network, leases: Leases, now: datetime, wanted: Address) -> Address:
    if wanted.version != subnet.version or wanted not in subnet:
        raise AddressOutsideSubnet(f"{wanted} is not in {subnet}")
    if is_reserved(subnet, wanted):
        raise AddressReserved(f"{wanted} is reserved in {subnet}")
    lease = leases.at(wanted)
    if lease is not None and lease.blocks(now):
        raise AddressTaken(f"{wanted} is in use or was released less than {QUARANTINE.total_seconds():.0f} seconds ago")
    return wanted
