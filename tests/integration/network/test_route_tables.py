"""Route tables and the subnets that are associated with them, as EC2 has them."""

from __future__ import annotations

from typing import Any

from tests.support.api import Api
from tests.support.identities import Tenant
from tests.support.networking import ROUTE_TABLES, SUBNETS, VPCS, create_subnet, create_vpc

ROUTES = "/api/network/v1/routes"


def create_table(api: Api, vpc: dict[str, Any], name: str = "private") -> dict[str, Any]:
    """A new route table."""
    table: dict[str, Any] = api.ok("POST", ROUTE_TABLES, 201, json={"vpc_id": vpc["id"], "name": name})
    return table


def add_route(api: Api, table: dict[str, Any], destination: str, kind: str, target: str = "") -> dict[str, Any]:
    body = {"destination": destination, "target_kind": kind, "target": target}
    route: dict[str, Any] = api.ok("POST", f"{ROUTE_TABLES}/{table['id']}/routes", 201, json=body)
    return route


def taken(api: Api, vpc: dict[str, Any], address: str, **params: str) -> str:
    """What kind of target packets to an address are sent to."""
    found = api.ok("GET", f"{VPCS}/{vpc['id']}/routes/lookup", params={"address": address, **params})
    kind: str = found["target_kind"]
    return kind


def test_each_subnet_goes_by_its_own_table_and_the_others_by_the_main_one(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    public, private = (create_subnet(tenant.api, vpc, f"10.0.{number}.0/24") for number in (1, 2))
    internet = {"destination": "0.0.0.0/0", "target_kind": "internet_gateway"}
    tenant.api.ok("POST", f"{VPCS}/{vpc['id']}/routes", 201, json=internet)
    table = create_table(tenant.api, vpc)
    add_route(tenant.api, table, "0.0.0.0/0", "blackhole")
    assert taken(tenant.api, vpc, "8.8.8.8", subnet_id=private["id"]) == "internet_gateway"

    changed = tenant.api.ok("PATCH", f"{SUBNETS}/{private['id']}", json={"route_table_id": table["id"]})

    assert changed["route_table_id"] == table["id"]
    assert taken(tenant.api, vpc, "8.8.8.8", subnet_id=private["id"]) == "blackhole"
    assert taken(tenant.api, vpc, "10.0.1.9", subnet_id=private["id"]) == "local"
    assert taken(tenant.api, vpc, "8.8.8.8", subnet_id=public["id"]) == "internet_gateway"
    assert tenant.api.ok("GET", f"{ROUTE_TABLES}/{table['id']}")["subnet_ids"] == [private["id"]]


def test_a_table_in_use_stays_and_goes_with_its_routes_when_no_subnet_uses_it(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    table = create_table(tenant.api, vpc)
    route = add_route(tenant.api, table, "172.16.0.0/12", "blackhole")
    subnet = create_subnet(tenant.api, vpc, route_table_id=table["id"])
    one = f"{ROUTE_TABLES}/{table['id']}"

    tenant.api.refused("DELETE", one, 409, "resource_in_use")
    tenant.api.refused("DELETE", f"{VPCS}/{vpc['id']}", 409, "resource_in_use")
    tenant.api.ok("PATCH", f"{SUBNETS}/{subnet['id']}", json={"route_table_id": None})
    tenant.api.ok("DELETE", one, 204)

    tenant.api.refused("GET", one, 404, "not_found")
    tenant.api.refused("GET", f"{ROUTES}/{route['id']}", 404, "not_found")


def test_another_table_may_become_the_main_one(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    table, first = create_table(tenant.api, vpc), vpc["main_route_table_id"]
    add_route(tenant.api, table, "0.0.0.0/0", "internet_gateway")
    tenant.api.refused("DELETE", f"{ROUTE_TABLES}/{first}", 409, "main_route_table")

    tenant.api.ok("PATCH", f"{VPCS}/{vpc['id']}", json={"main_route_table_id": table["id"]})

    assert taken(tenant.api, vpc, "8.8.8.8") == "internet_gateway"
    assert {each["id"]: each["main"] for each in tenant.api.items(ROUTE_TABLES)} == {first: False, table["id"]: True}
    tenant.api.ok("DELETE", f"{ROUTE_TABLES}/{first}", 204)
    tenant.api.refused("DELETE", f"{ROUTE_TABLES}/{table['id']}", 409, "main_route_table")
    tenant.api.ok("DELETE", f"{VPCS}/{vpc['id']}", 204)


def test_one_destination_has_one_route_in_each_table(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    one, other = create_table(tenant.api, vpc, "one"), create_table(tenant.api, vpc, "other")
    for table in (one, other):
        add_route(tenant.api, table, "172.16.0.0/12", "blackhole")
    body = {"destination": "172.16.0.0/12", "target_kind": "internet_gateway"}
    tenant.api.refused("POST", f"{ROUTE_TABLES}/{one['id']}/routes", 409, "duplicate_route", json=body)


def test_traffic_inside_a_vpc_leaves_its_local_route_only_for_a_middlebox(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    subnet = create_subnet(tenant.api, vpc, "10.0.1.0/24")
    routes = f"{VPCS}/{vpc['id']}/routes"
    gateway = tenant.api.ok(
        "POST", "/api/network/v1/nat-gateways", 201, json={"subnet_id": subnet["id"], "name": "inspection"}
    )
    inside = {"destination": "10.0.1.0/24", "target_kind": "internet_gateway"}

    tenant.api.refused("POST", routes, 422, "invalid_route", json=inside)
    through = {"destination": "10.0.1.0/24", "target_kind": "nat_gateway", "target": gateway["id"]}
    tenant.api.ok("POST", routes, 201, json=through)

    assert taken(tenant.api, vpc, "10.0.1.9") == "nat_gateway"
