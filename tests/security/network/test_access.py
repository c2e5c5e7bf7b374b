"""What network refuses, and that a refusal changes nothing."""

from __future__ import annotations

from tests.support.api import Api
from tests.support.identities import Tenant
from tests.support.networking import (
    ADDRESSES,
    EVALUATE,
    GROUPS,
    NAT,
    PEERINGS,
    ROUTE_TABLES,
    SUBNETS,
    TUNNELS,
    VPCS,
    ZONE,
    addresses_of,
    allocate,
    cidrs,
    create_subnet,
    create_vpc,
)


def test_a_range_is_judged_within_the_callers_tenant_whatever_header_it_sends(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    create_vpc(tenant.api, "10.0.0.0/16")
    hiding = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)

    hiding.refused("POST", VPCS, 403, "forbidden", json={"name": "b", "cidr": "10.0.64.0/18"})
    tenant.api.refused("POST", VPCS, 409, "cidr_overlap", json={"name": "b", "cidr": "10.0.64.0/18"})

    assert cidrs(tenant.api) == ["10.0.0.0/16"]
    assert cidrs(other_tenant.api) == []


def test_a_foreign_range_does_not_count_whatever_header_is_sent(tenant: Tenant, other_tenant: Tenant) -> None:
    create_vpc(tenant.api, "10.0.0.0/16")
    probing = other_tenant.api.with_headers(X_Tenant_Id=tenant.id)

    probing.refused("POST", VPCS, 403, "forbidden", json={"name": "b", "cidr": "10.0.64.0/18"})
    create_vpc(other_tenant.api, "10.0.64.0/18")
    other_tenant.api.refused("POST", VPCS, 409, "cidr_overlap", json={"name": "c", "cidr": "10.0.0.0/16"})

    assert cidrs(tenant.api) == ["10.0.0.0/16"]
    assert cidrs(other_tenant.api) == ["10.0.64.0/18"]


