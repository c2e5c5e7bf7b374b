"""Values are seen by who may read them, and nowhere else."""

import json
import secrets
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.asking import crowd
from tests.support.bus import Bus
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

SECRETS = "/api/secrets/v1/secrets"
POLICIES = "/api/secrets/v1/path-policies"


@pytest.fixture
def value() -> str:
    return f"v4lue-{secrets.token_hex(12)}"


def test_another_tenants_secret_does_not_exist(tenant: Tenant, other_tenant: Tenant, value: str) -> None:
    other_tenant.api.ok("PUT", f"{SECRETS}/app/db", json={"data": {"password": value}})
    tenant.api.refused("GET", f"{SECRETS}/app/db", 404)
    tenant.api.refused("DELETE", f"{SECRETS}/app/db", 404)
    assert list(tenant.api.items(SECRETS)) == []
    assert other_tenant.api.ok("GET", f"{SECRETS}/app/db")["data"] == {"password": value}


def test_a_value_is_in_no_log_line(tenant: Tenant, fleet: FleetControl, value: str) -> None:
    tenant.api.ok("PUT", f"{SECRETS}/app/db", json={"data": {"password": value}})
    tenant.api.ok("GET", f"{SECRETS}/app/db")
    tenant.api.put(f"{SECRETS}/app/db", json={"data": {"password": value}, "cas": 7})
    log = "\n".join(fleet.logs("secrets", 300))
    assert "secret written" in log
    assert value not in log


def test_a_value_is_in_no_event(tenant: Tenant, bus: Bus, value: str) -> None:
    body = {"data": {"password": value}}
    secret = tenant.api.ok("PUT", f"{SECRETS}/app/db", json=body)
    tenant.api.ok("POST", f"{SECRETS}/app/db/rotate", json={"field": "password"})
    fresh = tenant.api.ok("GET", f"{SECRETS}/app/db")["data"]["password"]
    told = json.dumps(bus.of_subject("secrets.events", secret["id"], count=2))
    assert (value in told, fresh in told) == (False, False)


@pytest.mark.parametrize(
    ("body", "status"),
    [({"data": "VALUE"}, 422), ({"data": {"a": "VALUE"}, "cas": 3}, 412), ({"data": {"a": "VALUE" * 3000}}, 422)],
)
def test_a_value_is_in_no_refusal(tenant: Tenant, value: str, body: dict[str, Any], status: int) -> None:
    sent = json.loads(json.dumps(body).replace("VALUE", value))
    answer = tenant.api.put(f"{SECRETS}/app/db", json=sent)
    assert answer.status_code == status
    assert value not in answer.text
    assert list(tenant.api.items(SECRETS)) == []


def test_a_value_is_in_no_refusal_of_a_rotation(tenant: Tenant, value: str) -> None:
    data = {"password": value, "nested": {"inner": [f"{value}-2"]}}
    tenant.api.ok("PUT", f"{SECRETS}/app/db", json={"data": data})
    for body, status in (({"field": "pasword"}, 422), ({"field": "nested", "overlap_seconds": -1}, 422)):
        answer = tenant.api.post(f"{SECRETS}/app/db/rotate", json=body)
        assert answer.status_code == status
        assert value not in answer.text
    assert tenant.api.ok("GET", f"{SECRETS}/app/db")["version"] == 1


def test_who_may_only_look_sees_no_secret(tenant: Tenant, viewer: Api, value: str) -> None:
    tenant.api.ok("PUT", f"{SECRETS}/app/db", json={"data": {"password": value}})
    viewer.refused("GET", f"{SECRETS}/app/db", 403, "forbidden")
    viewer.refused("GET", SECRETS, 403, "forbidden")


