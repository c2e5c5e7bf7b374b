"""Peerings between VPCs."""

from __future__ import annotations

from tests.support.bus import Bus
from tests.support.identities import Tenant
from tests.support.networking import PEERINGS, VPCS, create_vpc


def test_a_peering_carries_traffic_only_once_the_other_side_has_agreed(tenant: Tenant, other_tenant: Tenant) -> None:
    ours, theirs = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(other_tenant.api, "10.1.0.0/16")
    request = {"vpc_id": ours["id"], "peer_tenant_id": other_tenant.id, "peer_vpc_id": theirs["id"]}
    peering = tenant.api.ok("POST", PEERINGS, 201, json=request)
    path, routes = f"{PEERINGS}/{peering['id']}", f"{VPCS}/{ours['id']}/routes"
    route = {"destination": "10.1.0.0/16", "target_kind": "peering", "target": peering["id"]}
    assert peering["state"] == "pending_acceptance"

    tenant.api.refused("POST", f"{path}/accept", 404, "peering_not_found")
    tenant.api.refused("POST", routes, 422, "invalid_route", json=route)
    assert tenant.api.ok("GET", path)["state"] == "pending_acceptance"

    assert other_tenant.api.ok("POST", f"{path}/accept")["state"] == "active"
    tenant.api.ok("POST", routes, 201, json=route)
    other_tenant.api.refused("POST", f"{path}/accept", 409, "illegal_transition")


def test_peering_is_not_transitive(tenant: Tenant) -> None:
    first, middle, last = (create_vpc(tenant.api, f"10.{number}.0.0/16")["id"] for number in range(3))
    for one, other in ((first, middle), (middle, last)):
        peering = tenant.api.ok("POST", PEERINGS, 201, json={"vpc_id": one, "peer_vpc_id": other})
        tenant.api.ok("POST", f"{PEERINGS}/{peering['id']}/accept")

    def reachable(source: str, destination: str) -> bool:
        answer = tenant.api.ok("GET", f"{VPCS}/{source}/reachability", params={"vpc_id": destination})
        found: bool = answer["reachable"]
        return found

    assert [reachable(first, middle), reachable(last, middle), reachable(first, last)] == [True, True, False]


def test_overlapping_vpcs_do_not_peer_and_their_ranges_stay_private(tenant: Tenant, other_tenant: Tenant) -> None:
    ours, theirs = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(other_tenant.api, "10.0.64.0/18")
    request = {"vpc_id": ours["id"], "peer_tenant_id": other_tenant.id, "peer_vpc_id": theirs["id"]}

    answer = tenant.api.post(PEERINGS, json=request)

    assert (answer.status_code, answer.json()["code"]) == (409, "cidr_overlap")
    assert "10.0.64.0" not in answer.text
    assert list(other_tenant.api.items(PEERINGS)) == []


def test_two_vpcs_have_one_peering_whoever_asks(tenant: Tenant, other_tenant: Tenant) -> None:
    ours, theirs = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(other_tenant.api, "10.1.0.0/16")
    request = {"vpc_id": ours["id"], "peer_tenant_id": other_tenant.id, "peer_vpc_id": theirs["id"]}
    back = {"vpc_id": theirs["id"], "peer_tenant_id": tenant.id, "peer_vpc_id": ours["id"]}
    peering = tenant.api.ok("POST", PEERINGS, 201, json=request)
    for api, body in ((tenant.api, request), (other_tenant.api, back)):
        api.refused("POST", PEERINGS, 409, "peering_exists", json=body)
    other_tenant.api.ok("POST", f"{PEERINGS}/{peering['id']}/reject")
    other_tenant.api.ok("POST", PEERINGS, 201, json=back)


def test_routes_over_an_ended_peering_lead_nowhere_not_to_the_internet(tenant: Tenant) -> None:
    first, second = (create_vpc(tenant.api, f"10.{number}.0.0/16")["id"] for number in range(2))
    peering = tenant.api.ok("POST", PEERINGS, 201, json={"vpc_id": first, "peer_vpc_id": second})
    tenant.api.ok("POST", f"{PEERINGS}/{peering['id']}/accept")
    routes = f"{VPCS}/{first}/routes"
    tenant.api.ok("POST", routes, 201, json={"destination": "0.0.0.0/0", "target_kind": "internet_gateway"})
    over = {"destination": "10.1.0.0/16", "target_kind": "peering", "target": peering["id"]}
    made = tenant.api.ok("POST", routes, 201, json=over)
    tenant.api.ok("DELETE", f"{PEERINGS}/{peering['id']}", 204)
    found = tenant.api.ok("GET", f"{VPCS}/{first}/routes/lookup", params={"address": "10.1.2.3"})
    assert (found["id"], found["target_kind"], found["state"]) == (made["id"], "blackhole", "blackhole")


def test_the_end_of_a_peering_is_told_to_each_side_of_its_own_routes(
    tenant: Tenant, other_tenant: Tenant, bus: Bus
) -> None:
    ours, theirs = create_vpc(tenant.api, "10.0.0.0/16")["id"], create_vpc(other_tenant.api, "10.1.0.0/16")["id"]
    request = {"vpc_id": ours, "peer_tenant_id": other_tenant.id, "peer_vpc_id": theirs}
    peering = tenant.api.ok("POST", PEERINGS, 201, json=request)["id"]
    other_tenant.api.ok("POST", f"{PEERINGS}/{peering}/accept")
    made = []
    for side, vpc, destination in ((tenant, ours, "10.1.0.0/16"), (other_tenant, theirs, "10.0.0.0/16")):
        over = {"destination": destination, "target_kind": "peering", "target": peering}
        made.append((side, side.api.ok("POST", f"{VPCS}/{vpc}/routes", 201, json=over)["id"]))

    tenant.api.ok("DELETE", f"{PEERINGS}/{peering}", 204)

    told = {route: bus.of_subject("network.events", route, count=2)[-1] for _, route in made}
    for side, route in made:
        assert side.api.ok("GET", f"/api/network/v1/routes/{route}")["state"] == "blackhole"
        assert (told[route]["type"], told[route]["tenantid"]) == ("network.route.updated", side.id)
    actors = [told[route]["actor"] for _, route in made]
    assert actors[0] != actors[1], "the other side isn't told who ended it"
