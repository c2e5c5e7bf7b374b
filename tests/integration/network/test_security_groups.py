"""Security groups and their rules."""

from __future__ import annotations

from tests.support.identities import Tenant
from tests.support.networking import GROUPS, PEERINGS, add_group_rule, create_vpc


def group_of(tenant: Tenant, vpc_id: str, name: str = "group") -> dict[str, str]:
    made: dict[str, str] = tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": vpc_id, "name": name})
    return made


def test_a_rule_is_taken_out_of_its_own_group_only(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    one, other = group_of(tenant, vpc["id"], "a"), group_of(tenant, vpc["id"], "b")
    rule = add_group_rule(tenant.api, other, cidr="0.0.0.0/0")
    tenant.api.refused("DELETE", f"{GROUPS}/{one['id']}/rules/{rule['id']}", 404, "not_found")
    assert [each["id"] for each in tenant.api.ok("GET", f"{GROUPS}/{other['id']}")["rules"]] == [rule["id"]]


def test_a_group_that_names_itself_can_go(tenant: Tenant) -> None:
    group = group_of(tenant, create_vpc(tenant.api)["id"])
    add_group_rule(tenant.api, group, peer_group_id=group["id"])
    tenant.api.ok("DELETE", f"{GROUPS}/{group['id']}", 204)


def test_a_peer_group_is_of_the_same_vpc_or_of_a_peered_one(tenant: Tenant) -> None:
    first, second = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(tenant.api, "10.1.0.0/16")
    group, peer = group_of(tenant, first["id"]), group_of(tenant, second["id"])
    rule = {"direction": "ingress", "protocol": "tcp", "peer_group_id": peer["id"]}
    tenant.api.refused("POST", f"{GROUPS}/{group['id']}/rules", 422, "another_vpc", json=rule)
    peering = tenant.api.ok("POST", PEERINGS, 201, json={"vpc_id": first["id"], "peer_vpc_id": second["id"]})
    tenant.api.ok("POST", f"{PEERINGS}/{peering['id']}/accept")
    add_group_rule(tenant.api, group, peer_group_id=peer["id"])
