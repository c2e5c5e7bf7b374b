"""What compute refuses, and that a refusal changes nothing."""

from __future__ import annotations

import json

import pytest

from tests.support.api import Api
from tests.support.computing import (
    FAULTS,
    HOSTS,
    INSTANCES,
    ZONE,
    create,
    create_host,
    dedicated,
    plan_fault,
    reaches,
    read,
    running,
    used_of,
)
from tests.support.identities import Tenant

ORDER = {"name": "vm", "flavor": "nano", "zone": ZONE}
GROUPS = "/api/compute/v1/server-groups"


def test_another_tenants_instance_is_not_there(operator: Api, tenant: Tenant, other_tenant: Tenant) -> None:
    create_host(operator, tenant)
    instance = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    path = f"{INSTANCES}/{instance['id']}"

    other_tenant.api.refused("GET", path, 404, "not_found")
    other_tenant.api.refused("PATCH", path, 404, "not_found", json={"name": "mine"})
    other_tenant.api.refused("DELETE", path, 404, "not_found")
    other_tenant.api.refused("POST", f"{path}/transitions", 404, "not_found", json={"target": "provisioning"})
    other_tenant.api.refused("POST", f"{path}/resize", 404, "not_found", json={"flavor": "small"})

    assert list(other_tenant.api.items(INSTANCES)) == []
    assert read(tenant.api, instance["id"]) == instance


def test_a_tenant_named_in_a_header_is_never_believed(tenant: Tenant, other_tenant: Tenant) -> None:
    spoofing = other_tenant.api.with_headers(X_Tenant_Id=tenant.id)

    spoofing.refused("GET", INSTANCES, 403, "forbidden")
    spoofing.refused("POST", INSTANCES, 403, "forbidden", json=ORDER)

    assert list(tenant.api.items(INSTANCES)) == []
    assert list(other_tenant.api.items(INSTANCES)) == []


def test_a_spoofed_header_opens_no_foreign_instance(operator: Api, tenant: Tenant, other_tenant: Tenant) -> None:
    create_host(operator, tenant)
    instance = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    spoofing = other_tenant.api.with_headers(X_Tenant_Id=tenant.id)

    assert spoofing.get(f"{INSTANCES}/{instance['id']}").status_code in (403, 404)
    assert spoofing.delete(f"{INSTANCES}/{instance['id']}").status_code in (403, 404)

    assert read(tenant.api, instance["id"]) == instance


def test_an_operator_may_act_in_a_tenant(tenant: Tenant) -> None:
    tenant.operator.ok("POST", GROUPS, 201, json={"name": "by the operator", "policy": "affinity"})

    assert [group["name"] for group in tenant.api.items(GROUPS)] == ["by the operator"]


def test_a_viewer_sees_and_changes_nothing(operator: Api, tenant: Tenant, viewer: Api) -> None:
    create_host(operator, tenant)
    instance = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    path = f"{INSTANCES}/{instance['id']}"
    assert viewer.ok("GET", path) == instance

    viewer.refused("POST", INSTANCES, 403, "forbidden", json=ORDER)
    viewer.refused("DELETE", path, 403, "forbidden")
    viewer.refused("POST", f"{path}/stop", 403, "forbidden")
    viewer.refused("POST", GROUPS, 403, "forbidden", json={"name": "g", "policy": "affinity"})

    assert list(tenant.api.items(INSTANCES)) == [instance]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", HOSTS, None),
        ("POST", HOSTS, {"zone": ZONE, "inventories": [{"resource_class": "vcpu", "total": 1}]}),
        ("GET", "/api/compute/v1/providers/nimbus/nodes", None),
        ("POST", FAULTS, {"operation": "create_node", "kind": "timeout"}),
    ],
)
def test_what_belongs_to_the_platform_is_closed_to_tenants(
    tenant: Tenant, method: str, path: str, body: dict[str, object] | None
) -> None:
    problem = tenant.api.refused(method, path, 403, "forbidden", json=body)

    assert problem["permission"] == "platform"


def test_nobody_gets_in_without_a_token(anonymous: Api) -> None:
    anonymous.refused("GET", INSTANCES, 401)
    anonymous.refused("POST", INSTANCES, 401, json=ORDER)


def test_a_dedicated_host_takes_no_other_tenants_instance(operator: Api, tenant: Tenant, other_tenant: Tenant) -> None:
    host = create_host(operator, tenant)

    other_tenant.api.refused("POST", INSTANCES, 409, "no_valid_host", json=dedicated())
    shared = running(other_tenant.api)

    assert shared["placement"]["host_id"] != host["id"]
    assert used_of(operator, host["id"])["instances"] == 0


@pytest.mark.parametrize("tenancy", ["dedicated", "shared"])
def test_nobody_is_moved_onto_another_tenants_dedicated_host_though_an_operator_names_it(
    operator: Api, tenant: Tenant, other_tenant: Tenant, tenancy: str
) -> None:
    create_host(operator, tenant)
    theirs = create_host(operator, other_tenant)["id"]
    instance = running(tenant.api, tenancy=tenancy)
    path = f"{INSTANCES}/{instance['id']}/live-migrate"

    problem = tenant.operator.refused("POST", path, 409, "no_valid_host", json={"host_id": theirs})

    assert problem["rejected_by"] == "tenancy"
    assert read(tenant.api, instance["id"]) == instance
    assert used_of(operator, theirs)["instances"] == 0


