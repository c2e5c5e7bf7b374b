"""What tenants sends: resources, problems, pages, tags, events."""

from typing import Any

import httpx
import pytest

from tests.support.api import TLS, Api
from tests.support.bus import Bus
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

TENANTS = "/api/tenants/v1/tenants"
PROJECTS = "/api/tenants/v1/projects"
RESERVATIONS = "/api/tenants/v1/quota/reservations"


def test_a_tenant_has_exactly_the_documented_members_and_its_version_as_entity_tag(tenant: Tenant) -> None:
    answer = tenant.api.get(f"{TENANTS}/{tenant.id}")
    members = {"id", "name", "slug", "plan", "state", "version", "created_at", "updated_at"}
    assert set(answer.json()) == members
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'


def test_the_plans_and_their_limits_are_public_to_tenants(viewer: Api) -> None:
    plans = {plan["name"]: plan["limits"] for plan in viewer.ok("GET", "/api/tenants/v1/plans")["items"]}
    assert list(plans) == ["free", "team", "business"]
    assert [plans[name]["vcpus"] for name in plans] == [4, 80, 800]
    assert len({frozenset(limits) for limits in plans.values()}) == 1


def test_a_used_up_quota_is_a_problem_with_its_figures(tenant: Tenant) -> None:
    claim = {"resource": "buckets", "amount": 21, "reservation_id": "b-1"}
    problem = tenant.operator.refused("POST", RESERVATIONS, 403, "quota_exceeded", json=claim)
    del problem["correlation_id"]
    assert problem == {
        "type": "/problems/quota_exceeded",
        "title": "Quota exceeded",
        "status": 403,
        "detail": "buckets: 21 asked for, 20 of 20 left",
        "code": "quota_exceeded",
        "instance": "/v1/quota/reservations",
        "resource": "buckets",
        "limit": 20,
        "available": 20,
        "requested": 21,
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "name"), ({"name": ""}, "name"), ({"name": "x", "quotas": {"vcpus": "many"}}, "quotas.vcpus")],
    ids=["missing", "blank", "not-a-number"],
)
def test_a_field_that_is_not_valid_is_named(operator: Api, body: dict[str, Any], field: str) -> None:
    problem = operator.refused("POST", TENANTS, 422, "validation_failed", json=body)
    assert [error["field"] for error in problem["errors"]] == [field]


def test_projects_come_in_pages_without_gap_or_repetition(tenant: Tenant) -> None:
    made = [tenant.api.ok("POST", PROJECTS, 201, json={"name": f"P {number}"})["id"] for number in range(5)]
    assert [project["id"] for project in tenant.api.items(PROJECTS, limit=2)] == made
    last = tenant.api.ok("GET", PROJECTS, params={"limit": 5})
    assert (len(last["items"]), last["next_cursor"]) == (5, None)


def test_a_claim_is_told_as_a_cloudevent_with_who_made_it(tenant: Tenant, operator: Api, bus: Bus) -> None:
    claim = {"resource": "volumes", "amount": 2, "reservation_id": "v-1"}
    made = tenant.operator.ok("POST", RESERVATIONS, 201, json=claim)
    [event] = bus.of_subject("tenants.events", made["id"])
    assert (event["type"], event["sequence"], event["tenantid"]) == ("tenants.reservation.reserved", 1, tenant.id)
    assert event["actor"] == operator.ok("GET", "/api/auth/v1/me")["subject"]
    assert event["data"] == {
        "id": made["id"],
        "reservation_id": "v-1",
        "resource": "volumes",
        "amount": 2,
        "state": "reserved",
        "project_id": None,
    }


def test_the_openapi_document_names_every_end_point(fleet: FleetControl) -> None:
    host, port = fleet.address("tenants:8002")
    document = httpx.get(f"http://{host}:{port}/openapi.json", verify=TLS).json()
    described = {f"{method} {path}" for path, methods in document["paths"].items() for method in methods}
    assert {
        "post /v1/tenants", "get /v1/tenants", "patch /v1/tenants/{id}", "post /v1/tenants/{id}/suspend",
        "post /v1/tenants/{id}/resume", "post /v1/tenants/{id}/close", "get /v1/plans", "post /v1/projects",
        "delete /v1/projects/{id}", "get /v1/quotas", "put /v1/quotas/{resource}",
        "put /v1/projects/{id}/quotas/{resource}", "post /v1/quota/reservations",
        "post /v1/quota/reservations/{reservation_id}/commit", "post /v1/quota/reservations/{reservation_id}/release",
    } <= described  # fmt: skip
