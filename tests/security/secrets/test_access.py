"""Values are seen by who may read them, and nowhere else."""

import json
import secrets
from typing import Any

import pytest

from tests.support.api import Api
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
