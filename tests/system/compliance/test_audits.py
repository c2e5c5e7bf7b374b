"""Audits of what the other services told of."""

import secrets
from typing import Any

import pytest

from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.identities import Tenant

POLICIES = "/api/compliance/v1/policies"


def bucket(tenant: Tenant, number: int, versioning: str, kind: str = "created", sequence: int = 1) -> dict[str, Any]:
    """What storage tells of a bucket."""
    subject = f"bkt-{tenant.id}-{number}"
    return {
        "specversion": "1.0",
        "id": secrets.token_hex(12),
        "source": "omnicloud/storage",
        "type": f"storage.bucket.{kind}",
        "subject": subject,
        "time": clock.now().isoformat(),
        "datacontenttype": "application/json",
        "dataschema": f"urn:omnicloud:event:storage.bucket.{kind}",
        "tenantid": tenant.id,
        "correlationid": "c-test",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "actor": "service:storage",
        "sequence": sequence,
        "data": {"id": subject, "name": f"bucket-{number}", "versioning": versioning},
    }


def audit(tenant: Tenant) -> dict[str, Any]:
    return tenant.api.ok("POST", "/api/compliance/v1/audits", 201)


def test_an_audit_counts_the_resources_that_other_services_told_of(tenant: Tenant, bus: Bus) -> None:
    condition = {"field": "versioning", "operator": "not_equals", "value": "enabled"}
    policy = {
        "name": "versioned",
        "effect": "deny",
        "actions": ["storage.buckets.*"],
        "resource_types": ["bucket"],
        "conditions": [condition],
    }
    tenant.api.ok("POST", POLICIES, 201, json=policy)
    for number, versioning in enumerate(["enabled", "enabled", "disabled"]):
        bus.send("storage.events", bucket(tenant, number, versioning))
    eventually(lambda: audit(tenant)["run"]["resources"] == 3, interval=0.2)
    answer = audit(tenant)
    assert (answer["run"]["compliant"], answer["run"]["score"]) == (2, "66.66")
    assert answer["policies"] == {"versioned": {"controls": 3, "passed": 2, "percent": "66.66"}}
    results = list(tenant.api.items("/api/compliance/v1/results", audit=answer["run"]["id"]))
    assert {result["resource_id"]: result["allowed"] for result in results} == {
        f"bkt-{tenant.id}-0": True,
        f"bkt-{tenant.id}-1": True,
        f"bkt-{tenant.id}-2": False,
    }


@pytest.mark.services("tenants")
def test_a_new_tenant_starts_with_the_baseline(tenant: Tenant) -> None:
    found = eventually(lambda: list(tenant.api.items(POLICIES)))
    assert [(policy["name"], policy["effect"], policy["builtin"]) for policy in found] == [
        ("platform-baseline", "allow", True)
    ]
