"""What the end of a tenant does to its network."""

from __future__ import annotations

from services.network.operations import (
    acls,
    addresses,
    nat_gateways,
    peerings,
    route_tables,
    routes,
    security_groups,
    subnets,
    vpcs,
    vpn_tunnels,
)
from services.network.ports import Ports
from services.network.repository import (
    AclRepository,
    AddressRepository,
    NatGatewayRepository,
    PeeringRepository,
    RouteRepository,
    RouteTableRepository,
    SecurityGroupRepository,
    SecurityGroupRuleRepository,
    SubnetRepository,
    VpcRepository,
    VpnTunnelRepository,
)


def delete_all(ports: Ports) -> None:
    """Leave nothing of the context's tenant behind. In the order in which one thing needs another."""
    for route in RouteRepository().removable():
        routes.delete_route(route.id)
    for peering in PeeringRepository().scoped():
        peerings.delete_peering(peering.id)
    for tunnel in VpnTunnelRepository().scoped():
        vpn_tunnels.delete_tunnel(tunnel.id)
    for gateway in NatGatewayRepository().scoped():
        nat_gateways.delete_nat_gateway(ports, gateway.id)
    for address in AddressRepository().held():
        addresses.release_address(ports, address.id)
    for subnet in SubnetRepository().scoped():
        subnets.delete_subnet(subnet.id)
    for table in RouteTableRepository().scoped():
        if not table.main:
            route_tables.delete_route_table(table.id)
    for acl in AclRepository().scoped():
        acls.delete_acl(acl.id)
    SecurityGroupRuleRepository().scoped().delete()
    for group in SecurityGroupRepository().scoped():
        security_groups.delete_security_group(group.id)
    for vpc in VpcRepository().scoped():
        vpcs.delete_vpc(vpc.id)
