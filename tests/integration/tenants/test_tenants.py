"""Tenants: created whole or not at all, one name however it is typed."""

import secrets

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.identities import Tenant

TENANTS = "/api/tenants/v1/tenants"


def limits(api: Api) -> dict[str, int]:
    return {quota["resource"]: quota["limit"] for quota in api.ok("GET", "/api/tenants/v1/quotas")["items"]}


@pytest.fixture
def name() -> str:
    return f"Größe {secrets.token_hex(6)}"


def test_a_new_tenant_is_active_with_the_limits_of_its_plan_and_its_own_exceptions(operator: Api, name: str) -> None:
    body = {"name": name, "plan": "free", "quotas": {"buckets": 0, "vcpus": 7}}
    created = operator.ok("POST", TENANTS, 201, json=body)
    assert {field: created[field] for field in ("name", "slug", "plan", "state", "version")} == {
        "name": name,
        "slug": name.casefold().replace(" ", "-"),
        "plan": "free",
        "state": "active",
        "version": 1,
    }
    found = limits(operator.with_headers(X_Tenant_Id=created["id"]))
    assert (found["buckets"], found["vcpus"], found["instances"], found["memory_mib"]) == (0, 7, 2, 8192)


@pytest.mark.parametrize(
    ("quotas", "code"), [({"vcpus": 4, "unicorns": 1}, "unknown_resource"), ({"vcpus": -1}, "invalid_amount")]
)
def test_a_tenant_with_a_bad_quota_is_not_created(operator: Api, name: str, quotas: dict[str, int], code: str) -> None:
    operator.refused("POST", TENANTS, 422, code, json={"name": name, "quotas": quotas})
    assert operator.ok("POST", TENANTS, 201, json={"name": name, "quotas": {}})["version"] == 1


@pytest.mark.parametrize("twin", ["upper", "full-width", "decomposed"])
def test_a_name_is_taken_in_every_spelling(operator: Api, name: str, twin: str) -> None:
    operator.ok("POST", TENANTS, 201, json={"name": name})
    spelling = {
        "upper": name.upper(),
        "full-width": "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in name),
        "decomposed": name.replace("ö", "o\u0308"),
    }[twin]
    assert spelling != name
    operator.refused("POST", TENANTS, 409, "name_taken", json={"name": spelling})


def test_a_smaller_plan_that_does_not_fit_changes_nothing(tenant: Tenant) -> None:
    claim = {"resource": "volumes", "amount": 5, "reservation_id": "v-1"}
    tenant.operator.ok("POST", "/api/tenants/v1/quota/reservations", 201, json=claim)
    before = limits(tenant.api)
    tenant.operator.refused("PATCH", f"{TENANTS}/{tenant.id}", 409, "limit_below_usage", json={"plan": "free"})
    assert limits(tenant.api) == before
    assert tenant.api.ok("GET", f"{TENANTS}/{tenant.id}")["plan"] == "team"


def test_a_bigger_plan_gives_its_limits_at_once(tenant: Tenant) -> None:
    changed = tenant.operator.ok("PATCH", f"{TENANTS}/{tenant.id}", json={"plan": "business"})
    assert (changed["plan"], changed["version"]) == ("business", 2)
    assert limits(tenant.api)["vcpus"] == 800


def test_of_two_who_changed_the_same_version_the_second_is_refused(tenant: Tenant) -> None:
    path, own = f"{TENANTS}/{tenant.id}", tenant.name
    tag = tenant.api.get(path).headers["ETag"]
    assert tag == '"1"'
    assert tenant.api.patch(path, json={"name": f"{own} a"}, headers={"If-Match": tag}).headers["ETag"] == '"2"'
    tenant.api.refused("PATCH", path, 412, "version_conflict", json={"name": f"{own} b"}, headers={"If-Match": tag})
    assert tenant.api.ok("GET", path)["name"] == f"{own} a"


def test_a_change_is_dated(tenant: Tenant) -> None:
    before = tenant.api.ok("GET", f"{TENANTS}/{tenant.id}")
    after = tenant.api.ok("PATCH", f"{TENANTS}/{tenant.id}", json={"name": f"{tenant.name} again"})
    assert after["created_at"] == before["created_at"]
    assert after["updated_at"] > before["updated_at"]


def test_a_repeated_creation_under_one_key_makes_one_tenant(operator: Api, name: str) -> None:
    key = {"Idempotency-Key": secrets.token_hex(8)}
    first = operator.post(TENANTS, json={"name": name}, headers=key)
    again = operator.post(TENANTS, json={"name": name}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    operator.refused("POST", TENANTS, 422, "idempotency_key_reused", json={"name": f"{name} b"}, headers=key)


def test_every_step_of_a_life_is_told_in_order(tenant: Tenant, bus: Bus) -> None:
    for action in ("suspend", "resume", "close"):
        tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/{action}")
    tenant.operator.refused("POST", f"{TENANTS}/{tenant.id}/resume", 409, "illegal_transition")
    told = bus.of_subject("tenants.events", tenant.id, count=4)
    assert [(event["type"].rpartition(".")[2], event["sequence"], event["data"]["state"]) for event in told] == [
        ("created", 1, "active"),
        ("suspended", 2, "suspended"),
        ("resumed", 3, "active"),
        ("closed", 4, "closed"),
    ]
    assert {event["tenantid"] for event in told} == {tenant.id}


def test_a_name_that_looks_like_another_tenants_is_taken(operator: Api) -> None:
    number = secrets.token_hex(6)
    operator.ok("POST", TENANTS, 201, json={"name": f"Acme {number}"})
    for twin in ("\u0410\u0441me", "\u0391c\u200dme", "A\u0441m\u0435", "\U0001d6a8cme"):
        operator.refused("POST", TENANTS, 409, "name_taken", json={"name": f"{twin} {number}"})
    other = operator.ok("POST", TENANTS, 201, json={"name": f"Other {number}"})["id"]
    operator.refused("PATCH", f"{TENANTS}/{other}", 409, "name_taken", json={"name": f"\u0410cme {number}"})
    assert operator.ok("GET", f"{TENANTS}/{other}")["name"] == f"Other {number}"


@pytest.mark.parametrize("name", ["\u3164", "\u200b\u2060", "\u202eemca", "\u2800"])
def test_a_name_that_nobody_can_read_makes_no_tenant(operator: Api, name: str) -> None:
    operator.refused("POST", TENANTS, 422, "invalid_name", json={"name": name})


def test_a_life_goes_on_only_from_the_state_that_was_seen(tenant: Tenant) -> None:
    path = f"{TENANTS}/{tenant.id}"
    for action in ("suspend", "close"):
        tenant.operator.refused("POST", f"{path}/{action}", 412, "version_conflict", headers={"If-Match": '"7"'})
    assert tenant.operator.ok("GET", path)["state"] == "active"
    suspended = tenant.operator.ok("POST", f"{path}/suspend", headers={"If-Match": '"1"'})
    assert (suspended["state"], suspended["version"]) == ("suspended", 2)
