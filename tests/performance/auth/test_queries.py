"""The work of an answer doesn't grow with what surrounds it."""

from tests.support.api import queries_of
from tests.support.identities import Tenant
from tests.support.people import new_person

USERS = "/api/auth/v1/users"
GRANTS = "/api/auth/v1/grants"
TOKENS = "/api/auth/v1/tokens"


def projects(tenant: Tenant, count: int) -> list[str]:
    bodies = ({"name": f"Project {number}"} for number in range(count))
    return [tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json=body)["id"] for body in bodies]


def test_a_list_of_users_takes_one_query_however_long_it_is(tenant: Tenant) -> None:
    short = tenant.api.get(USERS)
    for _ in range(5):
        new_person(tenant)
    long = tenant.api.get(USERS)
    assert (len(short.json()["items"]), len(long.json()["items"])) == (1, 6)
    assert queries_of(short) == queries_of(long) == 1


def test_a_list_of_grants_takes_one_query_with_all_their_scopes(tenant: Tenant) -> None:
    person = new_person(tenant)
    batch = [{"subject": person.id, "role": "viewer", "scope": f"project:{project}"} for project in projects(tenant, 4)]
    tenant.api.ok("POST", f"{GRANTS}/batch", 201, json={"grants": batch})
    answer = tenant.api.get(GRANTS, params={"subject": person.id})
    assert len(answer.json()["items"]) == 4
    assert queries_of(answer) == 1


def test_a_login_takes_as_many_queries_with_many_roles_as_with_none(tenant: Tenant) -> None:
    plain, laden = new_person(tenant), new_person(tenant, "member", "viewer", "auditor", "billing-admin")
    plain.log_in()
    assert queries_of(laden.try_log_in()) == queries_of(plain.try_log_in())


def test_a_refused_login_takes_as_many_queries_for_an_unknown_account_as_for_a_wrong_password(tenant: Tenant) -> None:
    person = new_person(tenant)
    wrong = person.try_log_in(password="not the password")
    unknown = person.try_log_in(email=f"x{person.email}")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert queries_of(wrong) == queries_of(unknown)
