"""Handing out addresses, and taking them back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from services.network import published
from services.network.domain.addresses import allocate, place_of
from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.errors import ResourceInUse
from services.network.models import Address
from services.network.operations import usage
from services.network.ports import Ports
from services.network.repository import AddressRepository, SubnetLeases, SubnetRepository, dependents, note_rested
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.quotas import claim
from shared.utils.ids import new_id

SWEEP_BATCH = 5000
"""Addresses that are marked as rested in one transaction."""


def allocate_address(ports: Ports, subnet_id: str, wanted: str | None = None, holder: str | None = None) -> Address:
    """The wanted address of a subnet, or its lowest free one. Raises what `allocated` raises."""
    with allocated(ports, subnet_id, wanted, holder) as address:
        return address


@contextmanager
def allocated(ports: Ports, subnet_id: str, wanted: str | None = None, holder: str | None = None) -> Iterator[Address]:
    """An address for what a block makes: its quota is given back at once where the block fails.

    The subnet is locked, so no two get the same. Raises NotFound, SubnetExhausted, AddressTaken, AddressReserved,
    AddressOutsideSubnet, QuotaExceeded or ServiceUnavailable.
    """
    now = ports.clock.now()
    subnet = SubnetRepository().get(subnet_id, lock=True)
    network, leases = parse_network(subnet.cidr), SubnetLeases(subnet)
    chosen = allocate(network, leases, now, parse_address(wanted) if wanted else None)
    row = Address(
        id=new_id("addr"),
        tenant_id=current_tenant(),
        subnet=subnet,
        address=str(chosen),
        place=place_of(network, chosen),
        holder=holder,
        metered_from=now,
    )
    with ports.quotas.reserved(claim(row.id, "addresses")):
        leases.take(row)
        published.address_allocated(row)
        yield row


def release_address(ports: Ports, address_id: str, expected: EntityTags | None = None) -> None:
    """Take an address back; it rests before it is handed out again.

    Raises NotFound, VersionConflict or ResourceInUse.
    """
    address = AddressRepository().get_held(address_id, lock=True)
    check_version(address, expected)
    if dependents(address, "nat_gateways"):
        raise ResourceInUse("a NAT gateway uses the address: delete that instead", used_by=["nat_gateways"])
    give_back(ports, address)


def give_back(ports: Ports, address: Address) -> None:
    """Meter a held, locked address for the last time and let it rest."""
    now = ports.clock.now()
    usage.record(address, now)
    address.metered_from = None
    address.released_at = now
    AddressRepository().save(address)
    published.address_released(address)


def sweep(ports: Ports) -> bool:
    """Note of addresses of all tenants that they have rested, some at a time; whether there may be more.

    Whoever asks for one notes it, too, but should find little left to note.
    """
    return note_rested(ports.clock.now(), SWEEP_BATCH) == SWEEP_BATCH
