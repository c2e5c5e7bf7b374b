"""Decisions: pinned, exempted, audited."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

POLICIES = "/api/compliance/v1/policies"
EVALUATIONS = "/api/compliance/v1/evaluations"
BIG = [{"field": "vcpus", "operator": "greater_than", "value": 8}]


def add(tenant: Tenant, name: str = "no-big-instances", **fields: Any) -> dict[str, Any]:
    body = {
        "name": name,
        "effect": "deny",
        "actions": ["compute.instances.*"],
        "resource_types": ["instance"],
        "conditions": BIG,
        **fields,
    }
    return tenant.api.ok("POST", POLICIES, 201, json=body)


def evaluate(tenant: Tenant, **resource: Any) -> dict[str, Any]:
    body = {"action": "compute.instances.create", "resource_type": "instance", "resource": {"id": "i-1", **resource}}
    return tenant.api.ok("POST", EVALUATIONS, 200, json=body)


def baseline(tenant: Tenant) -> str:
    return next(item["id"] for item in tenant.api.items(POLICIES) if item["builtin"])


def test_a_new_tenant_may_do_everything(tenant: Tenant) -> None:
    answer = evaluate(tenant, vcpus=64)
    assert (answer["allowed"], answer["enforcement"], answer["violations"]) == (True, "none", [])
    assert answer["policy_versions"] == {baseline(tenant): 1}


@pytest.mark.parametrize(("length", "taken"), [(899_900, True), (900_000, False)])
def test_a_resource_has_as_many_bytes_as_an_event_may_have(tenant: Tenant, length: int, taken: bool) -> None:
    resource = {"id": "i-1", "name": "ä" * (length // 2)}
    about = {"action": "compute.instances.create", "resource_type": "instance"}
    for path, body in (
        (EVALUATIONS, {**about, "resource": resource}),
        (f"{EVALUATIONS}/batch", {**about, "resources": [{"id": "i-2"}, resource]}),
    ):
        if taken:
            tenant.api.ok("POST", path, 200, json=body)
        else:
            assert tenant.api.refused("POST", path, 422, "resource_too_large", json=body)["limit"] == 900_000


@pytest.mark.parametrize("id", [5, True, ["i-1"], "i" * 1_025], ids=["5", "true", "list", "long"])
def test_an_id_that_no_result_could_name_is_refused(tenant: Tenant, id: Any) -> None:
    add(tenant)
    about, resource = {"action": "compute.instances.create", "resource_type": "instance"}, {"id": id, "vcpus": 9}
    tenant.api.refused("POST", EVALUATIONS, 422, "validation_failed", json={**about, "resource": resource})
    several = {**about, "resources": [{"id": "i-1"}, resource]}
    tenant.api.refused("POST", f"{EVALUATIONS}/batch", 422, "validation_failed", json=several)
    assert list(tenant.api.items("/api/compliance/v1/results")) == []


@pytest.mark.parametrize(("vcpus", "allowed"), [(8, True), (9, False)])
def test_a_deny_wins_over_the_baseline(tenant: Tenant, vcpus: int, allowed: bool) -> None:
    policy = add(tenant)
    answer = evaluate(tenant, vcpus=vcpus)
    assert answer["allowed"] is allowed
    assert [violation["policy_id"] for violation in answer["violations"]] == ([] if allowed else [policy["id"]])


def test_without_the_baseline_only_what_is_allowed_is_allowed(tenant: Tenant) -> None:
    evaluate(tenant)
    tenant.api.ok("DELETE", f"{POLICIES}/{baseline(tenant)}", 204)
    assert [v["policy"] for v in evaluate(tenant, vcpus=1)["violations"]] == ["default-deny"]
    small = [{"field": "vcpus", "operator": "at_most", "value": 2}]
    add(tenant, "small-is-fine", effect="allow", conditions=small)
    assert [evaluate(tenant, vcpus=vcpus)["allowed"] for vcpus in (2, 3)] == [True, False]


def test_what_cannot_be_evaluated_is_denied(tenant: Tenant) -> None:
    add(tenant)
    answers = [evaluate(tenant), evaluate(tenant, vcpus="many")]
    assert [answer["allowed"] for answer in answers] == [False, False]
    assert answers[0]["violations"][0]["reason"] == "evaluation error: there is no vcpus"


@pytest.mark.parametrize("enforcement", ["warn", "dryrun"])
def test_a_warning_or_dry_run_lets_through_and_is_recorded(tenant: Tenant, enforcement: str) -> None:
    add(tenant, enforcement=enforcement)
    answer = evaluate(tenant, vcpus=9)
    assert (answer["allowed"], answer["compliant"], answer["enforcement"]) == (True, False, enforcement)


def test_a_result_stays_pinned_to_the_version_that_was_evaluated(tenant: Tenant) -> None:
    policy = add(tenant)
    before = evaluate(tenant, vcpus=9)
    changed = tenant.api.ok("PATCH", f"{POLICIES}/{policy['id']}", json={"enforcement": "warn"})
    assert changed["version"] == 2
    after = evaluate(tenant, vcpus=9)
    kept = tenant.api.ok("GET", f"/api/compliance/v1/results/{before['id']}")
    assert (kept["policy_versions"][policy["id"]], kept["allowed"]) == (1, False)
    assert (after["policy_versions"][policy["id"]], after["allowed"]) == (2, True)


def test_an_exemption_holds_for_its_resource_until_it_expires(tenant: Tenant, fleet: FleetControl) -> None:
    policy = add(tenant)
    expires = clock.now() + timedelta(minutes=5)
    body = {"policy_id": policy["id"], "resource_id": "i-1", "reason": "move", "expires_at": expires.isoformat()}
    tenant.api.ok("POST", "/api/compliance/v1/exemptions", 201, json=body)
    answer = evaluate(tenant, vcpus=9)
    assert (answer["allowed"], answer["violations"][0]["exempted"]) == (True, True)
    assert evaluate(tenant, id="i-2", vcpus=9)["allowed"] is False
    fleet.step_clock(300)
    assert evaluate(tenant, vcpus=9)["allowed"] is False


def test_an_exemption_from_yesterday_is_refused(tenant: Tenant) -> None:
    policy = add(tenant)
    yesterday = clock.now() - timedelta(days=1)
    body = {"policy_id": policy["id"], "reason": "late", "expires_at": yesterday.isoformat()}
    tenant.api.refused("POST", "/api/compliance/v1/exemptions", 422, "exemption_expired", json=body)
    assert list(tenant.api.items("/api/compliance/v1/exemptions")) == []


def test_an_exemption_is_granted_from_a_policy_that_is_there_or_refused(tenant: Tenant) -> None:
    expires = (clock.now() + timedelta(minutes=5)).isoformat()
    answered = []
    with ThreadPoolExecutor(2) as threads:
        for number in range(20):
            policy = add(tenant, f"short-lived-{number}")["id"]
            body = {"policy_id": policy, "reason": "move", "expires_at": expires}
            deleted = threads.submit(tenant.api.delete, f"{POLICIES}/{policy}")
            granted = threads.submit(tenant.api.post, "/api/compliance/v1/exemptions", json=body)
            answered.append((deleted.result().status_code, granted.result().status_code))
    assert set(answered) <= {(204, 201), (204, 404)}, answered
    assert list(tenant.api.items("/api/compliance/v1/exemptions")) == []


def test_an_evaluation_is_told_and_names_its_evidence(tenant: Tenant, bus: Bus) -> None:
    answer = evaluate(tenant, vcpus=9)
    [event] = bus.of_subject("compliance.events", answer["id"])
    assert (event["id"], event["type"]) == (answer["evidence"], "compliance.resource.evaluated")
    assert event["data"]["policy_versions"] == answer["policy_versions"]


def test_an_audit_of_nothing_has_no_score(tenant: Tenant) -> None:
    add(tenant)
    answer = tenant.api.ok("POST", "/api/compliance/v1/audits", 201)
    assert (answer["run"]["resources"], answer["run"]["score"]) == (0, None)
    assert answer["policies"] == {"no-big-instances": {"controls": 0, "passed": 0, "percent": None}}


def test_several_are_decided_on_at_once_each_by_itself_and_pinned_with_one_evidence(tenant: Tenant, bus: Bus) -> None:
    policy = add(tenant)
    quiet = add(tenant, "quiet", enforcement="dryrun", conditions=[{**BIG[0], "value": 4}])
    resources = [{"id": f"i-{vcpus}", "vcpus": vcpus} for vcpus in (4, 8, 16)]
    body = {"action": "compute.instances.create", "resource_type": "instance", "resources": resources}

    answer = tenant.api.ok("POST", f"{EVALUATIONS}/batch", 200, json=body)

    assert (answer["allowed"], answer["evaluated"]) == (False, 3)
    told = [(each["resource_id"], each["allowed"], each["enforcement"]) for each in answer["results"]]
    assert told == [("i-8", True, "dryrun"), ("i-16", False, "deny")]
    kept = list(tenant.api.items("/api/compliance/v1/results"))
    assert kept == sorted(answer["results"], key=lambda each: str(each["id"]))
    pinned = {baseline(tenant): 1, policy["id"]: 1, quiet["id"]: 1}
    assert [each["policy_versions"] for each in kept] == [pinned, pinned]
    assert {each["evidence"] for each in kept} == {answer["evidence"]}
    [event] = bus.events("compliance.events", lambda each: each["id"] == answer["evidence"])
    assert {name: event["data"][name] for name in ("evaluated", "refused", "violated", "results")} == {
        "evaluated": 3,
        "refused": 1,
        "violated": ["no-big-instances", "quiet"],
        "results": [each["id"] for each in answer["results"]],
    }


@pytest.mark.parametrize("number", [0, 2_001])
def test_none_and_too_many_are_not_decided_on(tenant: Tenant, number: int) -> None:
    body = {"action": "a", "resource_type": "instance", "resources": [{"id": f"i-{each}"} for each in range(number)]}
    tenant.api.refused("POST", f"{EVALUATIONS}/batch", 422, "validation_failed", json=body)
    assert list(tenant.api.items("/api/compliance/v1/results")) == []
