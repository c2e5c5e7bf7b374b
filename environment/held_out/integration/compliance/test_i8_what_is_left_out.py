"""Leaving a field out is no way around a policy."""

from tests.support.identities import Tenant


def test_a_policy_about_a_tag_denies_what_has_no_tags(tenant: Tenant) -> None:
    condition = {"field": "tags.stage", "operator": "not_in", "value": ["test", "production"]}
    body = {"effect": "deny", "actions": ["storage.*"], "resource_types": ["volume"], "conditions": [condition]}
    policy = tenant.api.ok("POST", "/api/compliance/v1/policies", 201, json={"name": "staged", **body})

    def allowed(**resource: object) -> bool:
        asked = {"action": "storage.volumes.create", "resource_type": "volume", "resource": {"id": "v-1", **resource}}
        answer = tenant.api.ok("POST", "/api/compliance/v1/evaluations", 200, json=asked)
        assert [each["policy_id"] for each in answer["violations"]] == ([] if answer["allowed"] else [policy["id"]])
        return bool(answer["allowed"])

    assert allowed(tags={"stage": "test"})
    assert not allowed(tags={"stage": "other"})
    assert not allowed(tags={})
    assert not allowed(tags="stage")
    assert not allowed()
