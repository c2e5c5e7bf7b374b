"""Lists of roles are the tenant's own, whoever's they are asked for and by whom."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.identities import Tenant
from tests.support.people import new_person

pytestmark = pytest.mark.services("tenants")

GRANTS = "/api/auth/v1/grants"


def test_a_strangers_machines_and_people_have_no_roles_here(tenant: Tenant, other_tenant: Tenant) -> None:
    grants = [{"role": "auditor", "scope": "tenant"}, {"role": "viewer", "scope": "tenant"}]
    machine = other_tenant.api.ok("POST", "/api/auth/v1/service-accounts", 201, json={"name": "ci", "grants": grants})
    me = other_tenant.api.ok("GET", "/api/auth/v1/me")["subject"]
    for subject, count in ((machine["id"], 2), (me, 1)):
        assert len(list(other_tenant.api.items(GRANTS, subject=subject, limit=1))) == count
        for api in (tenant.api, tenant.operator, tenant.user("tenant-admin")):
            assert list(api.items(GRANTS, subject=subject, limit=1)) == []


def test_who_may_look_into_one_project_sees_nobodys_roles_elsewhere(tenant: Tenant, other_tenant: Tenant) -> None:
    project = tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"})["id"]
    inside = new_person(tenant, "viewer", scope=f"project:{project}")
    theirs = new_person(other_tenant, "tenant-admin")
    api: Api = new_person(tenant, "tenant-admin", scope=f"project:{project}").api()
    assert [grant["subject"] for grant in api.items(GRANTS, subject=inside.id)] == [inside.id]
    assert list(api.items(GRANTS, subject=theirs.id)) == []
