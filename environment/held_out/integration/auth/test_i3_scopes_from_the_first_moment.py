"""A role that is meant for a project is never wider: not in the answer, not in the event, and not when it fails."""

from __future__ import annotations

import pytest

from tests.support.bus import Bus
from tests.support.identities import Tenant
from tests.support.people import new_person

GRANTS = "/api/auth/v1/grants"
NOWHERE = "project:p-00000000000000000000000000000000"


@pytest.fixture
def project(tenant: Tenant) -> str:
    made = tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"})["id"]
    return f"project:{made}"


@pytest.mark.parametrize("role", ["tenant-admin", "member"])
def test_all_that_is_told_of_a_role_names_its_project(tenant: Tenant, project: str, bus: Bus, role: str) -> None:
    people = [new_person(tenant), new_person(tenant)]
    batch = [{"subject": person.id, "role": role, "scope": project} for person in people]

    granted = tenant.api.ok("POST", f"{GRANTS}/batch", 201, json={"grants": batch})["items"]

    assert [grant["scope"] for grant in granted] == [project, project]
    for person, grant in zip(people, granted, strict=True):
        [event] = bus.of_subject("auth.events", grant["id"])
        assert (event["data"]["subject"], event["data"]["scope"]) == (person.id, project)
        assert [each["scope"] for each in tenant.api.items(GRANTS, subject=person.id)] == [project]
        assert person.api().ok("GET", "/api/auth/v1/me")["grants"] == [{"role": role, "scope": project}]


@pytest.mark.parametrize("role", ["tenant-admin", "viewer"])
def test_a_project_that_is_not_there_gives_nobody_a_role(tenant: Tenant, project: str, role: str) -> None:
    first, second = new_person(tenant), new_person(tenant)
    batch = [
        {"subject": first.id, "role": role, "scope": project},
        {"subject": second.id, "role": role, "scope": NOWHERE},
    ]
    tenant.api.refused("POST", f"{GRANTS}/batch", 422, "unknown_project", json={"grants": batch})
    for person in (first, second):
        assert list(tenant.api.items(GRANTS, subject=person.id)) == []
        assert person.api().ok("GET", "/api/auth/v1/me")["grants"] == []
