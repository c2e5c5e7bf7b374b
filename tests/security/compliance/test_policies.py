"""No kind of resource is out of the policies' reach, neither when it is made nor when it is changed."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.governed import KINDS, Governed, made
from tests.support.identities import Tenant
from tests.support.storing import STORAGE, make_volume

POLICIES = "/api/compliance/v1/policies"
RESULTS = "/api/compliance/v1/results"
CHANGED = [kind for kind in KINDS if kind.change]


def name_of(kind: Governed) -> str:
    return f"{kind.service}.{kind.type}"


def deny(tenant: Tenant, kind: Governed, verb: str, **fields: Any) -> dict[str, Any]:
    body = {
        "name": f"no-{verb}",
        "effect": "deny",
        "actions": [f"{kind.service}.*.{verb}"],
        "resource_types": [kind.type],
        **fields,
    }
    return tenant.api.ok("POST", POLICIES, 201, json=body)


@pytest.mark.services("network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy", "monitor")
@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_what_a_policy_denies_is_not_made(tenant: Tenant, kind: Governed) -> None:
    known = made(tenant.api, *kind.below)
    before = kind.shown(tenant.api, known)
    policy = deny(tenant, kind, "create")
    method, path, body = kind.make(known)

    problem = tenant.api.refused(method, path, 403, "policy_denied", json=body)

    assert [violation["policy_id"] for violation in problem["violations"]] == [policy["id"]]
    assert kind.shown(tenant.api, known) == before
    # And when nobody denies it any more, nothing of the refused request is in the way
    tenant.api.ok("DELETE", f"{POLICIES}/{policy['id']}", 204)
    answer = tenant.api.request(method, path, json=body)
    assert answer.status_code in (200, 201), answer.text
    assert len(kind.shown(tenant.api, known)) == len(before) + (kind.listed is not None)


@pytest.mark.services("network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy", "monitor")
@pytest.mark.parametrize("kind", CHANGED, ids=name_of)
def test_what_a_policy_denies_is_not_become_by_a_change(tenant: Tenant, kind: Governed) -> None:
    assert kind.change
    known = made(tenant.api, *kind.below)
    method, path, body = kind.make(known)
    known[kind.type] = tenant.api.request(method, path, json=body).json()
    before = kind.shown(tenant.api, known)
    policy = deny(tenant, kind, "update")
    method, path, body = kind.change(known)

    problem = tenant.api.refused(method, path, 403, "policy_denied", json=body)

    assert [violation["policy_id"] for violation in problem["violations"]] == [policy["id"]]
    assert kind.shown(tenant.api, known) == before
    tenant.api.ok("DELETE", f"{POLICIES}/{policy['id']}", 204)
    assert tenant.api.request(method, path, json=body).status_code in (200, 201)


def taken(tenant: Tenant) -> dict[str, tuple[int, int]]:
    """What is used and what is reserved of each of the tenant's quotas."""
    quotas = tenant.operator.ok("GET", "/api/tenants/v1/quotas")["items"]
    return {each["resource"]: (each["used"], each["reserved"]) for each in quotas}


@pytest.mark.services("network", "storage", "dns", "loadbalancer", "tenants")
@pytest.mark.parametrize(
    "type", ["vpc", "subnet", "nat_gateway", "bucket", "volume", "snapshot", "zone", "load_balancer"]
)
def test_a_refused_request_takes_nothing_of_the_quota(tenant: Tenant, type: str) -> None:
    kind = next(kind for kind in KINDS if kind.type == type)
    known = made(tenant.api, *kind.below)
    eventually(lambda: not any(reserved for _, reserved in taken(tenant).values()))
    before = taken(tenant)
    deny(tenant, kind, "*")
    method, path, body = kind.make(known)
    tenant.api.refused(method, path, 403, "policy_denied", json=body)
    assert eventually(lambda: taken(tenant) == before)


@pytest.mark.services("storage", "tenants")
def test_a_volume_that_may_not_grow_takes_nothing_of_the_quota(tenant: Tenant) -> None:
    volume = make_volume(tenant.api, 1)
    eventually(lambda: taken(tenant)["storage_gib"] == (1, 0))
    deny(tenant, next(kind for kind in KINDS if kind.type == "volume"), "update")
    path = f"{STORAGE}/volumes/{volume['id']}"
    tenant.api.refused("PATCH", path, 403, "policy_denied", json={"size_gib": 3})
    assert eventually(lambda: taken(tenant)["storage_gib"] == (1, 0))
    assert tenant.api.ok("GET", path)["size_gib"] == 1


