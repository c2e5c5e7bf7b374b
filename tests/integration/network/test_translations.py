"""NAT gateways translate connections, follow them, and forget them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.networking import NAT, ROUTE_TABLES, VPCS, create_subnet, create_vpc

REMOTE = "203.0.113.7"


def routed_gateway(api: Api, cidr: str = "10.0.0.0/16", **fields: Any) -> dict[str, Any]:
    """A gateway that a new VPC's main table sends everything for elsewhere to."""
    vpc = create_vpc(api, cidr)
    subnet = create_subnet(api, vpc, cidr.replace("/16", "/24"))
    gateway: dict[str, Any] = api.ok("POST", NAT, 201, json={"subnet_id": subnet["id"], "name": "nat", **fields})
    route = {"destination": "0.0.0.0/0", "target_kind": "nat_gateway", "target": gateway["id"]}
    api.ok("POST", f"{VPCS}/{vpc['id']}/routes", 201, json=route)
    return {**gateway, "vpc": vpc}


def outgoing(source: str, source_port: int = 40_000, **fields: Any) -> dict[str, Any]:
    packet = {"protocol": "tcp", "source": source, "source_port": source_port}
    return {**packet, "destination": REMOTE, "destination_port": 443, **fields}


def send(api: Api, gateway: dict[str, Any], source: str, source_port: int = 40_000, **fields: Any) -> dict[str, Any]:
    """The connection that a packet on its way out belongs to."""
    body = outgoing(source, source_port, **fields)
    connection: dict[str, Any] = api.ok("POST", f"{NAT}/{gateway['id']}/translations", json=body)
    return connection


def test_two_machines_with_one_port_are_told_apart_by_the_gateways_ports(tenant: Tenant) -> None:
    gateway = routed_gateway(tenant.api)
    one, other = send(tenant.api, gateway, "10.0.0.10"), send(tenant.api, gateway, "10.0.0.11")

    assert one["address"] == other["address"] == gateway["public_address"] != gateway["address"]
    assert (one["port"], other["port"]) == (40_000, 40_001)
    for connection, source in ((one, "10.0.0.10"), (other, "10.0.0.11")):
        answer = {"protocol": "tcp", "source": REMOTE, "source_port": 443, "port": connection["port"]}
        back = tenant.api.ok("POST", f"{NAT}/{gateway['id']}/translations/incoming", json=answer)
        assert (back["source"], back["source_port"]) == (source, 40_000)


def test_a_connection_keeps_its_port_and_one_port_serves_many_other_sides(tenant: Tenant) -> None:
    gateway = routed_gateway(tenant.api)
    first = send(tenant.api, gateway, "10.0.0.10")

    assert send(tenant.api, gateway, "10.0.0.10")["id"] == first["id"]
    elsewhere = send(tenant.api, gateway, "10.0.0.11", destination="203.0.113.8")
    by_udp = send(tenant.api, gateway, "10.0.0.12", protocol="udp")

    assert (elsewhere["port"], by_udp["port"]) == (40_000, 40_000)
    assert len(list(tenant.api.items(f"{NAT}/{gateway['id']}/translations"))) == 3


def test_what_belongs_to_no_connection_is_dropped(tenant: Tenant) -> None:
    gateway = routed_gateway(tenant.api)
    send(tenant.api, gateway, "10.0.0.10")
    incoming = f"{NAT}/{gateway['id']}/translations/incoming"
    answer = {"protocol": "tcp", "source": REMOTE, "source_port": 443, "port": 40_000}

    for changed in ({"source": "203.0.113.9"}, {"source_port": 80}, {"port": 40_001}, {"protocol": "udp"}):
        tenant.api.refused("POST", incoming, 404, "not_found", json={**answer, **changed})
    assert tenant.api.ok("POST", incoming, json=answer)["source"] == "10.0.0.10"


def test_an_idle_connection_is_forgotten_and_its_port_is_free_again(tenant: Tenant, fleet: FleetControl) -> None:
    gateway = routed_gateway(tenant.api)
    send(tenant.api, gateway, "10.0.0.10")
    incoming = f"{NAT}/{gateway['id']}/translations/incoming"
    answer = {"protocol": "tcp", "source": REMOTE, "source_port": 443, "port": 40_000}

    fleet.step_clock(200)
    tenant.api.ok("POST", incoming, json=answer)
    fleet.step_clock(400)
    tenant.api.ok("POST", incoming, json=answer)
    fleet.step_clock(760)

    tenant.api.refused("POST", incoming, 404, "not_found", json=answer)
    assert list(tenant.api.items(f"{NAT}/{gateway['id']}/translations")) == []
    assert send(tenant.api, gateway, "10.0.0.11")["port"] == 40_000


