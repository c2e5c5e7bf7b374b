"""NAT gateways: made and ended, each with an address of its subnet, a public one with a public address, too."""

from __future__ import annotations

from services.network import published
from services.network.domain.cidr import parse_network
from services.network.domain.errors import InvalidNatSubnet, PublicAddressesExhausted
from services.network.domain.nat_gateways import Connectivity
from services.network.domain.routes import TargetKind
from services.network.models import NatGateway
from services.network.operations.addresses import allocated, give_back
from services.network.operations.routes import lead_nowhere
from services.network.ports import Ports
from services.network.repository import AddressRepository, NatGatewayRepository, SubnetRepository
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_nat_gateway(
    ports: Ports, subnet_id: str, name: str, connectivity: str = Connectivity.PUBLIC.value
) -> NatGateway:
    """A NAT gateway with an address of the subnet, which is one of IPv4 (EC2, NAT gateway basics).

    Raises NotFound, InvalidNatSubnet, SubnetExhausted, PublicAddressesExhausted, PolicyDenied, QuotaExceeded or
    ServiceUnavailable.
    """
    gateway_id = new_id("nat")
    if parse_network(SubnetRepository().get(subnet_id).cidr).version != 4:
        raise InvalidNatSubnet("a NAT gateway translates IPv4, and the subnet is one of IPv6")
    with allocated(ports, subnet_id, holder=gateway_id) as address:
        gateway = NatGateway(
            id=gateway_id,
            tenant_id=current_tenant(),
            subnet=address.subnet,
            name=name,
            address=address,
            connectivity=connectivity,
        )
        if connectivity == Connectivity.PUBLIC:
            _give_public_address(ports, gateway)
        NatGatewayRepository().add(gateway)
        published.nat_gateway_created(gateway)
    return gateway


def _give_public_address(ports: Ports, gateway: NatGateway) -> None:
    place = NatGatewayRepository().free_public_place(ports.public_network.num_addresses)
    if place is None:
        raise PublicAddressesExhausted("all public addresses of the platform are in use")
    gateway.public_place, gateway.public_address = place, str(ports.public_network.network_address + place)


def delete_nat_gateway(ports: Ports, gateway_id: str, expected: EntityTags | None = None) -> None:
    """Its connections end, its address goes back and rests, and routes to it lead nowhere, as EC2 has it.

    Raises NotFound or VersionConflict.
    """
    gateway = NatGatewayRepository().get(gateway_id, lock=True)
    check_version(gateway, expected)
    address = AddressRepository().get_held(gateway.address_id, lock=True)
    published.nat_gateway_deleted(gateway)
    lead_nowhere(TargetKind.NAT_GATEWAY, gateway.id)
    gateway.delete()
    give_back(ports, address)
