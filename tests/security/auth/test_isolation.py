"""Accounts and roles of one tenant are out of another's reach."""

from tests.support.identities import Tenant
from tests.support.people import new_person

USERS = "/api/auth/v1/users"
GRANTS = "/api/auth/v1/grants"


def users_of(tenant: Tenant) -> list[str]:
    return [user["id"] for user in tenant.api.items(USERS)]


def test_a_header_that_names_another_tenant_creates_no_user_there(tenant, other_tenant):
    before = users_of(other_tenant)
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    body = {"email": "mole@example.test", "password": "violet harbour 42", "grants": [{"role": "tenant-admin"}]}
    intruder.refused("POST", USERS, 403, "forbidden", json=body)
    assert users_of(other_tenant) == before


def test_a_header_that_names_another_tenant_shows_none_of_its_people_and_roles(tenant, other_tenant):
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    for path in (USERS, GRANTS, "/api/auth/v1/service-accounts"):
        intruder.refused("GET", path, 403, "forbidden")


def test_no_role_lands_in_another_tenant_by_a_header_nor_at_home_by_a_foreign_project(tenant, other_tenant):
    theirs = new_person(other_tenant)
    project = other_tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Theirs"})["id"]
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    body = {"subject": theirs.id, "role": "tenant-admin", "scope": "tenant"}
    intruder.refused("POST", GRANTS, 403, "forbidden", json=body)
    assert list(other_tenant.api.items(GRANTS, subject=theirs.id)) == []
    ours = new_person(tenant)
    body = {"subject": ours.id, "role": "tenant-admin", "scope": f"project:{project}"}
    tenant.api.refused("POST", GRANTS, 422, "unknown_project", json=body)
    assert ours.api().ok("GET", "/api/auth/v1/me")["grants"] == []


def test_another_tenants_user_does_not_exist(tenant, other_tenant):
    theirs = new_person(other_tenant, "member")
    tenant.api.refused("GET", f"{USERS}/{theirs.id}", 404, "not_found")
    tenant.api.refused("DELETE", f"{USERS}/{theirs.id}", 404, "not_found")
    body = {"subject": theirs.id, "role": "viewer", "scope": "tenant"}
    tenant.api.refused("POST", GRANTS, 404, "not_found", json=body)
    assert theirs.try_log_in().status_code == 200
    assert theirs.try_log_in(tenant_id=tenant.id).json().get("code") == "invalid_credentials"


def test_a_member_grants_nothing_and_creates_nobody(tenant, member):
    before = users_of(tenant)
    person = new_person(tenant)
    body = {"subject": person.id, "role": "tenant-admin", "scope": "tenant"}
    member.refused("POST", GRANTS, 403, "grant_too_wide", json=body)
    member.refused("POST", USERS, 403, "forbidden", json={"email": "x@example.test"})
    assert list(tenant.api.items(GRANTS, subject=person.id)) == []
    assert users_of(tenant) == [*before, person.id]


def test_the_role_of_an_operator_cannot_be_granted(tenant):
    person = new_person(tenant)
    for role in ("platform-admin", "operator"):
        body = {"subject": person.id, "role": role, "scope": "tenant"}
        tenant.api.refused("POST", GRANTS, 422, "unknown_role", json=body)
    tenant.api.refused("POST", "/api/auth/v1/signing-keys/rotate", 403, "forbidden")
    assert person.api().ok("GET", "/api/auth/v1/me")["kind"] == "user"