def test_a_connection_goes_on_where_the_clock_is_a_little_behind(tenant: Tenant, fleet: FleetControl) -> None:
    """As it is at another instance."""
    gateway = routed_gateway(tenant.api)
    fleet.step_clock(30)
    known = send(tenant.api, gateway, "10.0.0.10")
    fleet.step_clock(0)
    answer = {"protocol": "tcp", "source": REMOTE, "source_port": 443, "port": known["port"]}
    incoming = f"{NAT}/{gateway['id']}/translations/incoming"
    assert tenant.api.ok("POST", incoming, json=answer)["id"] == known["id"]

    fleet.step_clock(30)
    send(tenant.api, gateway, "10.0.0.10")
    fleet.step_clock(0)
    assert send(tenant.api, gateway, "10.0.0.11")["port"] != known["port"], "its port is nobody else's"
    assert send(tenant.api, gateway, "10.0.0.10")["id"] == known["id"]


def test_a_clock_that_is_set_back_frees_the_ports_of_what_was_ahead(tenant: Tenant, fleet: FleetControl) -> None:
    gateway = routed_gateway(tenant.api)
    fleet.step_clock(600)
    send(tenant.api, gateway, "10.0.0.10")
    fleet.step_clock(0)
    assert send(tenant.api, gateway, "10.0.0.11")["port"] == 40_000


def test_an_ended_connection_frees_its_port_at_once(tenant: Tenant) -> None:
    gateway = routed_gateway(tenant.api)
    first = send(tenant.api, gateway, "10.0.0.10")
    tenant.api.ok("DELETE", f"{NAT}/{gateway['id']}/translations/{first['id']}", 204)
    tenant.api.refused("DELETE", f"{NAT}/{gateway['id']}/translations/{first['id']}", 404, "not_found")
    assert send(tenant.api, gateway, "10.0.0.11")["port"] == 40_000


def test_connections_that_begin_at_once_have_ports_of_their_own(tenant: Tenant) -> None:
    gateway = routed_gateway(tenant.api)

    with ThreadPoolExecutor(6) as pool:
        ports = list(pool.map(lambda n: send(tenant.api, gateway, f"10.0.0.{n}")["port"], range(10, 22)))

    assert sorted(ports) == list(range(40_000, 40_012))


def test_only_what_the_sources_table_sends_to_the_gateway_is_translated(tenant: Tenant) -> None:
    gateway = routed_gateway(tenant.api)
    body = {"vpc_id": gateway["vpc"]["id"], "name": "isolated"}
    table = tenant.api.ok("POST", ROUTE_TABLES, 201, json=body)
    create_subnet(tenant.api, gateway["vpc"], "10.0.9.0/24", route_table_id=table["id"])
    path = f"{NAT}/{gateway['id']}/translations"

    tenant.api.refused("POST", path, 409, "not_routed_here", json=outgoing("10.0.9.10"))
    assert send(tenant.api, gateway, "10.0.0.10")["port"] == 40_000


@pytest.mark.parametrize(
    "packet", [{"source": "10.1.0.4"}, {"destination": "10.0.7.7"}, {"destination": "2001:db8::1"}]
)
def test_what_is_no_connection_out_of_the_vpc_is_refused(tenant: Tenant, packet: dict[str, str]) -> None:
    gateway = routed_gateway(tenant.api)
    path = f"{NAT}/{gateway['id']}/translations"
    tenant.api.refused("POST", path, 422, "not_translated", json={**outgoing("10.0.0.10"), **packet})
    tenant.api.refused("POST", path, 422, "invalid_address", json=outgoing("here"))
    assert list(tenant.api.items(path)) == []


def test_a_private_gateway_shows_its_own_address_and_public_ones_never_the_same(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    private = routed_gateway(tenant.api, connectivity="private")
    public = [routed_gateway(api, "10.4.0.0/16") for api in (tenant.api, other_tenant.api)]

    assert private["public_address"] is None
    assert send(tenant.api, private, "10.0.0.10")["address"] == private["address"]
    assert public[0]["public_address"] != public[1]["public_address"]
