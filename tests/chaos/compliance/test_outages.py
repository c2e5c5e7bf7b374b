"""Decisions survive crashes and a dead bus."""

import pytest

from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.governed import made
from tests.support.identities import Tenant

EVALUATIONS = "/api/compliance/v1/evaluations"
BODY = {"action": "compute.instances.create", "resource_type": "instance", "resource": {"id": "i-1"}}
POLICY = {"name": "none", "effect": "deny", "actions": ["compute.*"], "resource_types": ["*"]}


def test_a_policy_still_denies_after_a_crash(tenant: Tenant, fleet: FleetControl) -> None:
    tenant.api.ok("POST", "/api/compliance/v1/policies", 201, json=POLICY)
    fleet.kill("compliance")
    fleet.start("compliance")
    fleet.wait_healthy("compliance")
    eventually(lambda: tenant.api.post(EVALUATIONS, json=BODY).status_code == 200, timeout=20)
    assert tenant.api.ok("POST", EVALUATIONS, json=BODY)["allowed"] is False


def test_evidence_of_what_was_decided_without_the_bus_arrives_when_it_is_back(
    tenant: Tenant, fleet: FleetControl, bus: Bus
) -> None:
    fleet.kafka_down()
    answer = tenant.api.ok("POST", EVALUATIONS, json=BODY)
    fleet.kafka_up()
    [event] = bus.of_subject("compliance.events", answer["id"], timeout=20)
    assert event["id"] == answer["evidence"]


@pytest.mark.services("dns", "storage", "network")
def test_what_nobody_can_decide_on_is_not_made_and_needs_no_restart_afterwards(
    tenant: Tenant, fleet: FleetControl
) -> None:
    known = made(tenant.api, "zone")
    fleet.kill("compliance")
    refused = tenant.api.post("/api/dns/v1/zones", json={"name": "two.example"})
    assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
    assert tenant.api.post("/api/network/v1/vpcs", json={"name": "v", "cidr": "10.0.0.0/16"}).status_code == 503
    # What is read, and what ends, asks nobody
    assert [zone["id"] for zone in tenant.api.items("/api/dns/v1/zones")] == [known["zone"]["id"]]
    tenant.api.ok("DELETE", f"/api/dns/v1/zones/{known['zone']['id']}", 204)
    fleet.start("compliance")
    fleet.wait_healthy("compliance")
    eventually(lambda: _make(tenant), timeout=20)
    assert [zone["name"] for zone in tenant.api.items("/api/dns/v1/zones")] == ["two.example."]


def _make(tenant: Tenant) -> bool:
    return tenant.api.post("/api/dns/v1/zones", json={"name": "two.example"}).status_code == 201


@pytest.mark.services("dns")
def test_a_compliance_that_is_silent_is_a_bounded_refusal(tenant: Tenant, fleet: FleetControl) -> None:
    with fleet.paused("compliance"):
        refused = tenant.api.post("/api/dns/v1/zones", json={"name": "one.example"})
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        assert list(tenant.api.items("/api/dns/v1/zones")) == []
    eventually(lambda: _make(tenant), timeout=20)
    assert [zone["name"] for zone in tenant.api.items("/api/dns/v1/zones")] == ["two.example."]
