"""Who may read the trail; nobody may write it."""

import base64
import json

import pytest

from tests.support.eventually import eventually
from tests.support.identities import Tenant


def test_another_tenants_trail_is_invisible(tenant: Tenant, other_tenant: Tenant) -> None:
    eventually(lambda: list(tenant.api.items("/api/audit/v1/records")))
    subjects = {record["subject"] for record in other_tenant.api.items("/api/audit/v1/records", subject=tenant.id)}
    assert subjects == set()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_can_write_or_delete_records(tenant: Tenant, method: str) -> None:
    eventually(lambda: list(tenant.api.items("/api/audit/v1/records")))
    for path in ("/api/audit/v1/records", "/api/audit/v1/records/1"):
        tenant.operator.refused(method, path, 405, "method_not_allowed", json={})
    assert tenant.api.ok("GET", "/api/audit/v1/records/1")["sequence"] == 1
    assert tenant.api.ok("POST", "/api/audit/v1/verifications")["valid"] is True


def test_billing_administrators_do_not_see_the_trail(tenant: Tenant) -> None:
    tenant.user("billing-admin").refused("GET", "/api/audit/v1/records", 403, "forbidden")


def test_search_values_are_values_and_never_sql(tenant: Tenant) -> None:
    eventually(lambda: list(tenant.api.items("/api/audit/v1/records")))
    assert list(tenant.api.items("/api/audit/v1/records", subject="' OR '1'='1")) == []
    assert list(tenant.api.items("/api/audit/v1/records", type="x'; DROP TABLE audit_records; --")) == []
    assert tenant.api.ok("GET", "/api/audit/v1/records/1")["sequence"] == 1


def cursor(*parts: str) -> str:
    """A cursor that the service didn't write."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize("sort", ["time", "-time"])
@pytest.mark.parametrize("time", ["' OR 1=1 OR '1'='", "'", "') OR (1 = 1) OR (time) = ('", "\\' OR true --"])
def test_what_a_cursor_holds_is_a_value_and_never_sql(
    tenant: Tenant, other_tenant: Tenant, sort: str, time: str
) -> None:
    eventually(lambda: list(tenant.api.items("/api/audit/v1/records", subject=tenant.id)))
    params = {"sort": sort, "cursor": cursor(time, "0"), "subject": other_tenant.id, "limit": 1000}
    answer = tenant.api.get("/api/audit/v1/records", params=params)
    if answer.status_code == 400:
        assert answer.json()["code"] == "invalid_cursor"
    else:
        assert (answer.status_code, answer.json()) == (200, {"items": [], "next_cursor": None})
