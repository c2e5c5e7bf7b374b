"""The work of an answer doesn't grow with what surrounds it."""

import pytest

from tests.support.api import Api, queries_of
from tests.support.identities import Tenant

PROJECTS = "/api/tenants/v1/projects"
RESERVATIONS = "/api/tenants/v1/quota/reservations"


def make_projects(tenant: Tenant, count: int, prefix: str = "Project") -> list[str]:
    bodies = ({"name": f"{prefix} {number}"} for number in range(count))
    return [tenant.api.ok("POST", PROJECTS, 201, json=body)["id"] for body in bodies]


def claim(name: str, project: str | None = None) -> dict[str, object]:
    return {"resource": "vcpus", "amount": 1, "reservation_id": name, "project_id": project}


def test_a_list_of_projects_takes_one_query_however_long_it_is(tenant: Tenant) -> None:
    make_projects(tenant, 1)
    short = tenant.api.get(PROJECTS)
    make_projects(tenant, 5, "More")
    long = tenant.api.get(PROJECTS)
    assert (len(short.json()["items"]), len(long.json()["items"])) == (1, 6)
    assert queries_of(short) == queries_of(long) == 1


@pytest.mark.parametrize("in_project", [False, True], ids=["tenant", "project"])
def test_a_claim_takes_as_many_queries_after_many_claims_as_after_none(tenant: Tenant, in_project: bool) -> None:
    project = make_projects(tenant, 1)[0] if in_project else None
    first = tenant.operator.post(RESERVATIONS, json=claim("i-0", project))
    make_projects(tenant, 3, "More")
    for number in range(1, 6):
        last = tenant.operator.post(RESERVATIONS, json=claim(f"i-{number}", project))
    assert (first.status_code, last.status_code) == (201, 201)
    assert queries_of(last) == queries_of(first)


def test_a_tenant_takes_as_many_queries_with_fifteen_limits_of_its_own_as_with_none(
    operator: Api, tenant: Tenant
) -> None:
    own = {quota["resource"]: 1 for quota in tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"]}
    plain = operator.post("/api/tenants/v1/tenants", json={"name": f"{tenant.name} plain"})
    special = operator.post("/api/tenants/v1/tenants", json={"name": f"{tenant.name} special", "quotas": own})
    assert (plain.status_code, special.status_code, len(own)) == (201, 201, 15)
    assert queries_of(special) == queries_of(plain)


def test_all_quotas_take_one_query(tenant: Tenant) -> None:
    answer = tenant.api.get("/api/tenants/v1/quotas")
    assert len(answer.json()["items"]) == 15
    assert queries_of(answer) == 1
