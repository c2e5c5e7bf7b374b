"""What auth does when the tenants service suspends, resumes or closes a tenant."""

import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.identities import Tenant
from tests.support.people import new_person

pytestmark = pytest.mark.services("tenants")


def turn(tenant: Tenant, action: str) -> None:
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/{action}")


def test_a_suspended_tenant_gets_no_tokens_and_its_sessions_are_over_until_it_is_resumed(tenant: Tenant) -> None:
    person = new_person(tenant, "member")
    tokens = person.log_in()
    before = Api(person.anonymous.url, tokens["access_token"])
    turn(tenant, "suspend")
    eventually(lambda: person.try_log_in().json().get("code") == "tenant_suspended", interval=0.2)
    turn(tenant, "resume")
    eventually(lambda: person.try_log_in().status_code == 200, interval=0.2)
    # Its end is told with the log-in's: asked earlier, auth might not have heard of the suspension yet
    eventually(lambda: before.get("/api/auth/v1/me").json().get("code") == "access_revoked")
    assert person.refresh(tokens["refresh_token"]).json().get("code") == "invalid_refresh_token"


def test_a_closed_tenant_is_closed_to_people_and_machines(tenant: Tenant) -> None:
    person = new_person(tenant, "tenant-admin")
    api = person.api()
    account = api.ok("POST", "/api/auth/v1/service-accounts", 201, json={"name": "ci"})
    key = api.ok("POST", f"/api/auth/v1/service-accounts/{account['id']}/api-keys", 201, json={})["key"]
    turn(tenant, "close")
    eventually(lambda: person.try_log_in().json().get("code") == "tenant_closed", interval=0.2)
    login = {"grant_type": "api_key", "api_key": key}
    person.anonymous.refused("POST", "/api/auth/v1/tokens", 403, "tenant_closed", json=login)


def test_a_tenant_that_does_not_exist_gets_no_users(operator: Api) -> None:
    nowhere = operator.with_headers(X_Tenant_Id="t-00000000000000000000000000000000")
    body = {"email": "ann@example.test", "password": "violet harbour 42"}
    nowhere.refused("POST", "/api/auth/v1/users", 404, "not_found", json=body)
    assert nowhere.ok("GET", "/api/auth/v1/users")["items"] == []
