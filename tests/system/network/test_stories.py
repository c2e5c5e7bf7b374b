"""Network with the services around it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.metering import total, usage_of, window
from tests.support.networking import (
    ADDRESSES,
    GROUPS,
    NAT,
    PEERINGS,
    ROUTE_TABLES,
    SUBNETS,
    VPCS,
    add_group_rule,
    allocate,
    create_subnet,
    create_vpc,
)


def held(tenant: Tenant) -> dict[str, tuple[int, int]]:
    """(used, reserved) of the resources that network counts."""
    quotas = tenant.operator.ok("GET", "/api/tenants/v1/quotas")["items"]
    return {
        entry["resource"]: (entry["used"], entry["reserved"])
        for entry in quotas
        if entry["resource"] in ("vpcs", "subnets", "addresses")
    }


@pytest.mark.services("tenants")
def test_quota_is_used_by_what_exists_and_comes_back_with_its_end(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    subnet = create_subnet(tenant.api, vpc)
    address = allocate(tenant.api, subnet)
    eventually(lambda: held(tenant) == {"vpcs": (1, 0), "subnets": (1, 0), "addresses": (1, 0)})

    for path in (f"{ADDRESSES}/{address['id']}", f"{SUBNETS}/{subnet['id']}", f"{VPCS}/{vpc['id']}"):
        tenant.api.ok("DELETE", path, 204)

    eventually(lambda: held(tenant) == {"vpcs": (0, 0), "subnets": (0, 0), "addresses": (0, 0)})


@pytest.mark.services("tenants")
def test_a_closed_tenant_leaves_no_network_behind(operator: Api, tenant: Tenant, other_tenant: Tenant) -> None:
    vpc, neighbour = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(other_tenant.api, "10.1.0.0/16")
    subnet = create_subnet(tenant.api, vpc)
    allocate(tenant.api, subnet)
    tenant.api.ok("POST", "/api/network/v1/nat-gateways", 201, json={"subnet_id": subnet["id"], "name": "nat"})
    first, second = (
        tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": vpc["id"], "name": name}) for name in ("a", "b")
    )
    add_group_rule(tenant.api, first, peer_group_id=second["id"])
    add_group_rule(tenant.api, second, peer_group_id=first["id"])
    request = {"vpc_id": vpc["id"], "peer_tenant_id": other_tenant.id, "peer_vpc_id": neighbour["id"]}
    tenant.api.ok("POST", PEERINGS, 201, json=request)

    operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")

    eventually(lambda: list(tenant.operator.items(VPCS)) == [])
    for path in (SUBNETS, ADDRESSES, GROUPS, PEERINGS):
        assert list(tenant.operator.items(path)) == []
    assert [entry["id"] for entry in other_tenant.api.items(VPCS)] == [neighbour["id"]]
    assert list(other_tenant.api.items(PEERINGS)) == []


def test_an_address_is_metered_without_gap_for_as_long_as_it_is_held(
    tenant: Tenant, bus: Bus, fleet: FleetControl
) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api))
    address = allocate(tenant.api, subnet)
    fleet.step_clock(300)
    pieces = tenant.api.ok("POST", "/api/network/v1/usage/flush")["recorded"]
    assert pieces in (1, 2)  # two where a midnight came
    tenant.api.ok("DELETE", f"{ADDRESSES}/{address['id']}", 204)
    assert tenant.api.ok("POST", "/api/network/v1/usage/flush") == {"recorded": 0}

    told = usage_of(bus, "network", address, count=pieces + 1)
    windows = [window(event) for event in told]
    began, ended = windows[0][0], windows[-1][1]

    assert [end for _, end in windows[:-1]] == [start for start, _ in windows[1:]]
    assert total(told) == Decimal((ended - began) // datetime.resolution) / 1_000_000
    assert total(told) >= 300


@pytest.mark.services("compute")
def test_subnets_lie_in_the_zones_of_computes_catalogue_and_nowhere_else(tenant: Tenant) -> None:
    zones = [zone["name"] for zone in tenant.api.ok("GET", "/api/compute/v1/zones")]
    vpc = create_vpc(tenant.api)

    for number, zone in enumerate(zones[:3]):
        assert create_subnet(tenant.api, vpc, f"10.0.{number}.0/24", zone=zone)["zone"] == zone
    body = {"vpc_id": vpc["id"], "name": "s", "cidr": "10.0.9.0/24", "zone": zones[0] + "x"}
    tenant.api.refused("POST", SUBNETS, 422, "unknown_subnet_zone", json=body)


@pytest.mark.services("audit")
def test_private_machines_reach_the_internet_through_a_gateway_and_every_step_is_in_the_trail(tenant: Tenant) -> None:
    # Given a VPC with a second range: a gateway in its first, private machines in its second
    api, vpc = tenant.api, create_vpc(tenant.api, "10.0.0.0/16")
    api.ok("POST", f"{VPCS}/{vpc['id']}/cidr-blocks", 201, json={"cidr": "10.1.0.0/16"})
    public = create_subnet(api, vpc, "10.0.0.0/24")
    internet = {"destination": "0.0.0.0/0", "target_kind": "internet_gateway"}
    out = api.ok("POST", f"{VPCS}/{vpc['id']}/routes", 201, json=internet)
    gateway = api.ok("POST", NAT, 201, json={"subnet_id": public["id"], "name": "nat"})
    table = api.ok("POST", ROUTE_TABLES, 201, json={"vpc_id": vpc["id"], "name": "private"})
    through = {"destination": "0.0.0.0/0", "target_kind": "nat_gateway", "target": gateway["id"]}
    route = api.ok("POST", f"{ROUTE_TABLES}/{table['id']}/routes", 201, json=through)
    private = create_subnet(api, vpc, "10.1.0.0/24", route_table_id=table["id"])
    machine = allocate(api, private)

    # When a machine speaks to somebody in the internet and is answered, and an uninvited packet comes, too
    path = f"{NAT}/{gateway['id']}/translations"
    said = {"protocol": "tcp", "source": machine["address"], "source_port": 40_000}
    told = api.ok("POST", path, json={**said, "destination": "203.0.113.7", "destination_port": 443})
    answer = {"protocol": "tcp", "source": "203.0.113.7", "source_port": 443, "port": told["port"]}
    back = api.ok("POST", f"{path}/incoming", json=answer)
    api.refused("POST", f"{path}/incoming", 404, "not_found", json={**answer, "source": "203.0.113.66"})

    # Then the answer finds the machine, a subnet in use stays, and the trail has every change once
    assert (back["source"], back["source_port"]) == ("10.1.0.4", 40_000)
    assert told["address"] == gateway["public_address"]
    api.refused("DELETE", f"{SUBNETS}/{gateway['subnet_id']}", 409, "resource_in_use")
    expected = {
        (vpc["id"], "network.vpc.created"),
        (vpc["id"], "network.vpc.updated"),
        (table["id"], "network.route_table.created"),
        (route["id"], "network.route.created"),
        (out["id"], "network.route.created"),
        (gateway["id"], "network.nat_gateway.created"),
        (private["id"], "network.subnet.created"),
    }

    def trail() -> list[tuple[str, str]]:
        records = tenant.operator.items("/api/audit/v1/records", limit=1000)
        return [(record["subject"], record["type"]) for record in records if record["subject"] in dict(expected)]

    eventually(lambda: set(trail()) == expected, timeout=20)
    assert len(trail()) == len(expected)


@pytest.mark.services("tenants")
def test_a_closed_tenant_leaves_no_tables_and_no_public_addresses_behind(
    operator: Api, tenant: Tenant, other_tenant: Tenant
) -> None:
    vpc = create_vpc(tenant.api)
    subnet = create_subnet(tenant.api, vpc)
    gateway = tenant.api.ok("POST", NAT, 201, json={"subnet_id": subnet["id"], "name": "nat"})
    table = tenant.api.ok("POST", ROUTE_TABLES, 201, json={"vpc_id": vpc["id"], "name": "private"})
    create_subnet(tenant.api, vpc, "10.0.1.0/24", route_table_id=table["id"])
    through = {"destination": "0.0.0.0/0", "target_kind": "nat_gateway", "target": gateway["id"]}
    tenant.api.ok("POST", f"{ROUTE_TABLES}/{table['id']}/routes", 201, json=through)

    operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    eventually(lambda: list(tenant.operator.items(VPCS)) == [], timeout=20)

    assert [list(tenant.operator.items(path)) for path in (ROUTE_TABLES, NAT, SUBNETS)] == [[], [], []]
    theirs = create_subnet(other_tenant.api, create_vpc(other_tenant.api))
    again = other_tenant.api.ok("POST", NAT, 201, json={"subnet_id": theirs["id"], "name": "nat"})
    assert again["public_address"] != gateway["public_address"], "it was somebody else's a moment ago"
