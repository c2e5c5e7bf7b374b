"""Access lists and their rules."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.bus import Bus
from tests.support.identities import Tenant
from tests.support.networking import ACLS, SUBNETS, ZONE, add_acl_rule, create_subnet, create_vpc


def test_a_number_is_taken_once_a_direction(tenant: Tenant) -> None:
    acl = tenant.api.ok("POST", ACLS, 201, json={"vpc_id": create_vpc(tenant.api)["id"], "name": "acl"})
    rule = add_acl_rule(tenant.api, acl, 100, "allow")
    path = f"{ACLS}/{acl['id']}/rules"
    body = {"number": 100, "direction": "ingress", "action": "deny", "cidr": "0.0.0.0/0"}

    tenant.api.refused("POST", path, 409, "duplicate_rule", json=body)

    tenant.api.ok("DELETE", f"{path}/{rule['id']}", 204)
    assert tenant.api.ok("POST", path, 201, json=body)["action"] == "deny"


def test_a_rule_is_taken_out_of_its_own_list_only(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    one, other = (tenant.api.ok("POST", ACLS, 201, json={"vpc_id": vpc["id"], "name": name}) for name in "ab")
    rule = add_acl_rule(tenant.api, other, 100, "allow")
    before = tenant.api.ok("GET", f"{ACLS}/{one['id']}")
    tenant.api.refused("DELETE", f"{ACLS}/{one['id']}/rules/{rule['id']}", 404, "not_found")
    assert tenant.api.ok("GET", f"{ACLS}/{one['id']}") == before
    assert [each["id"] for each in tenant.api.ok("GET", f"{ACLS}/{other['id']}")["rules"]] == [rule["id"]]


def test_ports_without_a_protocol_that_has_any_are_refused(tenant: Tenant) -> None:
    acl = tenant.api.ok("POST", ACLS, 201, json={"vpc_id": create_vpc(tenant.api)["id"], "name": "acl"})
    ports = {"port_low": 8300, "port_high": 8302}
    body = {"number": 100, "direction": "ingress", "action": "allow", "cidr": "0.0.0.0/0", **ports}
    for protocol in ("all", "icmp"):
        refused = {**body, "protocol": protocol}
        tenant.api.refused("POST", f"{ACLS}/{acl['id']}/rules", 422, "invalid_rule", json=refused)
    add_acl_rule(tenant.api, acl, 100, "allow", protocol="tcp", **ports)


def test_a_subnet_takes_no_list_of_another_vpc(tenant: Tenant) -> None:
    first, second = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(tenant.api, "10.1.0.0/16")
    acl = tenant.api.ok("POST", ACLS, 201, json={"vpc_id": second["id"], "name": "acl"})
    subnet = create_subnet(tenant.api, first)
    path = f"{SUBNETS}/{subnet['id']}"
    tenant.api.refused("PATCH", path, 422, "another_vpc", json={"acl_id": acl["id"]})
    assert tenant.api.ok("GET", path)["acl_id"] is None


def test_the_event_of_a_list_tells_its_rules(tenant: Tenant, bus: Bus) -> None:
    acl = tenant.api.ok("POST", ACLS, 201, json={"vpc_id": create_vpc(tenant.api)["id"], "name": "acl"})
    rule = add_acl_rule(tenant.api, acl, 100, "deny", cidr="192.0.2.0/24")
    told = bus.of_subject("network.events", acl["id"], count=2)[-1]
    assert told["type"] == "network.acl.updated"
    assert [(each["id"], each["number"], each["action"], each["cidr"]) for each in told["data"]["rule_list"]] == [
        (rule["id"], 100, "deny", "192.0.2.0/24")
    ]


def test_a_list_that_goes_while_a_subnet_takes_it_is_either_in_use_or_gone(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    for number in range(5):
        acl = tenant.api.ok("POST", ACLS, 201, json={"vpc_id": vpc["id"], "name": "web"})["id"]
        body = {"vpc_id": vpc["id"], "name": "a", "cidr": f"10.0.{number}.0/24", "zone": ZONE, "acl_id": acl}
        with ThreadPoolExecutor(2) as pool:
            making = pool.submit(tenant.api.post, SUBNETS, json=body)
            ending = pool.submit(tenant.api.delete, f"{ACLS}/{acl}")
            statuses = (making.result().status_code, ending.result().status_code)
        assert statuses in ((201, 409), (404, 204))
