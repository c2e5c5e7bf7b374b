"""What compliance says over the wire."""

from typing import Any

import pytest

from tests.support.identities import Tenant

POLICIES = "/api/compliance/v1/policies"
POLICY = {"name": "p", "effect": "deny", "actions": ["*"], "resource_types": ["*"]}


def test_openapi_document_names_the_end_points(tenant: Tenant) -> None:
    paths = set(tenant.api.ok("GET", "/api/compliance/openapi.json")["paths"])
    assert {"/v1/policies", "/v1/evaluations", "/v1/results", "/v1/exemptions", "/v1/audits"} <= paths


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"effect": "maybe"}, "validation_failed"),
        ({"enforcement": "later"}, "validation_failed"),
        ({"actions": []}, "validation_failed"),
        ({"conditions": [{"field": "a", "operator": "eval", "value": 1}]}, "invalid_condition"),
        ({"conditions": [{"field": "a", "operator": "at_least", "value": "1"}]}, "invalid_condition"),
    ],
)
def test_a_bad_policy_is_refused_and_not_there(tenant: Tenant, changes: dict[str, Any], code: str) -> None:
    tenant.api.refused("POST", POLICIES, 422, code, json={**POLICY, **changes})
    assert [item for item in tenant.api.items(POLICIES) if not item["builtin"]] == []


def test_a_name_is_used_once(tenant: Tenant) -> None:
    tenant.api.ok("POST", POLICIES, 201, json=POLICY)
    tenant.api.refused("POST", POLICIES, 409, "policy_name_taken", json=POLICY)


def test_of_two_who_changed_the_same_version_the_second_is_refused(tenant: Tenant) -> None:
    policy = tenant.api.ok("POST", POLICIES, 201, json=POLICY)
    path, stale = f"{POLICIES}/{policy['id']}", {"If-Match": '"1"'}
    assert tenant.api.patch(path, json={"priority": 1}, headers=stale).headers["ETag"] == '"2"'
    tenant.api.refused("PATCH", path, 412, "version_conflict", json={"priority": 2}, headers=stale)
    assert tenant.api.ok("GET", path)["priority"] == 1


def test_an_evaluation_answers_with_a_decision(tenant: Tenant) -> None:
    body = {"action": "dns.zones.create", "resource_type": "zone", "resource": {}}
    answer = tenant.api.ok("POST", "/api/compliance/v1/evaluations", 200, json=body)
    assert {"allowed", "enforcement", "violations", "policy_versions", "evidence"} <= set(answer)
    assert answer["resource_id"] is None
