"""What network puts on the wire: its document, its problems, its entity tags and its events."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.metering import usage_of
from tests.support.networking import (
    ACLS,
    ADDRESSES,
    GROUPS,
    NAT,
    PEERINGS,
    ROUTE_TABLES,
    SUBNETS,
    TUNNELS,
    VPCS,
    add_acl_rule,
    add_group_rule,
    allocate,
    cidrs,
    create_subnet,
    create_vpc,
)

TOPIC = "network.events"


def test_the_document_describes_every_resource(fleet: FleetControl) -> None:
    host, port = fleet.address("network:8004")
    document = Api(f"http://{host}:{port}").ok("GET", "/openapi.json")

    collections = {path for path, methods in document["paths"].items() if {"get", "post"} <= set(methods)}
    assert collections == {
        "/v1/vpcs",
        "/v1/subnets",
        "/v1/addresses",
        "/v1/acls",
        "/v1/security-groups",
        "/v1/vpcs/{id}/routes",
        "/v1/route-tables",
        "/v1/route-tables/{id}/routes",
        "/v1/nat-gateways/{id}/translations",
        "/v1/peerings",
        "/v1/vpn-tunnels",
        "/v1/nat-gateways",
    }
    assert set(document["components"]["schemas"]["VpcOut"]["required"]) >= {"id", "name", "cidr", "version"}


def test_a_refusal_is_a_problem_with_a_stable_code(tenant: Tenant) -> None:
    create_vpc(tenant.api)
    answer = tenant.api.post(
        VPCS, json={"name": "b", "cidr": "10.0.3.0/24"}, headers={"X-Correlation-Id": "contract-1"}
    )

    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {name: problem[name] for name in ("type", "status", "code", "instance", "correlation_id")} == {
        "type": "/problems/cidr_overlap",
        "status": 409,
        "code": "cidr_overlap",
        "instance": "/v1/vpcs",
        "correlation_id": "contract-1",
    }
    assert problem["detail"] == "10.0.3.0/24 overlaps 10.0.0.0/16"


def test_a_body_that_breaks_the_schema_names_its_fields(tenant: Tenant) -> None:
    problem = tenant.api.refused("POST", VPCS, 422, "validation_failed", json={"name": "x" * 64})

    assert sorted(error["field"] for error in problem["errors"]) == ["cidr", "name"]
    assert cidrs(tenant.api) == []


def test_a_stale_version_is_refused_and_the_tag_is_the_version(tenant: Tenant) -> None:
    path = f"{VPCS}/{create_vpc(tenant.api)['id']}"
    assert tenant.api.get(path).headers["etag"] == '"1"'

    changed = tenant.api.patch(path, json={"name": "second"}, headers={"If-Match": '"1"'})
    tenant.api.refused("PATCH", path, 412, "version_conflict", json={"name": "third"}, headers={"If-Match": '"1"'})

    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert tenant.api.ok("GET", path)["name"] == "second"


def test_no_change_and_no_end_of_anything_ignores_a_stale_tag(tenant: Tenant) -> None:
    api = tenant.api
    vpc, peer = create_vpc(api), create_vpc(api, "10.7.0.0/16")
    subnet = create_subnet(api, vpc)
    in_vpc = {"vpc_id": vpc["id"], "name": "x"}
    acl, group, table = (api.ok("POST", path, 201, json=in_vpc) for path in (ACLS, GROUPS, ROUTE_TABLES))
    acl_rule, group_rule = add_acl_rule(api, acl, 100, "allow"), add_group_rule(api, group, cidr="0.0.0.0/0")
    tunnel = api.ok("POST", TUNNELS, 201, json={**in_vpc, "peer_address": "192.0.2.1"})
    gateway = api.ok("POST", NAT, 201, json={"subnet_id": subnet["id"], "name": "nat"})
    peering = api.ok("POST", PEERINGS, 201, json={"vpc_id": vpc["id"], "peer_vpc_id": peer["id"]})
    route = {"destination": "172.16.0.0/12", "target_kind": "blackhole"}
    made = api.ok("POST", f"{ROUTE_TABLES}/{table['id']}/routes", 201, json=route)
    held = allocate(api, subnet)
    rule = {"direction": "ingress", "cidr": "0.0.0.0/0"}

    def one(path: str, thing: dict[str, Any]) -> str:
        return f"{path}/{thing['id']}"

    for method, path, body in (
        ("PATCH", one(VPCS, vpc), {"name": "other"}),
        ("DELETE", one(VPCS, peer), None),
        ("POST", f"{one(VPCS, vpc)}/cidr-blocks", {"cidr": "10.9.0.0/16"}),
        ("PATCH", one(SUBNETS, subnet), {"name": "other"}),
        ("DELETE", one(SUBNETS, subnet), None),
        ("DELETE", one(ADDRESSES, held), None),
        ("POST", f"{one(ACLS, acl)}/rules", {**rule, "number": 7, "action": "deny"}),
        ("DELETE", f"{one(ACLS, acl)}/rules/{acl_rule['id']}", None),
        ("DELETE", one(ACLS, acl), None),
        ("POST", f"{one(GROUPS, group)}/rules", rule),
        ("DELETE", f"{one(GROUPS, group)}/rules/{group_rule['id']}", None),
        ("DELETE", one(GROUPS, group), None),
        ("PATCH", one(ROUTE_TABLES, table), {"name": "other"}),
        ("DELETE", one(ROUTE_TABLES, table), None),
        ("DELETE", one("/api/network/v1/routes", made), None),
        ("POST", f"{one(PEERINGS, peering)}/accept", None),
        ("POST", f"{one(PEERINGS, peering)}/reject", None),
        ("DELETE", one(PEERINGS, peering), None),
        ("DELETE", one(TUNNELS, tunnel), None),
        ("DELETE", one(NAT, gateway), None),
    ):
        api.refused(method, path, 412, "version_conflict", json=body, headers={"If-Match": '"99"'})

    assert api.ok("GET", one(VPCS, vpc))["version"] == api.ok("GET", one(SUBNETS, subnet))["version"] == 1
    assert [len(api.ok("GET", one(path, thing))["rules"]) for path, thing in ((ACLS, acl), (GROUPS, group))] == [1, 1]
    assert api.ok("GET", one(PEERINGS, peering))["state"] == "pending_acceptance"
    api.ok("DELETE", one(ADDRESSES, held), 204, headers={"If-Match": '"1"'})
    api.ok("POST", f"{one(PEERINGS, peering)}/accept", headers={"If-Match": '"1"'})


def test_the_same_idempotency_key_makes_one_vpc(tenant: Tenant) -> None:
    headers = {"Idempotency-Key": "vpc-1"}

    first = tenant.api.ok("POST", VPCS, 201, json={"name": "a", "cidr": "10.0.0.0/16"}, headers=headers)
    again = tenant.api.ok("POST", VPCS, 201, json={"name": "a", "cidr": "10.0.0.0/16"}, headers=headers)

    assert again == first
    assert cidrs(tenant.api) == ["10.0.0.0/16"]


def test_a_vpcs_events_tell_its_life_in_order(tenant: Tenant, bus: Bus) -> None:
    vpc = create_vpc(tenant.api)
    tenant.api.ok("PATCH", f"{VPCS}/{vpc['id']}", json={"name": "renamed"})
    tenant.api.ok("DELETE", f"{VPCS}/{vpc['id']}", 204)

    events = bus.of_subject(TOPIC, vpc["id"], count=3)

    assert [(event["type"], event["sequence"], event["data"]["name"]) for event in events] == [
        ("network.vpc.created", 1, "vpc"),
        ("network.vpc.updated", 2, "renamed"),
        ("network.vpc.deleted", 3, "renamed"),
    ]
    for event in events:
        assert (event["specversion"], event["source"], event["tenantid"]) == ("1.0", "omnicloud/network", tenant.id)
        assert event["data"]["cidr"] == "10.0.0.0/16"


@pytest.mark.usefixtures("same_day")
def test_the_time_an_address_is_held_is_told_in_exact_decimals(tenant: Tenant, bus: Bus) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api))
    address = allocate(tenant.api, subnet)
    tenant.api.ok("DELETE", f"{ADDRESSES}/{address['id']}", 204)

    [usage] = (event["data"] for event in usage_of(bus, "network", address))

    assert (usage["meter"], usage["source"]) == ("network.address_seconds", "network")
    assert re.fullmatch(r"\d+(\.\d+)?", usage["quantity"])
