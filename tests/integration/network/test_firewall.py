"""What access lists and security groups let through."""

from __future__ import annotations

from typing import Any

from tests.support.identities import Tenant
from tests.support.networking import (
    ACLS,
    EVALUATE,
    GROUPS,
    SUBNETS,
    add_acl_rule,
    add_group_rule,
    create_subnet,
    create_vpc,
)


def prepared(tenant: Tenant) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A subnet with an access list and a security group, both without rules."""
    vpc = create_vpc(tenant.api)
    acl = tenant.api.ok("POST", ACLS, 201, json={"vpc_id": vpc["id"], "name": "acl"})
    group = tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": vpc["id"], "name": "web"})
    return create_subnet(tenant.api, vpc, acl_id=acl["id"]), acl, group


def verdict(
    tenant: Tenant, subnet: dict[str, Any], *groups: dict[str, Any], **packet: Any
) -> tuple[bool, str, int | None]:
    """(allowed, decided by, rule number) of a packet from 192.0.2.7 to port 443 unless told otherwise."""
    body = {
        "subnet_id": subnet["id"],
        "security_group_ids": [group["id"] for group in groups],
        "peer": "192.0.2.7",
        "port": 443,
        **packet,
    }
    answer = tenant.api.ok("POST", EVALUATE, 200, json=body)
    return answer["allowed"], answer["decided_by"], answer["rule_number"]


def test_rules_are_judged_by_number_and_not_as_text(tenant: Tenant) -> None:
    subnet, acl, group = prepared(tenant)
    add_group_rule(tenant.api, group, cidr="0.0.0.0/0")
    add_acl_rule(tenant.api, acl, 100, "allow")
    add_acl_rule(tenant.api, acl, 1_000, "allow")
    add_acl_rule(tenant.api, acl, 100, "allow", direction="egress")
    assert verdict(tenant, subnet, group) == (True, "acl", 100)

    add_acl_rule(tenant.api, acl, 20, "deny", cidr="192.0.2.0/24")

    assert verdict(tenant, subnet, group) == (False, "acl", 20)
    assert verdict(tenant, subnet, group, peer="198.51.100.1") == (True, "acl", 100)
    shown = tenant.api.ok("GET", f"{ACLS}/{acl['id']}")["rules"]
    assert [(rule["direction"], rule["number"]) for rule in shown] == [
        ("ingress", 20),
        ("ingress", 100),
        ("ingress", 1_000),
        ("egress", 100),
    ]


def test_an_access_list_is_stateless_and_must_let_the_answer_pass(tenant: Tenant) -> None:
    subnet, acl, group = prepared(tenant)
    add_group_rule(tenant.api, group, cidr="0.0.0.0/0")
    add_acl_rule(tenant.api, acl, 100, "allow")
    assert verdict(tenant, subnet, group) == (False, "acl_reply", None)

    add_acl_rule(tenant.api, acl, 100, "allow", direction="egress", protocol="tcp", port_low=49_152, port_high=65_535)

    assert verdict(tenant, subnet, group) == (True, "acl", 100)
    assert verdict(tenant, subnet, group, source_port=40_000) == (False, "acl_reply", None)


def test_security_groups_are_a_union_of_allows(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    subnet = create_subnet(tenant.api, vpc)
    web, ssh = (tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": vpc["id"], "name": name}) for name in ("web", "ssh"))
    add_group_rule(tenant.api, web, port_low=443, port_high=443, cidr="0.0.0.0/0")
    add_group_rule(tenant.api, ssh, port_low=22, port_high=22, peer_group_id=web["id"])

    assert verdict(tenant, subnet, ssh) == (False, "security_groups", None)
    assert verdict(tenant, subnet, ssh, web)[0] is True
    assert verdict(tenant, subnet, ssh, web, port=22)[0] is False
    assert verdict(tenant, subnet, ssh, web, port=22, peer_groups=[web["id"]])[0] is True


def test_a_subnet_without_a_list_lets_everything_to_the_groups(tenant: Tenant) -> None:
    subnet, acl, group = prepared(tenant)
    add_group_rule(tenant.api, group, cidr="0.0.0.0/0")
    assert verdict(tenant, subnet, group) == (False, "acl", None)

    tenant.api.ok("PATCH", f"{SUBNETS}/{subnet['id']}", json={"acl_id": None})

    assert verdict(tenant, subnet, group)[0] is True
    tenant.api.ok("DELETE", f"{ACLS}/{acl['id']}", 204)


def test_an_interface_is_in_no_group_of_another_vpc(tenant: Tenant) -> None:
    subnet, _, group = prepared(tenant)
    there = create_vpc(tenant.api, "10.1.0.0/16")
    foreign = tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": there["id"], "name": "open"})
    add_group_rule(tenant.api, foreign, cidr="0.0.0.0/0")

    for groups in ([foreign["id"]], [group["id"], foreign["id"]]):
        body = {"subnet_id": subnet["id"], "security_group_ids": groups, "peer": "192.0.2.7", "port": 443}
        tenant.api.refused("POST", EVALUATE, 422, "another_vpc", json=body)
