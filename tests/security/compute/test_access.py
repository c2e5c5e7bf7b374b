"""What compute refuses, and that a refusal changes nothing."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.computing import (
    FAULTS,
    HOSTS,
    INSTANCES,
    ZONE,
    create_host,
    dedicated,
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


def test_another_tenants_group_can_not_be_joined(tenant: Tenant, other_tenant: Tenant) -> None:
    group = tenant.api.ok("POST", GROUPS, 201, json={"name": "ours", "policy": "affinity"})

    other_tenant.api.refused("POST", INSTANCES, 404, "not_found", json={**ORDER, "group_id": group["id"]})

    assert list(other_tenant.api.items(INSTANCES)) == []
    assert tenant.api.ok("GET", f"{GROUPS}/{group['id']}")["members"] == 0
