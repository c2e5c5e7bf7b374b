"""A batch that is refused leaves nothing, however much of it was written before the entry that isn't acceptable."""

from __future__ import annotations

import pytest

from tests.support.identities import Tenant
from tests.support.people import Person, new_person

GRANTS = "/api/auth/v1/grants"
ROLES = ("viewer", "auditor", "member")


def held(tenant: Tenant, *people: Person) -> list[str]:
    return [grant["role"] for person in people for grant in tenant.api.items(GRANTS, subject=person.id)]


@pytest.mark.parametrize("place", [1, 3, 6])
def test_the_entries_before_the_bad_one_are_not_there(tenant: Tenant, place: int) -> None:
    first, second = new_person(tenant), new_person(tenant)
    good = [{"subject": person.id, "role": role, "scope": "tenant"} for role in ROLES for person in (first, second)]
    bad = {"subject": second.id, "role": "emperor", "scope": "tenant"}
    batch = {"grants": [*good[:place], bad, *good[place:]]}

    tenant.api.refused("POST", f"{GRANTS}/batch", 422, "unknown_role", json=batch)

    assert held(tenant, first, second) == []
    # What is right about it can be granted afterwards, since none of it was
    answer = tenant.api.ok("POST", f"{GRANTS}/batch", 201, json={"grants": good})
    assert len(answer["items"]) == len(good)
    assert held(tenant, first, second) == [*ROLES, *ROLES]


def test_so_is_one_that_names_somebody_who_is_not_there(tenant: Tenant) -> None:
    person = new_person(tenant)
    good = {"subject": person.id, "role": "viewer", "scope": "tenant"}
    batch = {"grants": [good, {**good, "subject": "u-00000000000000000000000000000000"}]}
    assert tenant.api.request("POST", f"{GRANTS}/batch", json=batch).status_code in (404, 422)
    assert held(tenant, person) == []