def test_a_path_policy_keeps_everybody_out_whom_it_does_not_name(tenant: Tenant, member: Api, value: str) -> None:
    tenant.api.ok("PUT", f"{SECRETS}/prod/db", json={"data": {"password": value}})
    me = member.ok("GET", "/api/auth/v1/me")["subject"]
    rules = [("prod/*", "nobody", ["read", "write"]), ("prod/+/open", me, ["read"])]
    for pattern, subject, capabilities in rules:
        body = {"pattern": pattern, "subjects": [subject], "capabilities": capabilities}
        tenant.api.ok("POST", POLICIES, 201, json=body)
    member.refused("GET", f"{SECRETS}/prod/db", 403, "path_forbidden")
    member.refused("PUT", f"{SECRETS}/prod/db", 403, "path_forbidden", json={"data": {"password": "x"}})
    tenant.api.ok("PUT", f"{SECRETS}/prod/db/open", json={"data": {"a": "1"}})
    assert member.ok("GET", f"{SECRETS}/prod/db/open")["data"] == {"a": "1"}
    assert tenant.api.ok("GET", f"{SECRETS}/prod/db")["data"] == {"password": value}


def test_members_set_no_path_policies(tenant: Tenant, member: Api) -> None:
    body = {"pattern": "*", "subjects": ["me"], "capabilities": ["read"]}
    member.refused("POST", POLICIES, 403, "forbidden", json=body)
    assert list(tenant.api.items(POLICIES)) == []


def test_logins_of_the_platforms_database_are_not_for_tenants(tenant: Tenant) -> None:
    token = tenant.api.ok("POST", "/api/secrets/v1/lease-tokens", 201, json={"name": "t"})
    body = {"token_id": token["id"], "engine": "database"}
    tenant.api.refused("POST", "/api/secrets/v1/leases", 403, "forbidden", json=body)
    assert list(tenant.api.items("/api/secrets/v1/leases")) == []


def test_a_path_that_a_policy_hides_is_in_no_list(tenant: Tenant, member: Api) -> None:
    """Pages are as long as ever, and their cursors lead over what is hidden."""
    for number in range(12):
        place = "prod" if number % 3 else "open"
        tenant.api.ok("PUT", f"{SECRETS}/{place}/s{number}", json={"data": {"a": "1"}})
    body = {"pattern": "prod/*", "subjects": ["nobody"], "capabilities": ["list"]}
    tenant.api.ok("POST", POLICIES, 201, json=body)
    shown = [f"open/s{number}" for number in (0, 3, 6, 9)]
    for limit in (1, 2, 4, 100):
        assert [item["path"] for item in member.items(SECRETS, limit=limit)] == shown
    assert list(member.items(SECRETS, prefix="prod/")) == []
    assert len(list(tenant.api.items(SECRETS))) == 12
    member.refused("GET", f"{SECRETS}/prod/s1/versions", 403, "path_forbidden")


def test_the_credentials_of_a_lease_are_for_who_asked_for_it(tenant: Tenant, member: Api) -> None:
    leases = "/api/secrets/v1/leases"
    token = member.ok("POST", "/api/secrets/v1/lease-tokens", 201, json={"name": "t"})
    lease = member.ok("POST", leases, 201, json={"token_id": token["id"]})
    path = f"{leases}/{lease['id']}/credentials"
    found = member.ok("GET", path)
    tenant.user("member").refused("GET", path, 403, "lease_forbidden")
    assert tenant.api.ok("GET", path) == tenant.operator.ok("GET", path) == found


def test_a_policy_is_not_deleted_upon_another_version(tenant: Tenant) -> None:
    body = {"pattern": "prod/*", "subjects": ["nobody"], "capabilities": ["read"]}
    policy = tenant.api.ok("POST", POLICIES, 201, json=body)
    path = f"{POLICIES}/{policy['id']}"
    tenant.api.refused("DELETE", path, 412, "version_conflict", headers={"If-Match": '"2"'})
    assert [item["id"] for item in tenant.api.items(POLICIES)] == [policy["id"]]
    tenant.api.ok("DELETE", path, 204, headers={"If-Match": '"1"'})
    assert list(tenant.api.items(POLICIES)) == []


def test_a_tenant_has_a_limit_of_path_policies(tenant: Tenant) -> None:
    """All of them are looked at with every read."""
    body = {"pattern": "prod/*", "subjects": ["nobody"], "capabilities": ["read"]}
    assert crowd(tenant.api, "POST", POLICIES, [body] * 210) == {201: 200, 422: 10}
    problem = tenant.api.refused("POST", POLICIES, 422, "policy_limit_reached", json=body)
    assert problem["limit"] == 200
    many = {**body, "subjects": ["nobody"] * 101}
    tenant.api.refused("POST", POLICIES, 422, "validation_failed", json=many)