def test_another_tenants_group_can_not_be_joined(tenant: Tenant, other_tenant: Tenant) -> None:
    group = tenant.api.ok("POST", GROUPS, 201, json={"name": "ours", "policy": "affinity"})

    other_tenant.api.refused("POST", INSTANCES, 404, "not_found", json={**ORDER, "group_id": group["id"]})

    assert list(other_tenant.api.items(INSTANCES)) == []
    assert tenant.api.ok("GET", f"{GROUPS}/{group['id']}")["members"] == 0


def test_a_tenant_declares_no_state_of_an_instance(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    instance = running(tenant.api, tenancy="dedicated", flavor="small")
    plan_fault(operator, tenant, "resize_node", "latency", latency_ms=1_500)
    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/resize", 202, json={"flavor": "large"})
    path = f"{INSTANCES}/{instance['id']}"

    tenant.api.refused("POST", f"{path}/transitions", 422, "target_not_requestable", json={"target": "active"})
    tenant.api.refused("POST", f"{path}/reset-state", 403, "forbidden", json={"state": "active"})

    assert reaches(tenant.api, instance["id"], "active")["flavor"] == "large"
    assert used_of(operator, host["id"]) == {"vcpu": 4_000, "memory_mib": 8_192, "disk_gib": 80, "instances": 1}


def test_nobody_declares_active_what_fails_to_be_built(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant)
    plan_fault(operator, tenant, "create_node", "latency", latency_ms=1_000)
    for _ in range(3):
        plan_fault(operator, tenant, "create_node", "out_of_capacity")
    instance = create(tenant.api, tenancy="dedicated")
    path = f"{INSTANCES}/{instance['id']}/transitions"
    reaches(tenant.api, instance["id"], "provisioning")

    tenant.api.refused("POST", path, 422, "target_not_requestable", json={"target": "active"})


@pytest.mark.parametrize("action", ["live-migrate", "migrate", "evacuate", "reset-state"])
def test_where_an_instance_runs_is_the_operators_business(operator: Api, tenant: Tenant, action: str) -> None:
    create_host(operator, tenant)
    instance = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    body = {"state": "failed"} if action == "reset-state" else {}

    problem = tenant.api.refused("POST", f"{INSTANCES}/{instance['id']}/{action}", 403, "forbidden", json=body)
    tenant.api.refused("GET", "/api/compute/v1/migrations", 403, "forbidden")

    assert problem["permission"] == "platform"
    assert read(tenant.api, instance["id"]) == instance


def test_an_operator_moves_nothing_outside_of_the_tenant_named(
    operator: Api, tenant: Tenant, other_tenant: Tenant
) -> None:
    create_host(operator, tenant)
    instance = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())

    path = f"{INSTANCES}/{instance['id']}"
    other_tenant.operator.refused("POST", f"{path}/evacuate", 404, "not_found", json={})
    other_tenant.operator.refused("POST", f"{path}/reset-state", 404, "not_found", json={"state": "failed"})

    assert read(tenant.api, instance["id"]) == instance


def test_nobody_is_displaced_who_did_not_agree_nor_on_a_foreign_host(
    operator: Api, tenant: Tenant, other_tenant: Tenant
) -> None:
    create_host(operator, tenant, millicores=100)
    firm = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    create_host(operator, other_tenant, millicores=100)
    theirs = other_tenant.api.ok("POST", INSTANCES, 201, json=dedicated(preemptible=True))

    tenant.api.refused("POST", INSTANCES, 409, "no_valid_host", json=dedicated())

    assert read(tenant.api, firm["id"]) == firm
    assert read(other_tenant.api, theirs["id"]) == theirs


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "a\x00b"},
        {"labels": {"a": "x\x00y"}},
        {"labels": {"a\x00": "x"}},
        {"zone": "x\x00y"},
        {"provider": "\x00"},
        {"region": "x\n"},
        {"group_id": "x\x00y"},
        {"image": "\x00"},
        {"flavor": "nano\x00"},
        {"zone": "z" * 6_000},
        {"size": {"vcpus": "1e400", "memory_mib": 1}, "flavor": None},
        {"size": {"vcpus": "NaN", "memory_mib": 1}, "flavor": None},
        {"size": {"vcpus": 1, "memory_mib": 10**30}, "flavor": None},
        {"size": {"vcpus": 1, "memory": "9" * 5_000 + "GiB"}, "flavor": None},
        {"size": {"vcpus": 1, "memory": "1e999GiB"}, "flavor": None},
        {"labels": {"a": "\ud800"}},
    ],
)
def test_what_no_order_can_mean_is_refused_and_makes_nothing(tenant: Tenant, fields: dict[str, object]) -> None:
    body = json.dumps({**ORDER, **fields})

    answer = tenant.api.post(INSTANCES, content=body, headers={"Content-Type": "application/json"})

    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["code"], answer.text
    assert list(tenant.api.items(INSTANCES)) == []


@pytest.mark.parametrize(
    "path",
    [
        f"{INSTANCES}/%FF",
        f"{INSTANCES}/{'i' * 6_000}",
        f"{INSTANCES}?zone=x%00y",
        f"{INSTANCES}?group_id=%00",
        f"{INSTANCES}?state=%00",
        f"{INSTANCES}?cursor=WyJhIiwiYiJd",
        f"{INSTANCES}?cursor=WyJcdTAwMDAiXQ",
        f"{GROUPS}?cursor=WyJcdWQ4MDAiXQ",
        "/api/compute/v1/providers/x$y/images",
    ],
)
def test_what_can_be_nobodys_name_is_refused_and_not_looked_for(tenant: Tenant, path: str) -> None:
    answer = tenant.api.get(path)

    assert 400 <= answer.status_code < 500, answer.text
