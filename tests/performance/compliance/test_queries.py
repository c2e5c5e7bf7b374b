"""Statements needed, not seconds."""

from tests.support.api import queries_of
from tests.support.identities import Tenant

POLICIES = "/api/compliance/v1/policies"
BODY = {"action": "compute.instances.create", "resource_type": "instance", "resource": {"id": "i-1"}}


def test_an_evaluation_takes_as_many_statements_for_many_policies_as_for_one(tenant: Tenant) -> None:
    def add(name: str) -> None:
        body = {"name": name, "effect": "deny", "enforcement": "dryrun", "actions": ["*"], "resource_types": ["*"]}
        tenant.api.ok("POST", POLICIES, 201, json=body)

    add("p-0")
    few = tenant.api.post("/api/compliance/v1/evaluations", json=BODY)
    for number in range(1, 6):
        add(f"p-{number}")
    many = tenant.api.post("/api/compliance/v1/evaluations", json=BODY)
    assert [len(answer.json()["violations"]) for answer in (few, many)] == [1, 6]
    assert queries_of(few) == queries_of(many)


def test_a_thousand_evaluations_take_as_many_statements_as_one_and_no_result_but_of_what_is_spoken_against(
    tenant: Tenant,
) -> None:
    tenant.api.ok("POST", "/api/compliance/v1/evaluations", json=BODY)
    condition = {"field": "vcpus", "operator": "greater_than", "value": 998}
    body = {"name": "big", "effect": "deny", "actions": ["*"], "resource_types": ["*"], "conditions": [condition]}
    tenant.api.ok("POST", POLICIES, 201, json=body)

    def evaluated(vcpus: range) -> tuple[int, list[str]]:
        resources = [{"id": f"i-{each}", "vcpus": each} for each in vcpus]
        body = {"action": BODY["action"], "resource_type": "instance", "resources": resources}
        answer = tenant.api.post("/api/compliance/v1/evaluations/batch", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["evaluated"] == len(vcpus)
        return queries_of(answer), [each["resource_id"] for each in answer.json()["results"]]

    one, many = evaluated(range(999, 1_000)), evaluated(range(1_000))
    assert (one[1], many[1]) == (["i-999"], ["i-999"])
    assert one[0] == many[0]


def test_a_page_of_results_takes_one_statement(tenant: Tenant) -> None:
    for _ in range(3):
        tenant.api.ok("POST", "/api/compliance/v1/evaluations", json=BODY)
    answers = [tenant.api.get("/api/compliance/v1/results", params={"limit": limit}) for limit in (1, 3)]
    assert [queries_of(answer) for answer in answers] == [1, 1]
