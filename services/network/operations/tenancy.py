"""What the end of a tenant does to its network."""

from __future__ import annotations

from services.network.operations import addresses, firewall, routing, vpcs
from services.network.repository import (
    AclRepository,
    AddressRepository,
    NatGatewayRepository,
    PeeringRepository,
    RouteRepository,
    SecurityGroupRepository,
    SecurityGroupRuleRepository,
    SubnetRepository,
    VpcRepository,
    VpnTunnelRepository,
)


def delete_all() -> None:
    """A closed tenant leaves nothing behind. In the order in which one thing needs another."""
    for route in RouteRepository().scoped().exclude(target_kind="local"):
        routing.delete_route(route.id)
    for peering in PeeringRepository().scoped():
        routing.delete_peering(peering.id)
    for tunnel in VpnTunnelRepository().scoped():
        routing.delete_tunnel(tunnel.id)
    for gateway in NatGatewayRepository().scoped():
        routing.delete_nat_gateway(gateway.id)
    for address in AddressRepository().held():
        addresses.release_address(address.id)
    for subnet in SubnetRepository().scoped():
        vpcs.delete_subnet(subnet.id)
    for acl in AclRepository().scoped():
        firewall.delete_acl(acl.id)
    SecurityGroupRuleRepository().scoped().delete()
    for group in SecurityGroupRepository().scoped():
        firewall.delete_security_group(group.id)
    for vpc in VpcRepository().scoped():
        vpcs.delete_vpc(vpc.id)
