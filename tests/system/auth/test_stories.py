"""People and machines, from their first to their last day."""

from functools import partial

import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.identities import Tenant
from tests.support.people import Person, new_person

pytestmark = pytest.mark.services("tenants")

GRANTS = "/api/auth/v1/grants"
ME = "/api/auth/v1/me"
PROJECTS = "/api/tenants/v1/projects"


def introspected(tenant: Tenant, token: str) -> dict[str, object]:
    return tenant.operator.ok("POST", "/api/auth/v1/tokens/introspect", json={"token": token})


def test_administration_is_handed_down_from_the_tenant_to_a_project(tenant: Tenant) -> None:
    shop = tenant.api.ok("POST", PROJECTS, 201, json={"name": "Shop"})["id"]
    scope = f"project:{shop}"
    chief: Person = new_person(tenant, "tenant-admin", scope=scope)
    worker = new_person(tenant)
    chief.api().ok("POST", GRANTS, 201, json={"subject": worker.id, "role": "member", "scope": scope})
    assert worker.api().ok("GET", ME)["grants"] == [{"role": "member", "scope": scope}]
    worker.api().refused("POST", PROJECTS, 403, "forbidden", json={"name": "Mine"})
    chief.api().refused("POST", PROJECTS, 403, "forbidden", json={"name": "Mine"})
    assert [project["id"] for project in tenant.api.items(PROJECTS)] == [shop]


def test_a_pipeline_reads_with_its_key_until_its_service_account_is_removed(tenant: Tenant) -> None:
    account = tenant.api.ok(
        "POST", "/api/auth/v1/service-accounts", 201, json={"name": "pipeline", "grants": [{"role": "viewer"}]}
    )
    key = tenant.api.ok("POST", f"/api/auth/v1/service-accounts/{account['id']}/api-keys", 201, json={})["key"]
    login = {"grant_type": "api_key", "api_key": key}
    anonymous = new_person(tenant).anonymous
    token = anonymous.ok("POST", "/api/auth/v1/tokens", json=login)["access_token"]
    pipeline = Api(tenant.api.url, token)
    assert pipeline.ok("GET", PROJECTS)["items"] == []
    pipeline.refused("POST", PROJECTS, 403, "forbidden", json={"name": "Mine"})
    assert introspected(tenant, token)["active"] is True
    tenant.api.ok("DELETE", f"/api/auth/v1/service-accounts/{account['id']}", 204)
    anonymous.refused("POST", "/api/auth/v1/tokens", 401, "invalid_api_key", json=login)
    assert introspected(tenant, token) == {"active": False}


def test_who_leaves_loses_every_way_in(tenant: Tenant) -> None:
    person = new_person(tenant, "member")
    tokens = person.log_in()
    assert introspected(tenant, tokens["access_token"])["sub"] == person.id
    tenant.api.ok("DELETE", f"/api/auth/v1/users/{person.id}", 204)
    assert introspected(tenant, tokens["access_token"]) == {"active": False}
    assert person.refresh(tokens["refresh_token"]).status_code == 401
    assert person.try_log_in().status_code == 401


def test_tokens_of_the_old_and_the_new_signing_key_are_both_good_after_a_rotation(
    tenant: Tenant, operator: Api
) -> None:
    person = new_person(tenant, "member")
    old = person.log_in()["access_token"]
    published = operator.ok("POST", "/api/auth/v1/signing-keys/rotate", 201)["keys"]
    new = person.log_in()["access_token"]
    assert len(published) >= 2

    def good(token: str) -> bool:
        return Api(tenant.api.url, token).get(ME).status_code == 200

    for token in (old, new):
        assert introspected(tenant, token)["sub"] == person.id
        eventually(partial(good, token))