@pytest.mark.services("storage")
def test_no_role_is_above_the_policies_not_even_the_operators(tenant: Tenant) -> None:
    kind = next(kind for kind in KINDS if kind.type == "bucket")
    deny(tenant, kind, "create")
    body = {"name": "one-bucket"}
    for api in (tenant.api, tenant.user("member"), tenant.operator):
        api.refused("POST", "/api/storage/v1/buckets", 403, "policy_denied", json=body)
    assert list(tenant.api.items("/api/storage/v1/buckets")) == []


@pytest.mark.services("storage")
def test_who_may_not_make_a_resource_learns_nothing_of_the_policies(tenant: Tenant) -> None:
    kind = next(kind for kind in KINDS if kind.type == "bucket")
    deny(tenant, kind, "create")
    tenant.user("viewer").refused("POST", "/api/storage/v1/buckets", 403, "forbidden", json={"name": "one-bucket"})
    assert list(tenant.api.items(RESULTS)) == []


@pytest.mark.services("storage")
def test_what_ends_a_resource_is_held_up_by_no_policy(tenant: Tenant) -> None:
    kind = next(kind for kind in KINDS if kind.type == "bucket")
    made(tenant.api, "bucket")
    deny(tenant, kind, "*", actions=["*"], resource_types=["*"])
    tenant.api.ok("DELETE", "/api/storage/v1/buckets/one-bucket", 204)
    assert list(tenant.api.items("/api/storage/v1/buckets")) == []


@pytest.mark.services("dns")
def test_a_policy_that_denies_everything_can_be_taken_back(tenant: Tenant) -> None:
    kind = next(kind for kind in KINDS if kind.type == "zone")
    policy = deny(tenant, kind, "*", actions=["*"], resource_types=["*"])
    path = f"{POLICIES}/{policy['id']}"
    assert tenant.api.ok("PATCH", path, json={"enforcement": "dryrun"})["version"] == 2
    assert tenant.api.ok("POST", "/api/dns/v1/zones", 201, json={"name": "one.example"})["name"] == "one.example."
    tenant.api.ok("DELETE", path, 204)


@pytest.mark.services("storage", "dns")
def test_a_warning_is_told_with_the_answer_and_a_dry_run_is_not(tenant: Tenant) -> None:
    zone = next(kind for kind in KINDS if kind.type == "zone")
    bucket = next(kind for kind in KINDS if kind.type == "bucket")
    deny(tenant, zone, "create", enforcement="warn", name="careful")
    deny(tenant, bucket, "create", enforcement="dryrun", name="quiet")
    warned = tenant.api.post("/api/dns/v1/zones", json={"name": "one.example"})
    assert warned.status_code == 201
    assert warned.headers["warning"] == '299 - "policy careful: the policy\'s conditions hold"'
    quiet = tenant.api.post("/api/storage/v1/buckets", json={"name": "one-bucket"})
    assert quiet.status_code == 201
    assert "warning" not in quiet.headers


@pytest.mark.services("storage", "audit")
def test_every_decision_is_pinned_and_has_its_evidence(tenant: Tenant, bus: Bus) -> None:
    kind = next(kind for kind in KINDS if kind.type == "bucket")
    policy = deny(
        tenant, kind, "create", conditions=[{"field": "versioning", "operator": "equals", "value": "enabled"}]
    )
    path = "/api/storage/v1/buckets"
    tenant.api.refused("POST", path, 403, "policy_denied", json={"name": "versioned", "versioning": "enabled"})
    made_one = tenant.api.ok("POST", path, 201, json={"name": "plain"})
    refused, allowed = list(tenant.api.items(RESULTS, resource_type="bucket"))
    assert [(each["action"], each["allowed"]) for each in (refused, allowed)] == [
        ("storage.buckets.create", False),
        ("storage.buckets.create", True),
    ]
    assert (allowed["resource_id"], refused["policy_versions"][policy["id"]]) == (made_one["id"], 1)
    [event] = bus.of_subject("compliance.events", refused["id"])
    assert event["id"] == refused["evidence"]


ZONES = "/api/dns/v1/zones"
FILE = "$TTL 300\nwww IN A 192.0.2.1\nmail 30 IN A 192.0.2.2\nmail IN MX 10 mail\nlow 20 IN TXT low\n"
SHORT = [{"field": "ttl", "operator": "less_than", "value": 60}]


def deny_record_sets(tenant: Tenant, verb: str, **fields: Any) -> dict[str, Any]:
    return deny(tenant, next(kind for kind in KINDS if kind.type == "record_set"), verb, **fields)


