"""The audit trail as its readers see it."""

from typing import Any

from tests.support.eventually import eventually
from tests.support.identities import Tenant

RECORDS = "/api/audit/v1/records"


def types_of(tenant: Tenant) -> list[str]:
    return [record["type"] for record in tenant.api.items(RECORDS)]


def test_a_tenants_first_steps_are_recorded_in_order_with_their_actor(tenant: Tenant) -> None:
    eventually(lambda: {"tenants.tenant.created", "auth.token.issued"} <= set(types_of(tenant)))
    records = list(tenant.api.items(RECORDS))
    assert [record["sequence"] for record in records] == list(range(1, len(records) + 1))
    created = next(record for record in records if record["type"] == "tenants.tenant.created")
    assert created["subject"] == tenant.id
    assert created["data"]["name"] == tenant.name


def test_each_record_names_the_hash_before_it(tenant: Tenant) -> None:
    eventually(lambda: len(types_of(tenant)) >= 4)
    records = list(tenant.api.items(RECORDS))
    assert records[0]["previous_hash"] == "0" * 64
    assert [r["previous_hash"] for r in records[1:]] == [r["hash"] for r in records[:-1]]


def test_a_request_is_found_by_its_correlation_id(tenant: Tenant) -> None:
    headers = {"X-Correlation-Id": f"order-{tenant.id}"}
    tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"}, headers=headers)

    def caused() -> list[str]:
        return [record["type"] for record in tenant.api.items(RECORDS, correlation_id=f"order-{tenant.id}")]

    eventually(lambda: "tenants.project.created" in caused())
    assert [kind for kind in caused() if kind.startswith("tenants.tenant")] == []


def test_pages_are_stable_while_the_trail_grows(tenant: Tenant) -> None:
    eventually(lambda: len(types_of(tenant)) >= 4)
    first = tenant.api.ok("GET", RECORDS, params={"limit": 2})
    tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Later"})
    second = tenant.api.ok("GET", RECORDS, params={"limit": 2, "cursor": first["next_cursor"]})
    assert [r["sequence"] for r in first["items"] + second["items"]] == [1, 2, 3, 4]


def test_verification_holds_against_a_signed_checkpoint(tenant: Tenant) -> None:
    eventually(lambda: len(types_of(tenant)) >= 4)

    def under_checkpoint() -> Any:
        answer = tenant.api.ok("POST", "/api/audit/v1/verifications")
        return answer if answer["checkpoint"]["sequence"] >= 4 else None

    verified = eventually(under_checkpoint)
    assert (verified["valid"], verified["first_invalid"]) == (True, None)
    assert verified["head"]["sequence"] == verified["records"]
