"""The gateway while services come and go."""

import time

import pytest

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.instances import failing_instance
from tests.support.zones import ZONES


@pytest.mark.services("tenants")
def test_a_dead_service_is_a_quick_clear_refusal_and_comes_back(tenant: Tenant, fleet: FleetControl) -> None:
    fleet.kill("tenants")
    started = time.monotonic()
    answer = tenant.api.get("/api/tenants/v1/projects")
    assert answer.status_code in (502, 503)
    assert answer.json()["code"] in ("bad_gateway", "service_unavailable")
    assert time.monotonic() - started < 5
    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    eventually(lambda: tenant.api.get("/api/tenants/v1/projects").status_code == 200, timeout=15)


@pytest.mark.services("tenants", "auth")
def test_other_services_go_on_while_one_is_dead(tenant: Tenant, fleet: FleetControl) -> None:
    fleet.kill("tenants")
    assert tenant.api.get("/api/auth/v1/me").status_code == 200


def test_a_killed_gateway_routes_again_after_its_restart(tenant: Tenant, fleet: FleetControl) -> None:
    fleet.kill("gateway")
    fleet.start("gateway")
    fleet.wait_healthy("gateway")
    eventually(lambda: tenant.api.get("/api/auth/v1/me").status_code == 200, timeout=15)


@pytest.mark.services("dns")
def test_what_an_instance_cannot_do_another_one_is_asked_for_if_it_may_be_asked_twice(
    tenant: Tenant, fleet: FleetControl
) -> None:
    # Given two instances of a service that take turns, one of which answers everything with 503
    with failing_instance(fleet, "dns") as failing:
        # When something is read, then it is read from the other one
        eventually(lambda: tenant.api.ok("GET", ZONES) and failing.requests == ["GET"])
        # When something is changed that must not be changed twice, then the failure is the caller's to know
        statuses = [tenant.api.post(ZONES, json={"name": f"{n}.example"}).status_code for n in range(2)]
        assert (sorted(statuses), failing.requests) == ([201, 503], ["GET", "POST"])
        # When it has a key, then it is changed once, by the other one
        for number in range(2):
            headers = {"Idempotency-Key": f"zone-{number}-{tenant.id}"}
            tenant.api.ok("POST", ZONES, 201, json={"name": f"keyed-{number}.example"}, headers=headers)
        assert failing.requests == ["GET", "POST", "POST"]
    names = [zone["name"] for zone in tenant.api.items(ZONES)]
    assert len(names) == 3
