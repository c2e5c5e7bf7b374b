"""Shorthands of the network tests."""

from __future__ import annotations

from typing import Any

from tests.support.api import Api

VPCS = "/api/network/v1/vpcs"
SUBNETS = "/api/network/v1/subnets"
ADDRESSES = "/api/network/v1/addresses"
ACLS = "/api/network/v1/acls"
GROUPS = "/api/network/v1/security-groups"
PEERINGS = "/api/network/v1/peerings"
TUNNELS = "/api/network/v1/vpn-tunnels"
NAT = "/api/network/v1/nat-gateways"
ROUTE_TABLES = "/api/network/v1/route-tables"
EVALUATE = "/api/network/v1/firewall/evaluate"
ZONE = "nimbus-eu-1a"


def create_vpc(api: Api, cidr: str = "10.0.0.0/16", **fields: Any) -> dict[str, Any]:
    """A new VPC."""
    vpc: dict[str, Any] = api.ok("POST", VPCS, 201, json={"name": "vpc", "cidr": cidr, **fields})
    return vpc


def create_subnet(api: Api, vpc: dict[str, Any], cidr: str = "10.0.0.0/24", **fields: Any) -> dict[str, Any]:
    """A new subnet of a VPC."""
    body = {"vpc_id": vpc["id"], "name": "subnet", "cidr": cidr, "zone": ZONE, **fields}
    subnet: dict[str, Any] = api.ok("POST", SUBNETS, 201, json=body)
    return subnet


def allocate(api: Api, subnet: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A new address of a subnet."""
    address: dict[str, Any] = api.ok("POST", ADDRESSES, 201, json={"subnet_id": subnet["id"], **fields})
    return address


def add_acl_rule(api: Api, acl: dict[str, Any], number: int, action: str, **fields: Any) -> dict[str, Any]:
    """A new rule of an access list, for ingress from anywhere unless told otherwise."""
    body = {"number": number, "direction": "ingress", "action": action, "cidr": "0.0.0.0/0", **fields}
    rule: dict[str, Any] = api.ok("POST", f"{ACLS}/{acl['id']}/rules", 201, json=body)
    return rule


def add_group_rule(api: Api, group: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A new rule of a security group, for ingress over TCP unless told otherwise."""
    body = {"direction": "ingress", "protocol": "tcp", **fields}
    rule: dict[str, Any] = api.ok("POST", f"{GROUPS}/{group['id']}/rules", 201, json=body)
    return rule


def cidrs(api: Api) -> list[str]:
    """The ranges of all VPCs of the caller's tenant."""
    return [vpc["cidr"] for vpc in api.items(VPCS)]


def addresses_of(api: Api, subnet: dict[str, Any]) -> list[str]:
    """The held addresses of a subnet, oldest first."""
    return [entry["address"] for entry in api.items(ADDRESSES, subnet_id=subnet["id"])]
