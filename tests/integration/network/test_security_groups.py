"""Security groups and their rules."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

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


def test_a_group_takes_no_rule_that_says_what_another_says(tenant: Tenant) -> None:
    """EC2: `InvalidPermission.Duplicate`, also in another spelling, and also of rules that are added at once."""
    vpc = create_vpc(tenant.api)
    group, peer = (tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": vpc["id"], "name": name}) for name in "ab")
    rules = f"{GROUPS}/{group['id']}/rules"
    https = {"direction": "ingress", "protocol": "tcp", "port_low": 443, "port_high": 443}
    for other_end in ({"cidr": "2001:db8::/32"}, {"peer_group_id": peer["id"]}):
        tenant.api.ok("POST", rules, 201, json={**https, **other_end})
        tenant.api.refused("POST", rules, 409, "duplicate_rule", json={**https, **other_end})
    tenant.api.refused("POST", rules, 409, "duplicate_rule", json={**https, "cidr": "2001:DB8:0::/32"})
    tenant.api.ok("POST", rules, 201, json={**https, "direction": "egress", "cidr": "2001:db8::/32"})
    body = {**https, "cidr": "192.0.2.0/24"}
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(lambda _: tenant.api.post(rules, json=body).status_code, range(4)))
    assert statuses == [201, 409, 409, 409]
    assert len(tenant.api.ok("GET", f"{GROUPS}/{group['id']}")["rules"]) == 4


def test_groups_that_name_each_other_at_once_wait_for_each_other(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    groups = [tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": vpc["id"], "name": name})["id"] for name in "ab"]

    def name_each_other(number: int) -> int:
        own, other = groups[number % 2], groups[1 - number % 2]
        body = {"direction": "ingress", "port_low": number, "port_high": number, "protocol": "tcp"}
        return tenant.api.post(f"{GROUPS}/{own}/rules", json={**body, "peer_group_id": other}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(name_each_other, range(24))) == {201}


def test_a_group_that_goes_while_it_is_named_is_either_named_or_gone(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    for _ in range(5):
        group, peer = (
            tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": vpc["id"], "name": name})["id"] for name in "ab"
        )
        rule = {"direction": "ingress", "peer_group_id": peer}
        with ThreadPoolExecutor(2) as pool:
            naming = pool.submit(tenant.api.post, f"{GROUPS}/{group}/rules", json=rule)
            ending = pool.submit(tenant.api.delete, f"{GROUPS}/{peer}")
            statuses = (naming.result().status_code, ending.result().status_code)
        assert statuses in ((201, 409), (404, 204))
