"""Claims that nobody settles, as time goes by."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, create_tenant, login_operator

RESERVATIONS = "/api/tenants/v1/quota/reservations"
PROJECTS = "/api/tenants/v1/projects"
RESOURCE = "deployments"
"""No service counts these, so none compares the claims of these tests with what it has."""
LATER_SECONDS = 901
"""A reservation waits for a quarter of an hour. An access token is good for no longer, either."""


@pytest.fixture
def tenant(operator: Api) -> Tenant:
    return create_tenant(operator, quotas={RESOURCE: 4})


@pytest.fixture
def project(tenant: Tenant) -> str:
    """A project with a limit of its own."""
    made = tenant.api.ok("POST", PROJECTS, 201, json={"name": "Shop"})["id"]
    tenant.api.ok("PUT", f"{PROJECTS}/{made}/quotas/{RESOURCE}", json={"limit": 3})
    return str(made)


def later(fleet: FleetControl, tenant: Tenant) -> Api:
    """The operator in the tenant, after every reservation made until now has expired."""
    fleet.step_clock(LATER_SECONDS)
    operator = login_operator(fleet.url).with_headers(X_Tenant_Id=tenant.id)
    eventually(lambda: "reserved" not in states(operator).values(), interval=0.2)
    return operator


def claim(name: str, amount: int, project: str | None = None) -> dict[str, object]:
    return {"resource": RESOURCE, "amount": amount, "reservation_id": name, "project_id": project}


def states(operator: Api) -> dict[str, str]:
    listed = operator.items(RESERVATIONS)
    return {item["reservation_id"]: item["state"] for item in listed if item["resource"] == RESOURCE}


def figures(operator: Api, project: str | None = None) -> tuple[int, int, int]:
    path = f"{PROJECTS}/{project}/quotas" if project else "/api/tenants/v1/quotas"
    [quota] = [quota for quota in operator.ok("GET", path)["items"] if quota["resource"] == RESOURCE]
    return quota["used"], quota["reserved"], quota["available"]


def test_a_claim_that_nobody_settles_expires_and_gives_its_amount_back_everywhere(
    fleet: FleetControl, tenant: Tenant, project: str
) -> None:
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-lost", 3, project))
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-made", 1))
    tenant.operator.ok("POST", f"{RESERVATIONS}/i-made/commit")

    operator = later(fleet, tenant)

    assert states(operator) == {"i-lost": "expired", "i-made": "committed"}
    assert (figures(operator), figures(operator, project)) == ((1, 0, 3), (0, 0, 3))


def test_what_was_made_after_all_counts_again_even_above_the_limit(fleet: FleetControl, tenant: Tenant) -> None:
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-late", 4))
    operator = later(fleet, tenant)
    operator.ok("POST", RESERVATIONS, 201, json=claim("i-next", 4))

    for _ in range(2):
        assert operator.ok("POST", f"{RESERVATIONS}/i-late/commit")["state"] == "committed"

    assert figures(operator) == (4, 4, -4)
    operator.refused("POST", RESERVATIONS, 403, "quota_exceeded", json=claim("i-more", 1))
    operator.ok("POST", f"{RESERVATIONS}/i-late/release")
    assert figures(operator) == (0, 4, 0)


def test_an_expired_claim_can_be_released_and_gives_nothing_back_twice(fleet: FleetControl, tenant: Tenant) -> None:
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-lost", 4))
    operator = later(fleet, tenant)
    operator.ok("POST", RESERVATIONS, 201, json=claim("i-next", 4))

    assert operator.ok("POST", f"{RESERVATIONS}/i-lost/release")["state"] == "released"

    assert figures(operator) == (0, 4, 0)
    operator.refused("POST", f"{RESERVATIONS}/i-lost/commit", 409, "reservation_released")


def test_an_expired_claim_is_made_anew_when_there_is_room(fleet: FleetControl, tenant: Tenant) -> None:
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-again", 3))
    operator = later(fleet, tenant)
    operator.ok("POST", RESERVATIONS, 201, json=claim("i-next", 2))
    operator.refused("POST", RESERVATIONS, 403, "quota_exceeded", json=claim("i-again", 3))

    operator.ok("POST", f"{RESERVATIONS}/i-next/release")
    assert operator.ok("POST", RESERVATIONS, 201, json=claim("i-again", 3))["state"] == "reserved"

    assert figures(operator) == (0, 3, 1)


def test_an_expiry_is_told(fleet: FleetControl, tenant: Tenant, bus: Bus) -> None:
    made = tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-lost", 4))
    later(fleet, tenant)

    reserved, expired = bus.of_subject("tenants.events", made["id"], count=2)

    assert (reserved["type"], reserved["sequence"]) == ("tenants.reservation.reserved", 1)
    assert (expired["type"], expired["sequence"]) == ("tenants.reservation.expired", 2)
    assert (expired["tenantid"], expired["actor"]) == (tenant.id, "service:tenants")
    assert expired["data"] == {**reserved["data"], "state": "expired"}


def test_claims_expire_after_an_outage_of_tenants(fleet: FleetControl, tenant: Tenant) -> None:
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-lost", 4))
    fleet.kill("tenants")
    fleet.start("tenants")
    fleet.wait_healthy("tenants")

    assert figures(later(fleet, tenant)) == (0, 0, 4)
