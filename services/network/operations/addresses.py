"""Handing out addresses, and taking them back."""

from __future__ import annotations

from services.network import published
from services.network.domain.addresses import Lease, allocate
from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.errors import ResourceInUse
from services.network.models import Address
from services.network.operations import usage
from services.network.ports import Ports
from services.network.repository import AddressRepository, SubnetRepository, dependents
from shared.kernel.context import current_tenant
from shared.quotas import claim
from shared.utils.ids import new_id


def allocate_address(ports: Ports, subnet_id: str, wanted: str | None = None, holder: str | None = None) -> Address:
    """The wanted address of a subnet, or its lowest free one. The subnet is locked, so no two get the same.

    Raises NotFound, SubnetExhausted, AddressTaken, AddressReserved, AddressOutsideSubnet, QuotaExceeded or
    ServiceUnavailable.
    """
    addresses, now = AddressRepository(), ports.clock.now()
    subnet = SubnetRepository().get(subnet_id, lock=True)
    leases = [Lease(parse_address(text), released_at) for text, released_at in addresses.blocking(subnet_id, now)]
    chosen = allocate(parse_network(subnet.cidr), leases, now, parse_address(wanted) if wanted else None)
    address_id = new_id("addr")
    with ports.quotas.reserved(claim(address_id, "addresses")):
        addresses.forget_rested(subnet_id, now)
        row = addresses.add(
            Address(
                id=address_id,
                tenant_id=current_tenant(),
                subnet=subnet,
                address=str(chosen),
                holder=holder,
                metered_from=now,
            )
        )
        published.address_allocated(row)
    return row


def release_address(ports: Ports, address_id: str) -> None:
    """Take an address back; it rests before it is handed out again. Raises NotFound or ResourceInUse."""
    address = AddressRepository().get_held(address_id, lock=True)
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
