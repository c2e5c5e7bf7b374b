"""Resources whose owner can't be asked: nothing is guessed of them, and nothing stays locked."""

from __future__ import annotations

from tests.support import computing
from tests.support.deploying import apply_resources, make_environment, make_plan
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant


def test_a_plan_whose_resources_can_not_be_read_is_not_made(fleet: FleetControl, tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    wanted = {"address": "storage.volume.data", "attributes": {"size_gib": 1, "zone": computing.ZONE}}
    apply_resources(tenant.api, environment, wanted)
    body = {"resources": [wanted]}

    fleet.kill("storage")
    answer = tenant.api.post(f"{environment}/plans", json=body)
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True), answer.text
    assert tenant.api.ok("GET", f"{environment}/lock")["locked"] is False
    believed = tenant.api.ok("POST", f"{environment}/plans", 201, json={**body, "refresh": False})
    assert believed["changes"] == []

    fleet.start("storage")
    fleet.wait_healthy("storage")
    eventually(lambda: tenant.api.post(f"{environment}/plans", json=body).status_code == 201, timeout=20)
    assert make_plan(tenant.api, environment, wanted)["resource_drift"] == []