def test_another_tenants_network_is_not_there(tenant: Tenant, other_tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    subnet = create_subnet(tenant.api, vpc)
    address = allocate(tenant.api, subnet)
    stranger = other_tenant.api

    for path in (f"{VPCS}/{vpc['id']}", f"{SUBNETS}/{subnet['id']}", f"{ADDRESSES}/{address['id']}"):
        stranger.refused("GET", path, 404, "not_found")
        stranger.refused("DELETE", path, 404, "not_found")
    body = {"vpc_id": vpc["id"], "name": "s", "cidr": "10.0.9.0/24", "zone": ZONE}
    stranger.refused("POST", SUBNETS, 404, "not_found", json=body)
    stranger.refused("POST", ADDRESSES, 404, "not_found", json={"subnet_id": subnet["id"]})
    stranger.refused("POST", EVALUATE, 404, "not_found", json={"subnet_id": subnet["id"], "peer": "10.0.0.1"})

    assert [list(stranger.items(path)) for path in (VPCS, SUBNETS, ADDRESSES)] == [[], [], []]
    assert addresses_of(tenant.api, subnet) == ["10.0.0.4"]


def test_what_others_look_for_hides_nothing_and_shows_nothing(tenant: Tenant, other_tenant: Tenant) -> None:
    ours, theirs = (create_subnet(each.api, create_vpc(each.api)) for each in (tenant, other_tenant))
    held = allocate(tenant.api, ours)
    for _ in range(3):
        assert addresses_of(other_tenant.api, ours) == []
        assert addresses_of(other_tenant.api, theirs) == []
        assert list(tenant.api.items(ADDRESSES)) == [held]
    looking = other_tenant.api.with_headers(X_Tenant_Id=tenant.id)
    looking.refused("GET", ADDRESSES, 403, "forbidden", params={"subnet_id": ours["id"]})


def test_a_foreign_security_group_can_not_be_named_in_a_rule(tenant: Tenant, other_tenant: Tenant) -> None:
    theirs, ours = create_vpc(tenant.api), create_vpc(other_tenant.api)
    group = tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": theirs["id"], "name": "theirs"})
    own = other_tenant.api.ok("POST", GROUPS, 201, json={"vpc_id": ours["id"], "name": "ours"})

    rule = {"direction": "ingress", "peer_group_id": group["id"]}
    other_tenant.api.refused("POST", f"{GROUPS}/{own['id']}/rules", 404, "not_found", json=rule)

    assert other_tenant.api.ok("GET", f"{GROUPS}/{own['id']}")["rules"] == []


def test_a_peering_is_answered_by_nobody_but_its_accepter(operator: Api, tenant: Tenant, other_tenant: Tenant) -> None:
    ours, theirs = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(other_tenant.api, "10.1.0.0/16")
    request = {"vpc_id": ours["id"], "peer_tenant_id": other_tenant.id, "peer_vpc_id": theirs["id"]}
    peering = tenant.api.ok("POST", PEERINGS, 201, json=request)
    path = f"{PEERINGS}/{peering['id']}"

    tenant.api.refused("POST", f"{path}/accept", 404)
    tenant.api.with_headers(X_Tenant_Id=other_tenant.id).refused("POST", f"{path}/accept", 403, "forbidden")
    other_tenant.user("viewer").refused("POST", f"{path}/accept", 403, "forbidden")

    assert other_tenant.api.ok("GET", path)["state"] == "pending_acceptance"


def test_a_viewer_sees_and_changes_nothing(tenant: Tenant, viewer: Api) -> None:
    vpc = create_vpc(tenant.api)
    subnet = create_subnet(tenant.api, vpc)
    assert viewer.ok("GET", f"{VPCS}/{vpc['id']}") == vpc

    viewer.refused("POST", VPCS, 403, "forbidden", json={"name": "b", "cidr": "10.1.0.0/16"})
    viewer.refused("PATCH", f"{VPCS}/{vpc['id']}", 403, "forbidden", json={"name": "b"})
    viewer.refused("DELETE", f"{SUBNETS}/{subnet['id']}", 403, "forbidden")
    viewer.refused("POST", ADDRESSES, 403, "forbidden", json={"subnet_id": subnet["id"]})

    assert list(tenant.api.items(VPCS)) == [vpc]
    assert addresses_of(tenant.api, subnet) == []


def test_nobody_gets_in_without_a_token(anonymous: Api) -> None:
    anonymous.refused("GET", VPCS, 401)
    anonymous.refused("POST", VPCS, 401, json={"name": "b", "cidr": "10.0.0.0/16"})


def test_a_tunnels_other_end_lies_outside_of_the_platform(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    body = {"vpc_id": vpc["id"], "name": "office"}
    for address in (
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "2002:a9fe:a9fe::1",
    ):
        tenant.api.refused("POST", TUNNELS, 422, "peer_address_refused", json={**body, "peer_address": address})
    for text in ("0x7f000001", "0177.0.0.1", "2130706433", "vault", "2001:db8::1%eth0"):
        tenant.api.refused("POST", TUNNELS, 422, "invalid_address", json={**body, "peer_address": text})
    assert list(tenant.api.items(TUNNELS)) == []


def test_what_belongs_to_another_vpc_is_not_taken(tenant: Tenant) -> None:
    vpc, other = create_vpc(tenant.api), create_vpc(tenant.api, "10.7.0.0/16")
    table = tenant.api.ok("POST", ROUTE_TABLES, 201, json={"vpc_id": other["id"], "name": "theirs"})
    subnet, theirs = create_subnet(tenant.api, vpc), create_subnet(tenant.api, other, "10.7.0.0/24")
    gateway = tenant.api.ok("POST", NAT, 201, json={"subnet_id": theirs["id"], "name": "nat"})
    route = {"destination": "0.0.0.0/0", "target_kind": "nat_gateway", "target": gateway["id"]}

    for method, path, body in (
        ("PATCH", f"{SUBNETS}/{subnet['id']}", {"route_table_id": table["id"]}),
        ("PATCH", f"{VPCS}/{vpc['id']}", {"main_route_table_id": table["id"]}),
    ):
        tenant.api.refused(method, path, 422, "another_vpc", json=body)
    tenant.api.refused("POST", f"{VPCS}/{vpc['id']}/routes", 422, "invalid_route", json=route)
    lookup = {"address": "10.0.0.1", "subnet_id": theirs["id"]}
    tenant.api.refused("GET", f"{VPCS}/{vpc['id']}/routes/lookup", 422, "another_vpc", params=lookup)
    assert tenant.api.ok("GET", f"{SUBNETS}/{subnet['id']}")["version"] == 1


def test_a_request_that_nobody_agreed_to_hinders_nothing(tenant: Tenant, other_tenant: Tenant) -> None:
    # Given somebody else's request
    asking, ours = create_vpc(other_tenant.api, "10.50.0.0/16"), create_vpc(tenant.api, "10.0.0.0/16")
    body = {"vpc_id": asking["id"], "peer_tenant_id": tenant.id, "peer_vpc_id": ours["id"]}
    peering = other_tenant.api.ok("POST", PEERINGS, 201, json=body)
    # When the VPC gets a range that the other one has, then that is its own affair, and nobody can agree any more
    tenant.api.ok("POST", f"{VPCS}/{ours['id']}/cidr-blocks", 201, json={"cidr": "10.50.0.0/16"})
    tenant.api.refused("POST", f"{PEERINGS}/{peering['id']}/accept", 409, "cidr_overlap")
    # When it is deleted, then the request ends with it
    tenant.api.ok("DELETE", f"{VPCS}/{ours['id']}", 204)
    assert [list(api.items(PEERINGS)) for api in (tenant.api, other_tenant.api)] == [[], []]


def test_asking_again_leaves_one_request_however_often_it_is_rejected(tenant: Tenant, other_tenant: Tenant) -> None:
    asking, ours = create_vpc(other_tenant.api, "10.50.0.0/16"), create_vpc(tenant.api, "10.0.0.0/16")
    body = {"vpc_id": asking["id"], "peer_tenant_id": tenant.id, "peer_vpc_id": ours["id"]}
    for _ in range(3):
        last = other_tenant.api.ok("POST", PEERINGS, 201, json=body)["id"]
        tenant.api.ok("POST", f"{PEERINGS}/{last}/reject")
    assert [(each["id"], each["state"]) for each in tenant.api.items(PEERINGS)] == [(last, "rejected")]
    other_tenant.api.ok("POST", PEERINGS, 201, json=body)
    tenant.api.ok("DELETE", f"{VPCS}/{ours['id']}", 204)


def test_an_active_peering_keeps_either_vpc_from_deletion(tenant: Tenant, other_tenant: Tenant) -> None:
    asking, ours = create_vpc(other_tenant.api, "10.50.0.0/16"), create_vpc(tenant.api, "10.0.0.0/16")
    body = {"vpc_id": asking["id"], "peer_tenant_id": tenant.id, "peer_vpc_id": ours["id"]}
    peering = other_tenant.api.ok("POST", PEERINGS, 201, json=body)["id"]
    other_tenant.api.refused("DELETE", f"{VPCS}/{asking['id']}", 409, "resource_in_use")
    tenant.api.ok("POST", f"{PEERINGS}/{peering}/accept")
    for api, vpc in ((tenant.api, ours), (other_tenant.api, asking)):
        api.refused("DELETE", f"{VPCS}/{vpc['id']}", 409, "resource_in_use")
    own = create_vpc(tenant.api, "10.60.0.0/16")
    tenant.api.ok("POST", PEERINGS, 201, json={"vpc_id": ours["id"], "peer_vpc_id": own["id"]})
    tenant.api.refused("DELETE", f"{VPCS}/{own['id']}", 409, "resource_in_use")