def content(tenant: Tenant, zone: dict[str, Any]) -> tuple[Any, list[dict[str, Any]]]:
    """A zone and all that is in it."""
    path = f"{ZONES}/{zone['id']}"
    return tenant.api.ok("GET", path), list(tenant.api.items(f"{path}/records"))


def import_file(tenant: Tenant, zone: dict[str, Any], text: str) -> Any:
    return tenant.api.request("PUT", f"{ZONES}/{zone['id']}/zonefile", json={"zonefile": text})


@pytest.mark.services("dns")
def test_what_a_zone_file_brings_is_under_the_policies_as_if_it_came_alone(tenant: Tenant) -> None:
    zone = made(tenant.api, "zone")["zone"]
    policy = deny_record_sets(tenant, "create", conditions=SHORT)
    before = content(tenant, zone)

    problem = tenant.api.refused("PUT", f"{ZONES}/{zone['id']}/zonefile", 403, "policy_denied", json={"zonefile": FILE})

    told = {(each["policy_id"], each["resource"]) for each in problem["violations"]}
    assert told == {(policy["id"], "low.one.example. TXT"), (policy["id"], "mail.one.example. A")}
    assert content(tenant, zone) == before
    refused = [each for each in tenant.api.items(RESULTS, resource_type="record_set") if not each["allowed"]]
    assert [each["action"] for each in refused] == ["dns.record_sets.create"] * 2
    tenant.api.ok("DELETE", f"{POLICIES}/{policy['id']}", 204)
    assert import_file(tenant, zone, FILE).status_code == 200


@pytest.mark.services("dns")
def test_a_zone_file_changes_no_record_set_that_a_policy_holds_and_brings_the_others_again(tenant: Tenant) -> None:
    # Given a zone with record sets of which policies wouldn't let anybody make one, or change one to such a time
    zone = made(tenant.api, "zone")["zone"]
    assert import_file(tenant, zone, FILE).status_code == 200
    deny_record_sets(tenant, "create")
    policy = deny_record_sets(tenant, "update", conditions=SHORT)
    # When a file has them as they are, and one with another time
    assert import_file(tenant, zone, FILE.replace("www IN", "www 90 IN")).status_code == 200
    before = content(tenant, zone)
    changed = FILE.replace("www IN", "www 50 IN")
    # Then what stays is no change, and what changes is judged, unless it is exempted
    problem = tenant.api.refused(
        "PUT", f"{ZONES}/{zone['id']}/zonefile", 403, "policy_denied", json={"zonefile": changed}
    )
    assert [(each["policy_id"], each["resource"]) for each in problem["violations"]] == [
        (policy["id"], "www.one.example. A")
    ]
    assert content(tenant, zone) == before
    [www] = [each for each in before[1] if each["name"] == "www.one.example."]
    expires = (clock.now() + timedelta(hours=1)).isoformat()
    exemption = {"policy_id": policy["id"], "resource_id": www["id"], "reason": "move", "expires_at": expires}
    tenant.api.ok("POST", "/api/compliance/v1/exemptions", 201, json=exemption)
    assert import_file(tenant, zone, changed).status_code == 200
    assert {each["name"]: each["ttl"] for each in content(tenant, zone)[1]}["www.one.example."] == 50


@pytest.mark.services("dns")
def test_a_warning_about_what_a_zone_file_brings_names_it(tenant: Tenant) -> None:
    zone = made(tenant.api, "zone")["zone"]
    deny_record_sets(tenant, "create", enforcement="warn", name="careful", conditions=SHORT)
    answer = import_file(tenant, zone, FILE)
    assert answer.status_code == 200
    named = [
        f"({name} and 1 more)" in answer.headers["warning"] for name in ("mail.one.example. A", "low.one.example. TXT")
    ]
    assert sorted(named) == [False, True]


@pytest.mark.services("dns")
def test_of_a_file_of_thousands_one_record_set_that_is_denied_keeps_all_out(tenant: Tenant) -> None:
    zone = made(tenant.api, "zone")["zone"]
    deny_record_sets(tenant, "create", conditions=SHORT)
    before = content(tenant, zone)
    hosts = "\n".join(f"host-{n} IN A 10.0.{n >> 8}.{n & 255}" for n in range(2_000))
    problem = tenant.api.refused(
        "PUT",
        f"{ZONES}/{zone['id']}/zonefile",
        403,
        "policy_denied",
        json={"zonefile": f"$TTL 300\n{hosts}\nlast 1 IN A 192.0.2.1\n"},
    )
    assert [each["resource"] for each in problem["violations"]] == ["last.one.example. A"]
    assert content(tenant, zone) == before
