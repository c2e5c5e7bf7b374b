"""Audits of what the other services told of."""

import secrets
from datetime import timedelta
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.governed import made
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


def test_a_policy_is_not_blamed_for_what_no_policy_allows(tenant: Tenant, bus: Bus) -> None:
    wanted = {"actions": ["storage.buckets.*"], "resource_types": ["bucket"]}
    for name, effect, value in (("enabled-only", "allow", "enabled"), ("default-deny", "deny", "nothing")):
        condition = {"field": "versioning", "operator": "equals", "value": value}
        tenant.api.ok("POST", POLICIES, 201, json={"name": name, "effect": effect, "conditions": [condition], **wanted})
    baseline = next(item["id"] for item in tenant.api.items(POLICIES) if item["builtin"])
    tenant.api.ok("DELETE", f"{POLICIES}/{baseline}", 204)  # It allows everything.
    bus.send("storage.events", bucket(tenant, 0, "disabled"))
    eventually(lambda: audit(tenant)["run"]["resources"] == 1, interval=0.2)
    answer = audit(tenant)
    assert answer["run"]["score"] == "0.00"
    assert answer["policies"] == {"default-deny": {"controls": 1, "passed": 1, "percent": "100.00"}}


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


RESOURCES = "/api/compliance/v1/resources"
SLOW = 20.0


def standing(tenant: Tenant) -> dict[str, bool | None]:
    """How the resources stand that audits know of, by name."""
    return {item["attributes"]["name"]: item["compliant"] for item in tenant.api.items(RESOURCES)}


def attributes(tenant: Tenant) -> dict[str, Any]:
    """What audits know of the tenant's one resource."""
    [item] = tenant.api.items(RESOURCES)
    found: dict[str, Any] = item["attributes"]
    return found


def versioning_policy(tenant: Tenant) -> dict[str, Any]:
    condition = {"field": "versioning", "operator": "not_equals", "value": "enabled"}
    body = {
        "name": "versioned",
        "effect": "deny",
        "actions": ["storage.buckets.create"],
        "resource_types": ["bucket"],
        "conditions": [condition],
    }
    return tenant.api.ok("POST", POLICIES, 201, json=body)


@pytest.mark.services("storage")
def test_what_becomes_non_compliant_is_found_without_anybody_asking(tenant: Tenant, bus: Bus) -> None:
    # Given a bucket that nothing speaks against
    plain = tenant.api.ok("POST", "/api/storage/v1/buckets", 201, json={"name": "plain"})
    eventually(lambda: standing(tenant) == {"plain": True}, timeout=SLOW)
    # When a policy comes that denies its like
    policy = versioning_policy(tenant)
    # Then the next audit finds it, once, and tells of it
    eventually(lambda: standing(tenant) == {"plain": False}, timeout=SLOW)
    [result] = tenant.api.items("/api/compliance/v1/results", action="audit")
    assert (result["resource_id"], result["compliant"]) == (plain["id"], False)
    assert [violation["policy_id"] for violation in result["violations"]] == [policy["id"]]
    assert tenant.api.ok("GET", "/api/compliance/v1/score")["score"] == "0.00"
    [event] = bus.of_subject("compliance.events", result["id"])
    assert (event["id"], event["data"]["violated"]) == (result["evidence"], ["versioned"])
    # And when it is put right, that is found as well
    tenant.api.ok("PATCH", "/api/storage/v1/buckets/plain", json={"versioning": "enabled"})
    eventually(lambda: standing(tenant) == {"plain": True}, timeout=SLOW)
    again = [item["compliant"] for item in tenant.api.items("/api/compliance/v1/results", action="audit")]
    assert again == [False, True]


@pytest.mark.services("storage")
def test_an_exemption_that_expires_is_noticed(tenant: Tenant, fleet: FleetControl) -> None:
    plain = tenant.api.ok("POST", "/api/storage/v1/buckets", 201, json={"name": "plain"})
    policy = versioning_policy(tenant)
    eventually(lambda: standing(tenant) == {"plain": False}, timeout=SLOW)
    expires = (clock.now() + timedelta(minutes=5)).isoformat()
    body = {"policy_id": policy["id"], "resource_id": plain["id"], "reason": "for now", "expires_at": expires}
    tenant.api.ok("POST", "/api/compliance/v1/exemptions", 201, json=body)
    eventually(lambda: standing(tenant) == {"plain": True}, timeout=SLOW)
    fleet.step_clock(300)
    eventually(lambda: standing(tenant) == {"plain": False}, timeout=SLOW)


@pytest.mark.services("dns")
def test_what_is_gone_counts_no_longer_with_all_that_was_in_it(tenant: Tenant) -> None:
    known = made(tenant.api, "zone", "record_set")
    zone, record = known["zone"]["name"], known["record_set"]["name"]
    eventually(lambda: standing(tenant) == {zone: True, record: True}, timeout=SLOW)
    path = f"/api/dns/v1/zones/{known['zone']['id']}"
    tenant.api.ok("DELETE", f"{path}/records/{known['record_set']['id']}", 204)
    eventually(lambda: standing(tenant) == {zone: True}, timeout=SLOW)
    tenant.api.ok("DELETE", path, 204)
    eventually(lambda: standing(tenant) == {}, timeout=SLOW)


