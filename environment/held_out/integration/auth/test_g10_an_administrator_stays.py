"""A tenant keeps an administrator, in whatever ways its administrators leave at once."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.people import new_person
from tests.support.tables import locked_table, sessions_at_locks

GRANTS = "/api/auth/v1/grants"
USERS = "/api/auth/v1/users"


def at_once(fleet: FleetControl, requests: list[tuple[Api, str]]) -> list[int]:
    """The answers to deletions, none of which can be finished before all have begun."""

    def delete(who: Api, path: str) -> int:
        return who.delete(path).status_code

    with ThreadPoolExecutor(len(requests)) as pool:
        with locked_table(fleet, "auth", "sessions"), locked_table(fleet, "auth", "grants"):
            asked = [pool.submit(delete, who, path) for who, path in requests]
            eventually(lambda: any(each.done() for each in asked) or sessions_at_locks(fleet, "auth") >= len(requests))
        return [each.result(timeout=30) for each in asked]


def administrators(tenant: Tenant) -> list[str]:
    held = [item["subject"] for item in tenant.operator.items(GRANTS) if item["role"] == "tenant-admin"]
    return [id for id in held if tenant.operator.ok("GET", f"{USERS}/{id}")["state"] == "active"]


def test_one_is_disabled_while_the_other_s_role_is_taken_back(tenant: Tenant, fleet: FleetControl) -> None:
    me, other = tenant.api.ok("GET", "/api/auth/v1/me")["subject"], new_person(tenant, "tenant-admin")
    [grant] = [item["id"] for item in tenant.api.items(GRANTS, subject=other.id)]
    answers = at_once(fleet, [(tenant.api, f"{GRANTS}/{grant}"), (other.api(), f"{USERS}/{me}")])
    assert answers.count(204) == 1
    assert len(administrators(tenant)) == 1


def test_of_three_who_remove_each_other_in_a_circle_one_stays(tenant: Tenant, fleet: FleetControl) -> None:
    me, second, third = (
        tenant.api.ok("GET", "/api/auth/v1/me")["subject"],
        new_person(tenant, "tenant-admin"),
        new_person(tenant, "tenant-admin"),
    )
    removals = [
        (tenant.api, f"{USERS}/{second.id}"),
        (second.api(), f"{USERS}/{third.id}"),
        (third.api(), f"{USERS}/{me}"),
    ]
    answers = at_once(fleet, removals)
    assert answers.count(204) == 2
    assert len(administrators(tenant)) == 1
