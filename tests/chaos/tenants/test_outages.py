"""Tenants when something around it, or tenants itself, goes away."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, create_tenant

RESERVATIONS = "/api/tenants/v1/quota/reservations"


@pytest.fixture
def tenant(operator: Api) -> Tenant:
    return create_tenant(operator, quotas={"vcpus": 16})


def claim(number: int) -> dict[str, object]:
    return {"resource": "vcpus", "amount": 3, "reservation_id": f"i-{number}"}


def figures(tenant: Tenant) -> tuple[int, int]:
    [quota] = [q for q in tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"] if q["resource"] == "vcpus"]
    return quota["used"], quota["reserved"]


@pytest.mark.infrastructure_state
def test_claims_that_a_crash_interrupted_count_once_when_they_are_repeated(fleet: FleetControl, tenant: Tenant) -> None:
    def reserve(number: int) -> int:
        try:
            return tenant.operator.post(RESERVATIONS, json=claim(number)).status_code
        except httpx.HTTPError:
            return 0

    def reserved(number: int) -> bool:
        return reserve(number) == 201

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(reserve, number) for number in range(5)]
        fleet.kill("tenants")
        for answer in answers:
            answer.result()
    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    for number in range(5):
        eventually(partial(reserved, number))
    assert figures(tenant) == (0, 15)
    tenant.operator.refused("POST", RESERVATIONS, 403, "quota_exceeded", json=claim(5))


@pytest.mark.infrastructure_state
def test_a_storm_of_claims_and_releases_leaves_nothing_behind(tenant: Tenant) -> None:
    def come_and_go(number: int) -> list[int]:
        first = tenant.operator.post(RESERVATIONS, json=claim(number)).status_code
        if first == 403:
            return [403]
        steps = [("commit", "release"), ("release", "release")][number % 2]
        return [first, *(tenant.operator.post(f"{RESERVATIONS}/i-{number}/{step}").status_code for step in steps)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(come_and_go, range(16)))
    assert {tuple(answer) for answer in answers} <= {(201, 200, 200), (403,)}
    assert figures(tenant) == (0, 0)


def test_a_suspension_while_the_bus_is_down_is_told_of_when_it_is_back(
    fleet: FleetControl, tenant: Tenant, bus: Bus
) -> None:
    fleet.kafka_down()
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
    fleet.kafka_up()
    told = bus.of_subject("tenants.events", tenant.id, count=2)
    assert [event["type"] for event in told] == ["tenants.tenant.created", "tenants.tenant.suspended"]
