"""NAT gateways: made and ended, each with an address."""

from __future__ import annotations

from services.network import published
from services.network.models import NatGateway
from services.network.operations.addresses import allocate_address, give_back
from services.network.operations.routes import check_no_route_to
from services.network.ports import Ports
from services.network.repository import AddressRepository, NatGatewayRepository
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


def create_nat_gateway(ports: Ports, subnet_id: str, name: str) -> NatGateway:
    """A NAT gateway with an address of the subnet.

    Raises NotFound, SubnetExhausted, QuotaExceeded or ServiceUnavailable.
    """
    gateway_id = new_id("nat")
    address = allocate_address(ports, subnet_id, holder=gateway_id)
    gateway = NatGatewayRepository().add(
        NatGateway(id=gateway_id, tenant_id=current_tenant(), subnet=address.subnet, name=name, address=address)
    )
    published.nat_gateway_created(gateway)
    return gateway


def delete_nat_gateway(ports: Ports, gateway_id: str) -> None:
    """Its address goes back and rests. Raises NotFound or ResourceInUse."""
    gateway = NatGatewayRepository().get(gateway_id)
    check_no_route_to(gateway.id)
    address = AddressRepository().get_held(gateway.address_id, lock=True)
    published.nat_gateway_deleted(gateway)
    gateway.delete()
    give_back(ports, address)
