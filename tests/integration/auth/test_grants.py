"""Roles: granted all or none, and never wider than they were meant."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.people import Person, new_person
from tests.support.tables import locked_table, sessions_at_locks

GRANTS = "/api/auth/v1/grants"
NOWHERE = "project:p-00000000000000000000000000000000"


@pytest.fixture
def person(tenant: Tenant) -> Person:
    return new_person(tenant)


@pytest.fixture
def project(tenant: Tenant) -> str:
    return tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"})["id"]


def roles_of(tenant: Tenant, person: Person) -> list[tuple[str, str]]:
    return [(grant["role"], grant["scope"]) for grant in tenant.api.items(GRANTS, subject=person.id)]


def test_a_project_role_is_shown_with_its_project_and_enters_the_next_token(
    tenant: Tenant, person: Person, project: str
) -> None:
    granted = tenant.api.ok(
        "POST", GRANTS, 201, json={"subject": person.id, "role": "member", "scope": f"project:{project}"}
    )
    assert (granted["role"], granted["scope"]) == ("member", f"project:{project}")
    assert roles_of(tenant, person) == [("member", f"project:{project}")]
    assert person.api().ok("GET", "/api/auth/v1/me")["grants"] == [{"role": "member", "scope": f"project:{project}"}]


def test_a_role_in_a_project_that_does_not_exist_leaves_no_role_at_all(tenant: Tenant, person: Person) -> None:
    body = {"subject": person.id, "role": "tenant-admin", "scope": NOWHERE}
    tenant.api.refused("POST", GRANTS, 422, "unknown_project", json=body)
    assert roles_of(tenant, person) == []
    assert person.api().ok("GET", "/api/auth/v1/me")["grants"] == []


def test_the_event_of_a_project_role_names_the_project(tenant: Tenant, person: Person, project: str, bus: Bus) -> None:
    granted = tenant.api.ok(
        "POST", GRANTS, 201, json={"subject": person.id, "role": "viewer", "scope": f"project:{project}"}
    )
    [event] = bus.of_subject("auth.events", granted["id"])
    assert event["type"] == "auth.grant.created"
    assert event["data"] == {
        "id": granted["id"],
        "subject": person.id,
        "role": "viewer",
        "scope": f"project:{project}",
    }


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ({"role": "emperor", "scope": "tenant"}, "unknown_role"),
        ({"role": "viewer", "scope": NOWHERE}, "unknown_project"),
        ({"role": "member", "scope": "tenant"}, "already_granted"),
    ],
)
def test_a_batch_with_one_bad_entry_grants_nothing(
    tenant: Tenant, person: Person, second: dict[str, str], code: str
) -> None:
    batch = [{"subject": person.id, "role": "member", "scope": "tenant"}, {"subject": person.id, **second}]
    problem = tenant.api.request("POST", f"{GRANTS}/batch", json={"grants": batch}).json()
    assert problem["code"] == code
    assert roles_of(tenant, person) == []


def test_a_batch_grants_all_of_its_entries_in_order(tenant: Tenant, person: Person, project: str) -> None:
    batch = [
        {"subject": person.id, "role": "viewer", "scope": "tenant"},
        {"subject": person.id, "role": "member", "scope": f"project:{project}"},
    ]
    answer = tenant.api.ok("POST", f"{GRANTS}/batch", 201, json={"grants": batch})
    assert [grant["scope"] for grant in answer["items"]] == ["tenant", f"project:{project}"]
    assert roles_of(tenant, person) == [("viewer", "tenant"), ("member", f"project:{project}")]


def test_a_user_whose_roles_are_refused_is_not_created(tenant: Tenant) -> None:
    before = [user["id"] for user in tenant.api.items("/api/auth/v1/users")]
    body = {
        "email": "half@example.test",
        "password": "violet harbour 42",
        "grants": [{"role": "member"}, {"role": "viewer", "scope": NOWHERE}],
    }
    tenant.api.refused("POST", "/api/auth/v1/users", 422, "unknown_project", json=body)
    assert [user["id"] for user in tenant.api.items("/api/auth/v1/users")] == before
    tenant.api.ok("POST", "/api/auth/v1/users", 201, json={**body, "grants": []})


def test_a_role_that_was_taken_back_is_gone_from_the_next_token(tenant: Tenant, person: Person) -> None:
    granted = tenant.api.ok("POST", GRANTS, 201, json={"subject": person.id, "role": "member", "scope": "tenant"})
    tenant.api.ok("DELETE", f"{GRANTS}/{granted['id']}", 204)
    assert person.api().ok("GET", "/api/auth/v1/me")["grants"] == []


def test_a_projects_administrator_grants_within_the_project_only(tenant: Tenant, person: Person, project: str) -> None:
    chief: Api = tenant.user("tenant-admin", scope=f"project:{project}")
    body = {"subject": person.id, "role": "member"}
    chief.ok("POST", GRANTS, 201, json={**body, "scope": f"project:{project}"})
    chief.refused("POST", GRANTS, 403, "grant_too_wide", json={**body, "scope": "tenant"})
    assert roles_of(tenant, person) == [("member", f"project:{project}")]


@pytest.mark.services("tenants")
def test_a_project_is_looked_up_in_the_tenants_service(tenant: Tenant) -> None:
    project = tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"})["id"]
    person = new_person(tenant, "member", scope=f"project:{project}")
    assert person.api().ok("GET", "/api/auth/v1/me")["grants"] == [{"role": "member", "scope": f"project:{project}"}]


@pytest.mark.services("tenants")
def test_a_project_of_another_tenant_is_as_unknown_as_one_that_does_not_exist(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    project = other_tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Theirs"})["id"]
    person = new_person(tenant)
    body = {"subject": person.id, "role": "viewer", "scope": f"project:{project}"}
    tenant.api.refused("POST", "/api/auth/v1/grants", 422, "unknown_project", json=body)
    assert list(tenant.api.items("/api/auth/v1/grants", subject=person.id)) == []


def test_the_only_administrator_of_a_tenant_stays_one(tenant: Tenant) -> None:
    me = tenant.api.ok("GET", "/api/auth/v1/me")["subject"]
    [grant] = tenant.api.items(GRANTS, subject=me)
    tenant.api.refused("DELETE", f"{GRANTS}/{grant['id']}", 409, "last_administrator")
    tenant.api.refused("DELETE", f"/api/auth/v1/users/{me}", 409, "last_administrator")
    assert tenant.api.ok("GET", "/api/auth/v1/me")["grants"] == [{"role": "tenant-admin", "scope": "tenant"}]
    # With another administrator there is one who can leave.
    new_person(tenant, "tenant-admin")
    tenant.api.ok("DELETE", f"{GRANTS}/{grant['id']}", 204)


def test_an_administrator_of_a_project_only_is_no_administrator_of_the_tenant(tenant: Tenant) -> None:
    project = tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"})["id"]
    new_person(tenant, "tenant-admin", scope=f"project:{project}")
    me = tenant.api.ok("GET", "/api/auth/v1/me")["subject"]
    tenant.api.refused("DELETE", f"/api/auth/v1/users/{me}", 409, "last_administrator")


def both_at_once(fleet: FleetControl, table: str, removals: list[tuple[Api, str]]) -> list[int]:
    """The answers to two requests, neither of which is finished when the other one begins: the table that both write
    to at last is held until both wait for something."""

    def ask(who: Api, path: str) -> int:
        return who.delete(path).status_code

    with ThreadPoolExecutor(2) as pool:
        with locked_table(fleet, "auth", table):
            asked = [pool.submit(ask, who, path) for who, path in removals]
            eventually(lambda: any(each.done() for each in asked) or sessions_at_locks(fleet, "auth") >= 2)
        return [each.result(timeout=30) for each in asked]


def test_of_two_administrators_who_remove_each_other_at_once_one_stays(tenant: Tenant, fleet: FleetControl) -> None:
    me, other = tenant.api.ok("GET", "/api/auth/v1/me")["subject"], new_person(tenant, "tenant-admin")
    removals = [(tenant.api, f"/api/auth/v1/users/{other.id}"), (other.api(), f"/api/auth/v1/users/{me}")]
    answers = both_at_once(fleet, "sessions", removals)
    assert answers.count(204) == 1
    assert set(answers) <= {204, 401, 409}
    states = [tenant.operator.ok("GET", f"/api/auth/v1/users/{each}")["state"] for each in (me, other.id)]
    assert sorted(states) == ["active", "disabled"]


def test_of_two_administrators_who_take_each_other_s_role_at_once_one_keeps_it(
    tenant: Tenant, fleet: FleetControl
) -> None:
    me, other = tenant.api.ok("GET", "/api/auth/v1/me")["subject"], new_person(tenant, "tenant-admin")
    [mine], [theirs] = ([grant["id"] for grant in tenant.api.items(GRANTS, subject=each)] for each in (me, other.id))
    removals = [(tenant.api, f"{GRANTS}/{theirs}"), (other.api(), f"{GRANTS}/{mine}")]
    answers = both_at_once(fleet, "grants", removals)
    assert sorted(answers) == [204, 409]
    left = [grant["subject"] for grant in tenant.operator.items(GRANTS) if grant["role"] == "tenant-admin"]
    assert len(left) == 1


def test_of_two_who_take_one_role_back_at_once_one_finds_it_gone(
    tenant: Tenant, person: Person, fleet: FleetControl, bus: Bus
) -> None:
    body = {"subject": person.id, "role": "member", "scope": "tenant"}
    granted = tenant.api.ok("POST", GRANTS, 201, json=body)["id"]
    answers = both_at_once(fleet, "grants", [(tenant.api, f"{GRANTS}/{granted}")] * 2)
    assert sorted(answers) == [204, 404]
    told = bus.of_subject("auth.events", granted, count=2)
    assert [event["type"] for event in told] == ["auth.grant.created", "auth.grant.deleted"]


def test_what_was_changed_meanwhile_is_not_ended_by_who_has_not_seen_it(tenant: Tenant) -> None:
    stale, right = {"If-Match": '"7"'}, {"If-Match": '"1"'}
    api = tenant.api
    user = new_person(tenant, "viewer").id
    account = api.ok("POST", "/api/auth/v1/service-accounts", 201, json={"name": "ci"})["id"]
    key = api.ok("POST", f"/api/auth/v1/service-accounts/{account}/api-keys", 201, json={})["id"]
    [grant] = api.items(GRANTS, subject=user)
    paths = ("api-keys/" + key, "service-accounts/" + account, "grants/" + grant["id"], "users/" + user)
    for path in paths:
        for tag in (stale, {"If-Match": 'W/"1"'}):
            api.refused("DELETE", f"/api/auth/v1/{path}", 412, "version_conflict", headers=tag)
    for path in paths:
        api.ok("DELETE", f"/api/auth/v1/{path}", 204, headers=right)


def test_the_roles_of_a_subject_are_listed_page_by_page_in_its_own_tenant(
    tenant: Tenant, other_tenant: Tenant, project: str
) -> None:
    person = new_person(tenant, "viewer", "auditor", "member")
    [*pages] = (list(api.items(GRANTS, limit=1, subject=person.id)) for api in (tenant.api, other_tenant.api))
    assert [grant["role"] for grant in pages[0]] == ["viewer", "auditor", "member"]
    assert pages[1] == []
