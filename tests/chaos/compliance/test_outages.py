"""Decisions survive crashes and a dead bus."""

from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
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
