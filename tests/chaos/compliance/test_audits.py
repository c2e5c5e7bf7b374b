"""Audits that meet, and what is told of meanwhile."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import held_rows
from tests.support.tables import locked_table

AUDITS, POLICIES = "/api/compliance/v1/audits", "/api/compliance/v1/policies"
AUDIT_OF = "SELECT pg_advisory_xact_lock(hashtextextended('audit:' || %s, 0))"
"""What an audit holds for as long as it is under way."""
SLOW = 20.0


def bucket(tenant: Tenant, name: str) -> dict[str, Any]:
    """What storage tells of a bucket without versioning."""
    subject = f"bkt-{secrets.token_hex(8)}"
    return {
        "specversion": "1.0",
        "id": secrets.token_hex(12),
        "source": "omnicloud/storage",
        "type": "storage.bucket.created",
        "subject": subject,
        "time": clock.now().isoformat(),
        "datacontenttype": "application/json",
        "dataschema": "urn:omnicloud:event:storage.bucket.created",
        "tenantid": tenant.id,
        "correlationid": "c-test",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "actor": "service:storage",
        "sequence": 1,
        "data": {"id": subject, "name": name, "versioning": "disabled"},
    }


def standing(tenant: Tenant) -> dict[str, bool | None]:
    """How the buckets stand that audits know of, by name."""
    found = tenant.api.items("/api/compliance/v1/resources")
    return {item["attributes"]["name"]: item["compliant"] for item in found}


def deny_unversioned(tenant: Tenant) -> None:
    """A policy that none of these buckets meets."""
    condition = {"field": "versioning", "operator": "not_equals", "value": "enabled"}
    policy = {"name": "versioned", "effect": "deny", "conditions": [condition]}
    wanted = {"actions": ["storage.buckets.create"], "resource_types": ["bucket"]}
    tenant.api.ok("POST", POLICIES, 201, json={**policy, **wanted})


def test_an_audit_waits_for_the_one_that_is_under_way(fleet: FleetControl, tenant: Tenant) -> None:
    tenant.api.ok("POST", AUDITS, 201)
    with ThreadPoolExecutor(2) as threads:
        with held_rows(fleet, "compliance", AUDIT_OF, tenant.id) as rows:
            asked = [threads.submit(tenant.api.post, AUDITS) for _ in range(2)]
            rows.wait_for(2)
            assert not any(each.done() for each in asked)
        assert [each.result().status_code for each in asked] == [201, 201]
    # One after the other, each of them whole
    runs = list(tenant.api.items(AUDITS))
    assert {each.result().json()["run"]["id"] for each in asked} <= {run["id"] for run in runs}


def test_what_is_told_of_during_an_audit_that_was_asked_for_is_noted_at_once(
    fleet: FleetControl, tenant: Tenant, bus: Bus
) -> None:
    tenant.api.ok("POST", AUDITS, 201)
    with ThreadPoolExecutor(1) as threads:
        with locked_table(fleet, "compliance", "audit_runs") as table:
            asked = threads.submit(tenant.api.post, AUDITS)
            table.wait_for_somebody()
            bus.send("storage.events", bucket(tenant, "meanwhile"))
            eventually(lambda: "meanwhile" in standing(tenant), SLOW)
            assert not asked.done()
        assert asked.result().status_code == 201


def test_what_is_told_of_during_a_periodic_audit_is_looked_at_by_the_next(
    fleet: FleetControl, tenant: Tenant, bus: Bus
) -> None:
    # Given an audit that has read all there is, and found something
    deny_unversioned(tenant)
    with locked_table(fleet, "compliance", "audit_runs") as table:
        bus.send("storage.events", bucket(tenant, "before"))
        table.wait_for_somebody()
        # When a bucket is told of before it ends
        bus.send("storage.events", bucket(tenant, "meanwhile"))
        eventually(lambda: standing(tenant) == {"before": None, "meanwhile": None}, SLOW)
    # Then it doesn't wait a day to be looked at
    eventually(lambda: standing(tenant) == {"before": False, "meanwhile": False}, SLOW)