@pytest.mark.services("dns")
def test_what_a_zone_file_brings_is_judged_like_what_is_made_one_by_one(tenant: Tenant) -> None:
    # Given a zone with a record set, and a policy that warns of short times
    known = made(tenant.api, "zone", "record_set")
    zone, record = known["zone"]["name"], known["record_set"]["name"]
    condition = {"field": "ttl", "operator": "less_than", "value": 60}
    policy = {"name": "patient", "effect": "deny", "enforcement": "warn", "conditions": [condition]}
    named = {"actions": ["dns.record_sets.create"], "resource_types": ["record_set"]}
    tenant.api.ok("POST", POLICIES, 201, json={**policy, **named})
    eventually(lambda: standing(tenant) == {zone: True, record: True}, timeout=SLOW)
    # When a file puts others in its place
    path = f"/api/dns/v1/zones/{known['zone']['id']}"
    tenant.api.ok("PUT", f"{path}/zonefile", json={"zonefile": "short 30 IN A 192.0.2.7\nlong 300 IN A 192.0.2.8\n"})
    # Then audits know those, and that alone
    brought = {f"short.{zone}": False, f"long.{zone}": True}  # The name servers bear the zone's own name.
    eventually(lambda: standing(tenant) == {zone: True, **brought}, timeout=SLOW)
    found = {item["resource_id"] for item in tenant.api.items(RESOURCES, resource_type="record_set")}
    assert found == {item["id"] for item in tenant.api.items(f"{path}/records")}
    # And what becomes of one of them, like of any other
    [short] = [item for item in tenant.api.items(f"{path}/records") if item["name"] == f"short.{zone}"]
    tenant.api.ok("DELETE", f"{path}/records/{short['id']}", 204)
    eventually(lambda: standing(tenant) == {zone: True, f"long.{zone}": True}, timeout=SLOW)


def test_what_goes_with_its_parent_counts_no_longer_whatever_comes_late(tenant: Tenant, bus: Bus) -> None:
    zone, record = f"zone-{tenant.id}", f"rec-{tenant.id}"

    def tell(noun: str, kind: str, subject: str, sequence: int, **data: Any) -> None:
        type = f"dns.{noun}.{kind}"
        event = bucket(tenant, 0, "", sequence=sequence)
        event |= {"type": type, "subject": subject, "dataschema": f"urn:omnicloud:event:{type}"}
        event |= {"source": "omnicloud/dns", "data": {"id": subject, "serial": sequence, **data}}
        bus.send("dns.events", event)

    in_zone = {"zone_id": zone, "zone": "e.example.", "name": "www.e.example.", "type": "A", "ttl": 60}
    in_zone |= {"policy": "simple", "answers": []}
    tell("zone", "created", zone, 1, name="e.example.")
    tell("record_set", "created", record, 1, **in_zone)
    eventually(lambda: standing(tenant) == {"e.example.": True, "www.e.example.": True}, timeout=SLOW)
    tell("zone", "deleted", zone, 2, name="e.example.")
    eventually(lambda: standing(tenant) == {}, timeout=SLOW)
    # An older event that comes late brings nothing back
    tell("record_set", "updated", record, 2, **in_zone)
    tell("record_set", "created", f"{record}-2", 1, **in_zone)
    marker = bucket(tenant, 7, "enabled")
    bus.send("storage.events", marker)
    eventually(lambda: standing(tenant) == {"bucket-7": True}, timeout=SLOW)


def test_an_audit_judges_by_what_was_said_last_whatever_comes_late(tenant: Tenant, bus: Bus) -> None:
    # Given a policy against small volumes, and a volume that was small and has grown
    condition = {"field": "size_gib", "operator": "equals", "value": 1}
    policy = {"name": "large", "effect": "deny", "actions": ["storage.volumes.*"], "resource_types": ["volume"]}
    tenant.api.ok("POST", POLICIES, 201, json={**policy, "conditions": [condition]})
    subject = f"vol-{tenant.id}"

    def tell(kind: str, sequence: int, **data: Any) -> None:
        type = f"storage.volume.{kind}"
        event = bucket(tenant, 0, "", sequence=sequence)
        event |= {"type": type, "subject": subject, "dataschema": f"urn:omnicloud:event:{type}"}
        bus.send("storage.events", event | {"data": {"id": subject, **data}})

    volume = {"name": "data", "volume_class": "standard", "zone": "nimbus-eu-1a", "state": "available"}
    tell("created", 1, **volume, size_gib=1)
    eventually(lambda: standing(tenant) == {"data": False}, timeout=SLOW)
    tell("updated", 4, **volume, size_gib=8)
    eventually(lambda: standing(tenant) == {"data": True}, timeout=SLOW)
    # When a change of before arrives after it
    tell("updated", 3, **volume, size_gib=1)
    tell("state_changed", 5, **{"from": "available", "to": "in_use"})
    # Then it has changed nothing
    eventually(lambda: attributes(tenant).get("to") == "in_use", timeout=SLOW)
    assert attributes(tenant)["size_gib"] == 8
    assert audit(tenant)["run"]["compliant"] == 1
    assert standing(tenant) == {"data": True}


@pytest.mark.services("tenants")
def test_policies_go_with_their_tenant(operator: Api, tenant: Tenant) -> None:
    versioning_policy(tenant)
    assert len(list(tenant.operator.items(POLICIES))) == 2
    operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    eventually(lambda: [item["builtin"] for item in tenant.operator.items(POLICIES)] == [True], timeout=SLOW)
