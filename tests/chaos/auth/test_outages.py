"""Auth when something around it, or auth itself, goes away."""

import jwt
import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.people import new_person

GRANTS = "/api/auth/v1/grants"
ME = "/api/auth/v1/me"


def test_a_user_made_while_the_bus_is_down_is_told_of_when_it_is_back(
    fleet: FleetControl, tenant: Tenant, bus: Bus
) -> None:
    fleet.kafka_down()
    person = new_person(tenant, "member")
    assert person.try_log_in().status_code == 200
    fleet.kafka_up()
    [event] = bus.of_subject("auth.events", person.id)
    assert (event["type"], event["data"]["email"]) == ("auth.user.created", person.email)


def test_tokens_and_sessions_outlive_a_crash_of_auth(fleet: FleetControl, tenant: Tenant) -> None:
    person = new_person(tenant, "member")
    tokens = person.log_in()
    fleet.kill("auth")
    fleet.start("auth")
    fleet.wait_healthy("auth")
    survivor = Api(fleet.url, tokens["access_token"])
    assert eventually(lambda: survivor.get(ME).status_code == 200)
    renewed = person.refresh(tokens["refresh_token"]).json()["access_token"]
    assert jwt.get_unverified_header(renewed)["kid"] == jwt.get_unverified_header(tokens["access_token"])["kid"]


@pytest.mark.services("tenants")
def test_a_suspension_during_an_outage_of_auth_holds_when_it_is_back(fleet: FleetControl, tenant: Tenant) -> None:
    person = new_person(tenant)
    session = person.log_in()["refresh_token"]
    fleet.stop("auth")
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
    fleet.start("auth")
    fleet.wait_healthy("auth")
    eventually(lambda: person.try_log_in().json().get("code") == "tenant_suspended", interval=0.2)
    assert person.refresh(session).json().get("code") == "invalid_refresh_token"


@pytest.mark.services("tenants")
def test_a_project_role_that_cannot_be_checked_is_not_given(fleet: FleetControl, tenant: Tenant) -> None:
    project = tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"})["id"]
    person = new_person(tenant)
    fleet.kill("tenants")
    body = {"subject": person.id, "role": "tenant-admin", "scope": f"project:{project}"}
    answer = tenant.api.post(GRANTS, json=body)
    assert answer.status_code == 503, answer.text
    assert list(tenant.api.items(GRANTS, subject=person.id)) == []
    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    assert eventually(lambda: tenant.api.post(GRANTS, json=body).status_code == 201)
    assert person.api().ok("GET", ME)["grants"] == [{"role": "tenant-admin", "scope": f"project:{project}"}]


@pytest.mark.services("tenants")
def test_a_tenant_suspended_while_the_bus_is_away_gets_no_new_token(fleet: FleetControl, tenant: Tenant) -> None:
    person = new_person(tenant)
    session = person.log_in()["refresh_token"]
    fleet.kafka_down()
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
    assert person.try_log_in().json()["code"] == "tenant_suspended"
    assert person.refresh(session).json()["code"] == "tenant_suspended"
    fleet.kafka_up()
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/resume")
    eventually(lambda: person.try_log_in().status_code == 200)
    eventually(lambda: person.refresh(session).json().get("code") == "invalid_refresh_token")


@pytest.mark.services("tenants")
@pytest.mark.parametrize("how", ["dead", "hung"])
def test_people_log_in_while_tenants_cannot_be_asked(fleet: FleetControl, tenant: Tenant, how: str) -> None:
    person = new_person(tenant)
    person.log_in()
    (fleet.pause if how == "hung" else fleet.kill)("tenants")
    assert person.try_log_in().status_code == 200
    (fleet.resume if how == "hung" else fleet.start)("tenants")
    fleet.wait_healthy("tenants")
