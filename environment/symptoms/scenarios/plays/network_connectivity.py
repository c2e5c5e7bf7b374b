"""A customer's branch office, its tunnel, and what a firewall and a routing table say."""

from __future__ import annotations

from collections.abc import Mapping

from environment.symptoms.scenarios.cast import Cast
from environment.symptoms.scenarios.stage import Stage
from environment.symptoms.scenarios.transcript import Transcript
from tests.support.identities import Tenant
from tests.support.networking import (
    ACLS,
    ADDRESSES,
    EVALUATE,
    GROUPS,
    SUBNETS,
    TUNNELS,
    VPCS,
    ZONE,
    add_acl_rule,
    add_group_rule,
    create_subnet,
    create_vpc,
)

PLANT = "44.128.0.1"
"""The other end of the tunnel, in what amateur radio's network keeps for tests: no machine answers there."""


def play(stage: Stage) -> Mapping[str, str]:
    """What the engineer on call is answered."""
    cast = Cast(stage)
    return {
        "tunnel": str(_tunnel(cast.tenant())),
        "firewall": str(_firewall(cast.tenant())),
        "addresses": str(_addresses(cast.tenant())),
        "routes": str(_routes(cast.tenant())),
        "quarantine": str(_quarantine(cast.tenant())),
    }


def _tunnel(tenant: Tenant) -> Transcript:
    """The office's tunnel, with IPsec's most usual cipher."""
    said, vpc = Transcript(), create_vpc(tenant.api)
    for more in ({}, {"nat_traversal": True}):
        body = {"vpc_id": vpc["id"], "name": "office", "peer_address": PLANT, **more}
        fields = ("cipher", "gateway_mtu", "nat_traversal", "mtu", "mss")
        said.asked(tenant.api, "POST", TUNNELS, body, fields=fields, unsaid=("vpc_id",))
    return said


def _firewall(tenant: Tenant) -> Transcript:
    """The rule of the night before against the general one."""
    vpc = create_vpc(tenant.api)
    acl = tenant.api.ok("POST", ACLS, 201, json={"vpc_id": vpc["id"], "name": "front"})
    group = tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": vpc["id"], "name": "web"})
    subnet = create_subnet(tenant.api, vpc, acl_id=acl["id"])
    add_group_rule(tenant.api, group, cidr="0.0.0.0/0")
    add_acl_rule(tenant.api, acl, 100, "allow")
    add_acl_rule(tenant.api, acl, 100, "allow", direction="egress")
    add_acl_rule(tenant.api, acl, 20, "deny", cidr="203.0.113.0/24")
    said = Transcript()
    rule = ("direction", "number", "action", "cidr")
    said.asked(tenant.api, "GET", f"{ACLS}/{acl['id']}", shown_as=f"{ACLS}/{{front}}", fields=("rules",), of=rule)
    known = {"subnet_id": subnet["id"], "security_group_ids": [group["id"]]}
    for peer in ("203.0.113.66", "198.51.100.7"):
        fields = ("allowed", "decided_by", "rule_number")
        body = {**known, "peer": peer, "port": 443}
        said.asked(tenant.api, "POST", EVALUATE, body, fields=fields, unsaid=tuple(known))
    return said


def _addresses(tenant: Tenant) -> Transcript:
    """Two subnets of one VPC, and the addresses of their first machines."""
    said, vpc = Transcript(), create_vpc(tenant.api)
    subnets = []
    for name, cidr in (("plant", "10.0.0.0/22"), ("plant-cameras", "10.0.0.0/24")):
        body = {"vpc_id": vpc["id"], "name": name, "cidr": cidr, "zone": ZONE}
        fields = ("name", "cidr", "code")
        subnets.append(said.asked(tenant.api, "POST", SUBNETS, body, fields=fields, unsaid=("vpc_id", "zone")))
    for subnet in subnets:
        if "id" in subnet:
            said.line(f"# the first address of {subnet['name']}")
            body = {"subnet_id": subnet["id"]}
            said.asked(tenant.api, "POST", ADDRESSES, body, fields=("address",), unsaid=("subnet_id",))
    return said


def _routes(tenant: Tenant) -> Transcript:
    """The default route and the office's, made in this order."""
    said, vpc = Transcript(), create_vpc(tenant.api)
    office = {"vpc_id": vpc["id"], "name": "office", "peer_address": PLANT}
    tunnel = tenant.api.ok("POST", TUNNELS, 201, json=office)
    path = f"{VPCS}/{vpc['id']}/routes"
    for destination, kind, target in (
        ("0.0.0.0/0", "internet_gateway", ""),
        ("172.20.0.0/16", "vpn", tunnel["id"]),
    ):
        body = {"destination": destination, "target_kind": kind, "target": target}
        shown = f"{VPCS}/{{vpc}}/routes"
        said.asked(tenant.api, "POST", path, body, shown_as=shown, fields=("destination",), unsaid=("target",))
    for address in ("172.20.4.9", "9.9.9.9"):
        query = f"/lookup?address={address}"
        fields = ("destination", "target_kind")
        said.asked(tenant.api, "GET", f"{path}{query}", shown_as=f"{VPCS}/{{vpc}}/routes{query}", fields=fields)
    return said


def _quarantine(tenant: Tenant) -> Transcript:
    """An address that was given back rests before it is handed out again, which is as it should be."""
    said, vpc = Transcript(), create_vpc(tenant.api)
    subnet = create_subnet(tenant.api, vpc)
    body = {"subnet_id": subnet["id"]}
    first = said.asked(tenant.api, "POST", ADDRESSES, body, fields=("address",), unsaid=("subnet_id",))
    said.asked(tenant.api, "DELETE", f"{ADDRESSES}/{first['id']}", shown_as=f"{ADDRESSES}/{{first}}")
    said.asked(tenant.api, "POST", ADDRESSES, body, fields=("address",), unsaid=("subnet_id",))
    return said
