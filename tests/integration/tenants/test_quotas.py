"""Quotas: what is reserved counts; children fit in their parent."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.api import Api
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, create_tenant
from tests.support.tables import locked_table

RESERVATIONS = "/api/tenants/v1/quota/reservations"
PROJECTS = "/api/tenants/v1/projects"


@pytest.fixture
def tenant(operator: Api) -> Tenant:
    return create_tenant(operator, quotas={"vcpus": 10})


def claim(name: str, amount: int, project: str | None = None) -> dict[str, object]:
    return {"resource": "vcpus", "amount": amount, "reservation_id": name, "project_id": project}


def figures(tenant: Tenant, project: str | None = None) -> tuple[int, int, int]:
    path = f"{PROJECTS}/{project}/quotas" if project else "/api/tenants/v1/quotas"
    [quota] = [quota for quota in tenant.operator.ok("GET", path)["items"] if quota["resource"] == "vcpus"]
    assert quota["available"] == quota["limit"] - quota["used"] - quota["reserved"]
    return quota["limit"], quota["used"], quota["reserved"]


def project(tenant: Tenant, name: str, parent: str | None = None) -> str:
    return tenant.api.ok("POST", PROJECTS, 201, json={"name": name, "parent_id": parent})["id"]


def test_a_claim_is_reserved_committed_and_released(tenant: Tenant) -> None:
    reserved = tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-1", 3))
    assert (reserved["state"], reserved["amount"], figures(tenant)) == ("reserved", 3, (10, 0, 3))
    assert tenant.operator.ok("POST", f"{RESERVATIONS}/i-1/commit")["state"] == "committed"
    assert figures(tenant) == (10, 3, 0)
    assert tenant.operator.ok("POST", f"{RESERVATIONS}/i-1/release")["state"] == "released"
    assert figures(tenant) == (10, 0, 0)


def test_every_step_may_be_repeated_and_counts_once(tenant: Tenant) -> None:
    first = tenant.operator.ok("POST", RESERVATIONS, json=claim("i-1", 3))
    assert tenant.operator.ok("POST", RESERVATIONS, json=claim("i-1", 3)) == first
    assert figures(tenant) == (10, 0, 3)
    for step, expected in (("commit", (10, 3, 0)), ("release", (10, 0, 0))):
        for _ in range(2):
            tenant.operator.ok("POST", f"{RESERVATIONS}/i-1/{step}")
            assert figures(tenant) == expected
    tenant.operator.refused("POST", f"{RESERVATIONS}/i-1/commit", 409, "reservation_released")


def test_what_was_released_cannot_be_reserved_under_its_name_again(tenant: Tenant) -> None:
    # Given a claim that was given back
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-1", 3))
    tenant.operator.ok("POST", f"{RESERVATIONS}/i-1/release")
    # When it is asked for again, then it is refused: an answer of 201 would be taken for held, and nothing is
    tenant.operator.refused("POST", RESERVATIONS, 409, "reservation_released", json=claim("i-1", 3))
    assert figures(tenant) == (10, 0, 0)
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-2", 3))
    assert figures(tenant) == (10, 0, 3)


def test_one_name_stands_for_one_claim(tenant: Tenant) -> None:
    tenant.operator.ok("POST", RESERVATIONS, json=claim("i-1", 3))
    tenant.operator.refused("POST", RESERVATIONS, 409, "reservation_conflict", json=claim("i-1", 4))
    assert figures(tenant) == (10, 0, 3)


def test_the_last_unit_is_granted_and_the_next_is_refused_with_the_figures(tenant: Tenant) -> None:
    tenant.operator.ok("POST", RESERVATIONS, json=claim("i-1", 9))
    tenant.operator.ok("POST", RESERVATIONS, json=claim("i-2", 1))
    problem = tenant.operator.refused("POST", RESERVATIONS, 403, "quota_exceeded", json=claim("i-3", 1))
    assert (problem["resource"], problem["limit"], problem["available"], problem["requested"]) == ("vcpus", 10, 0, 1)
    assert figures(tenant) == (10, 0, 10)


def test_claims_at_the_same_moment_never_exceed_the_limit(tenant: Tenant) -> None:
    def reserve(number: int) -> int:
        return tenant.operator.post(RESERVATIONS, json=claim(f"i-{number}", 3)).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(reserve, range(8)))
    assert sorted(answers) == [201, 201, 201, 403, 403, 403, 403, 403]
    assert figures(tenant) == (10, 0, 9)


def test_of_two_claims_under_way_at_once_the_later_one_sees_the_earlier(tenant: Tenant, fleet: FleetControl) -> None:
    """Neither can be committed before both are as far as they get: the first at the outbox, the other at its row."""

    def reserve(number: int) -> int:
        return tenant.operator.post(RESERVATIONS, json=claim(f"i-{number}", 6)).status_code

    with ThreadPoolExecutor(2) as pool:
        with locked_table(fleet, "tenants", database="tenants") as outbox:
            answers = [pool.submit(reserve, number) for number in range(2)]
            outbox.wait_for_somebody_at_a_row()
        assert sorted(answer.result() for answer in answers) == [201, 403]
    assert figures(tenant) == (10, 0, 6)


def test_a_projects_first_limit_that_is_under_way_counts_when_the_tenants_is_lowered(
    tenant: Tenant, fleet: FleetControl
) -> None:
    """The limit of the project stands at the outbox, that of the tenant at the row which the first one holds."""
    shop = project(tenant, "Shop")

    def limit(path: str, value: int) -> int:
        return tenant.operator.put(path, json={"limit": value}).status_code

    with ThreadPoolExecutor(2) as pool:
        with locked_table(fleet, "tenants", database="tenants") as outbox:
            given = pool.submit(limit, f"{PROJECTS}/{shop}/quotas/vcpus", 8)
            outbox.wait_for_somebody()
            lowered = pool.submit(limit, "/api/tenants/v1/quotas/vcpus", 5)
            outbox.wait_for_somebody_at_a_row()
        assert (given.result(), lowered.result()) == (200, 403)
    assert (figures(tenant, shop)[0], figures(tenant)[0]) == (8, 10)


def test_a_claim_in_a_project_counts_in_all_projects_above_it(tenant: Tenant) -> None:
    shop = project(tenant, "Shop")
    stage = project(tenant, "Stage", shop)
    tenant.api.ok("PUT", f"{PROJECTS}/{shop}/quotas/vcpus", json={"limit": 6})
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-1", 4, stage))
    assert (figures(tenant, shop), figures(tenant)) == ((6, 0, 4), (10, 0, 4))
    tenant.operator.refused("POST", RESERVATIONS, 403, "quota_exceeded", json=claim("i-2", 3, stage))
    assert (figures(tenant, shop), figures(tenant)) == ((6, 0, 4), (10, 0, 4))


def test_the_limits_of_projects_add_up_to_at_most_their_parents(tenant: Tenant) -> None:
    shop, lab = project(tenant, "Shop"), project(tenant, "Lab")
    tenant.api.ok("PUT", f"{PROJECTS}/{shop}/quotas/vcpus", json={"limit": 7})
    path = f"{PROJECTS}/{lab}/quotas/vcpus"
    problem = tenant.api.refused("PUT", path, 403, "children_exceed_parent", json={"limit": 4})
    assert (problem["available"], problem["requested"]) == (3, 4)
    assert tenant.api.ok("PUT", path, json={"limit": 3})["limit"] == 3
    tenant.operator.refused("PUT", "/api/tenants/v1/quotas/vcpus", 403, "children_exceed_parent", json={"limit": 9})
    assert figures(tenant)[0] == 10


def test_a_suspended_tenant_gets_nothing_new_and_can_give_back(tenant: Tenant) -> None:
    tenant.operator.ok("POST", RESERVATIONS, json=claim("i-1", 3))
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
    tenant.operator.refused("POST", RESERVATIONS, 403, "tenant_not_active", json=claim("i-2", 3))
    tenant.operator.ok("POST", f"{RESERVATIONS}/i-1/release")
    assert figures(tenant) == (10, 0, 0)
