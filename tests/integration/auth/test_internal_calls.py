"""Auth asks the tenants service by its registered name, and is answered."""

import pytest

from tests.support.people import new_person

pytestmark = pytest.mark.services("tenants")


def test_a_project_is_looked_up_in_the_tenants_service(tenant):
    project = tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"})["id"]
    person = new_person(tenant, "member", scope=f"project:{project}")
    assert person.api().ok("GET", "/api/auth/v1/me")["grants"] == [{"role": "member", "scope": f"project:{project}"}]


def test_a_tenant_that_does_not_exist_gets_no_users(operator):
    nowhere = operator.with_headers(X_Tenant_Id="t-00000000000000000000000000000000")
    body = {"email": "ann@example.test", "password": "violet harbour 42"}
    nowhere.refused("POST", "/api/auth/v1/users", 404, "not_found", json=body)
    assert nowhere.ok("GET", "/api/auth/v1/users")["items"] == []


def test_a_project_of_another_tenant_is_as_unknown_as_one_that_does_not_exist(tenant, other_tenant):
    project = other_tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Theirs"})["id"]
    person = new_person(tenant)
    body = {"subject": person.id, "role": "viewer", "scope": f"project:{project}"}
    tenant.api.refused("POST", "/api/auth/v1/grants", 422, "unknown_project", json=body)
    assert list(tenant.api.items("/api/auth/v1/grants", subject=person.id)) == []
