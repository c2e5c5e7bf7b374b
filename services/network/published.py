"""What network tells: one function an event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from services.network.models import (
    Acl,
    AclRule,
    Address,
    NatGateway,
    Peering,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Vpc,
    VpnTunnel,
)
from shared.events import publish
from shared.infra.db.django import TenantModel

VPC, PEERING = "network.vpc", "network.peering"
"""How the events of VPCs and peerings begin."""
VPC_FACTS = ("name", "cidr", "ipv6_cidr", "cidr_blocks", "main_route_table_id")
SUBNET_FACTS = ("vpc_id", "name", "cidr", "zone", "acl_id", "route_table_id")
ADDRESS_FACTS = ("subnet_id", "address", "holder")
FIREWALL_FACTS = ("vpc_id", "name")
ACL_RULE_FACTS = ("id", "number", "direction", "action", "cidr", "protocol", "port_low", "port_high")
GROUP_RULE_FACTS = ("id", "direction", "protocol", "port_low", "port_high", "cidr", "peer_group_id")
ROUTE_TABLE_FACTS = ("vpc_id", "name")
ROUTE_FACTS = ("vpc_id", "route_table_id", "destination", "target_kind", "target")
NAT_FACTS = ("subnet_id", "name", "connectivity", "public_address")
PEERING_FACTS = ("requester_vpc_id", "accepter_tenant_id", "accepter_vpc_id", "state")
TUNNEL_FACTS = ("vpc_id", "name", "peer_address", "cipher", "nat_traversal", "gateway_mtu", "mtu", "mss")


def vpc_created(vpc: Vpc) -> None:
    """There is a new VPC."""
    _publish("network.vpc.created", vpc, *VPC_FACTS)


def vpc_updated(vpc: Vpc) -> None:
    """A VPC has another name, other ranges or another main route table."""
    _publish("network.vpc.updated", vpc, *VPC_FACTS)


def vpc_deleted(vpc: Vpc) -> None:
    """A VPC is gone, with its main route table."""
    _publish_last("network.vpc.deleted", vpc, *VPC_FACTS)


def subnet_created(subnet: Subnet) -> None:
    """There is a new subnet."""
    _publish("network.subnet.created", subnet, *SUBNET_FACTS)


def subnet_updated(subnet: Subnet) -> None:
    """A subnet has another name, access list or route table."""
    _publish("network.subnet.updated", subnet, *SUBNET_FACTS)


def subnet_deleted(subnet: Subnet) -> None:
    """A subnet is gone."""
    _publish_last("network.subnet.deleted", subnet, *SUBNET_FACTS)


def address_allocated(address: Address) -> None:
    """An address is held from now on."""
    _publish("network.address.allocated", address, *ADDRESS_FACTS)


def address_released(address: Address) -> None:
    """An address is held no longer, and rests."""
    _publish("network.address.released", address, *ADDRESS_FACTS)


def acl_created(acl: Acl) -> None:
    """There is a new access list, without rules."""
    _publish("network.acl.created", acl, *FIREWALL_FACTS, **_rules((), ()))


def acl_updated(acl: Acl, rules: Iterable[AclRule]) -> None:
    """An access list has other rules; these are all of them."""
    _publish("network.acl.updated", acl, *FIREWALL_FACTS, **_rules(rules, ACL_RULE_FACTS))


def acl_deleted(acl: Acl) -> None:
    """An access list is gone."""
    _publish_last("network.acl.deleted", acl, *FIREWALL_FACTS)


def security_group_created(group: SecurityGroup) -> None:
    """There is a new security group, without rules."""
    _publish("network.security_group.created", group, *FIREWALL_FACTS, **_rules((), ()))


def security_group_updated(group: SecurityGroup, rules: Iterable[SecurityGroupRule]) -> None:
    """A security group has other rules; these are all of them."""
    _publish("network.security_group.updated", group, *FIREWALL_FACTS, **_rules(rules, GROUP_RULE_FACTS))


def security_group_deleted(group: SecurityGroup) -> None:
    """A security group is gone."""
    _publish_last("network.security_group.deleted", group, *FIREWALL_FACTS)


def route_table_created(table: RouteTable) -> None:
    """There is a new route table, with the VPC's local routes."""
    _publish("network.route_table.created", table, *ROUTE_TABLE_FACTS)


