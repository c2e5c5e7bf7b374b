"""Policies are the tenant's own, and set by its administrators."""

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.asking import crowd
from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.identities import Tenant

POLICIES = "/api/compliance/v1/policies"
EVALUATIONS = "/api/compliance/v1/evaluations"
POLICY = {"name": "none", "effect": "deny", "actions": ["*"], "resource_types": ["*"]}
BODY = {"action": "compute.instances.create", "resource_type": "instance", "resource": {"id": "i-1"}}


def test_another_tenants_policy_denies_nothing_here(tenant: Tenant, other_tenant: Tenant) -> None:
    policy = other_tenant.api.ok("POST", POLICIES, 201, json=POLICY)
    assert tenant.api.ok("POST", EVALUATIONS, json=BODY)["allowed"] is True
    tenant.api.refused("DELETE", f"{POLICIES}/{policy['id']}", 404, "not_found")
    assert other_tenant.api.ok("POST", EVALUATIONS, json=BODY)["allowed"] is False


def test_another_tenants_results_do_not_exist(tenant: Tenant, other_tenant: Tenant) -> None:
    theirs = other_tenant.api.ok("POST", EVALUATIONS, json=BODY)
    tenant.api.refused("GET", f"/api/compliance/v1/results/{theirs['id']}", 404, "not_found")
    assert list(tenant.api.items("/api/compliance/v1/results")) == []


@pytest.mark.parametrize("role", ["member", "viewer", "auditor"])
def test_only_administrators_change_policies(tenant: Tenant, role: str) -> None:
    policy = tenant.api.ok("POST", POLICIES, 201, json=POLICY)
    user = tenant.user(role)
    user.refused("DELETE", f"{POLICIES}/{policy['id']}", 403, "forbidden")
    user.refused("PATCH", f"{POLICIES}/{policy['id']}", 403, "forbidden", json={"enforcement": "dryrun"})
    exemption = {"policy_id": policy["id"], "reason": "me", "expires_at": "2999-01-01T00:00:00Z"}
    user.refused("POST", "/api/compliance/v1/exemptions", 403, "forbidden", json=exemption)
    assert tenant.api.ok("GET", f"{POLICIES}/{policy['id']}") == policy
    assert user.ok("POST", EVALUATIONS, json=BODY)["allowed"] is False


def test_a_header_that_names_another_tenant_decides_nothing_there(tenant: Tenant, other_tenant: Tenant) -> None:
    tenant.api.with_headers(X_Tenant_Id=other_tenant.id).refused("POST", EVALUATIONS, 403, "forbidden", json=BODY)
    assert list(other_tenant.api.items("/api/compliance/v1/results")) == []


def told_of_a_bucket(tenant: Tenant) -> dict[str, Any]:
    """What storage tells of a bucket of the tenant."""
    subject = f"bkt-{tenant.id}"
    return {
        "specversion": "1.0",
        "id": f"evt-{subject}",
        "source": "omnicloud/storage",
        "type": "storage.bucket.created",
        "subject": subject,
        "time": clock.now().isoformat(),
        "datacontenttype": "application/json",
        "tenantid": tenant.id,
        "correlationid": "c-test",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "actor": "service:storage",
        "sequence": 1,
        "data": {"id": subject, "name": "photos", "versioning": "enabled"},
    }


def test_what_is_told_of_a_tenants_resource_is_kept_there_and_nowhere_else(
    operator: Api, tenant: Tenant, other_tenant: Tenant, bus: Bus
) -> None:
    resources = "/api/compliance/v1/resources"
    event = told_of_a_bucket(tenant)
    bus.send("storage.events", event)
    [known] = eventually(lambda: list(tenant.api.items(resources)))
    assert (known["resource_id"], known["attributes"]["name"]) == (event["subject"], "photos")
    for elsewhere in (other_tenant.api, operator):
        assert list(elsewhere.items(resources, resource_id=event["subject"])) == []
    other_tenant.api.with_headers(X_Tenant_Id=tenant.id).refused("GET", resources, 403, "forbidden")


def test_a_crowd_of_new_policies_gets_as_many_as_there_may_be(tenant: Tenant) -> None:
    # Given what a tenant begins with
    tenant.api.ok("POST", POLICIES, 201, json={**POLICY, "name": "the first"})
    before = len(list(tenant.api.items(POLICIES)))
    # When many more are made side by side
    bodies = [{**POLICY, "name": f"number {number}"} for number in range(210 - before)]
    # Then the limit holds
    assert crowd(tenant.api, "POST", POLICIES, bodies) == {201: 200 - before, 422: 10}
    body = {**POLICY, "name": "one more"}
    assert tenant.api.refused("POST", POLICIES, 422, "compliance_limit_reached", json=body)["limit"] == 200
    assert len(list(tenant.api.items(POLICIES))) == 200


def test_patterns_of_all_policies_together_have_as_many_characters_as_they_may(tenant: Tenant) -> None:
    def patterns(count: int) -> list[str]:
        return [f"{number:0200}" for number in range(count)]

    def body(name: str, **fields: Any) -> dict[str, Any]:
        return {"name": name, "effect": "deny", "enforcement": "dryrun", "resource_types": ["x"], **fields}

    tenant.api.ok("POST", POLICIES, 201, json=body("a", actions=patterns(100), resource_types=patterns(100)))
    tenant.api.ok("POST", POLICIES, 201, json=body("b", actions=patterns(100)))
    for conditions in ([], [{"field": "name", "operator": "like", "value": "?" * 4_096}]):
        last = body("c", actions=patterns(28 if not conditions else 10), conditions=conditions)
        assert tenant.api.refused("POST", POLICIES, 422, "compliance_limit_reached", json=last)["limit"] == 65_536
    policy = tenant.api.ok("POST", POLICIES, 201, json=body("c", actions=patterns(27)))
    path = f"{POLICIES}/{policy['id']}"
    tenant.api.refused("PATCH", path, 422, "compliance_limit_reached", json={"actions": patterns(28)})
    changed = tenant.api.ok("PATCH", path, json={"actions": patterns(26), "name": "d"})
    assert (len(changed["actions"]), changed["name"]) == (26, "d")