def route_table_updated(table: RouteTable) -> None:
    """A route table has another name."""
    _publish("network.route_table.updated", table, *ROUTE_TABLE_FACTS)


def route_table_deleted(table: RouteTable) -> None:
    """A route table is gone, with its routes."""
    _publish_last("network.route_table.deleted", table, *ROUTE_TABLE_FACTS)


def route_created(route: Route) -> None:
    """There is a new route."""
    _publish("network.route.created", route, *ROUTE_FACTS)


def route_updated(route: Route) -> None:
    """A route leads elsewhere, or nowhere."""
    _publish("network.route.updated", route, *ROUTE_FACTS)


def route_deleted(route: Route) -> None:
    """A route is gone."""
    _publish_last("network.route.deleted", route, *ROUTE_FACTS)


def peering_requested(peering: Peering) -> None:
    """One side asks the other for a peering."""
    _publish("network.peering.requested", peering, *PEERING_FACTS, requester_tenant_id=peering.tenant_id)


def peering_accepted(peering: Peering) -> None:
    """The other side agrees: packets may pass."""
    _publish("network.peering.accepted", peering, *PEERING_FACTS, requester_tenant_id=peering.tenant_id)


def peering_rejected(peering: Peering) -> None:
    """The other side refuses."""
    _publish("network.peering.rejected", peering, *PEERING_FACTS, requester_tenant_id=peering.tenant_id)


def peering_deleted(peering: Peering) -> None:
    """A peering is gone; the routes over it lead nowhere."""
    _publish_last("network.peering.deleted", peering, *PEERING_FACTS, requester_tenant_id=peering.tenant_id)


def vpn_tunnel_created(tunnel: VpnTunnel) -> None:
    """There is a new VPN tunnel."""
    _publish("network.vpn_tunnel.created", tunnel, *TUNNEL_FACTS)


def vpn_tunnel_deleted(tunnel: VpnTunnel) -> None:
    """A VPN tunnel is gone."""
    _publish_last("network.vpn_tunnel.deleted", tunnel, *TUNNEL_FACTS)


def nat_gateway_created(gateway: NatGateway) -> None:
    """There is a new NAT gateway."""
    _publish("network.nat_gateway.created", gateway, *NAT_FACTS, address=gateway.address.address)


def nat_gateway_deleted(gateway: NatGateway) -> None:
    """A NAT gateway is gone; its address is released."""
    _publish_last("network.nat_gateway.deleted", gateway, *NAT_FACTS, address=gateway.address.address)


def vpc_facts(vpc: Vpc) -> dict[str, Any]:
    """What is told of a VPC."""
    return _facts(vpc, VPC_FACTS)


def peering_facts(peering: Peering) -> dict[str, Any]:
    """What is told of a peering."""
    return {**_facts(peering, PEERING_FACTS), "requester_tenant_id": peering.tenant_id}


def _rules(rules: Iterable[TenantModel], names: tuple[str, ...]) -> dict[str, Any]:
    """How many rules there are, and what each says."""
    listed = [_facts(rule, names) for rule in rules]
    return {"rules": len(listed), "rule_list": listed}


def _facts(row: TenantModel, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _publish(kind: str, row: TenantModel, *facts: str, **more: Any) -> None:
    """An event about a row, with some of its attributes."""
    _publish_as(row.version, kind, row, facts, more)


def _publish_last(kind: str, row: TenantModel, *facts: str, **more: Any) -> None:
    """The last event about a row, which comes after that of its present version."""
    _publish_as(row.version + 1, kind, row, facts, more)


def _publish_as(sequence: int, kind: str, row: TenantModel, facts: tuple[str, ...], more: dict[str, Any]) -> None:
    data = {"id": row.id, **_facts(row, facts), **more}
    publish(connection, kind, subject=row.id, sequence=sequence, data=data)
