"""Who may see and do what in dns."""

from __future__ import annotations

from tests.support.api import Api
from tests.support.identities import Tenant
from tests.support.zones import ZONES, add_record, listed, make_zone, record, records_of, resolve


def test_another_tenants_zone_does_not_exist(tenant: Tenant, other_tenant: Tenant) -> None:
    zone = make_zone(other_tenant.api)
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/records"), ("GET", "/zonefile")):
        tenant.api.refused(method, f"{ZONES}/{zone['id']}{path}", 404, "not_found")
    tenant.api.refused("POST", records_of(zone), 404, "not_found", json=record("www", "A", "192.0.2.66"))
    assert list(tenant.api.items(ZONES)) == []
    assert listed(other_tenant.api, zone) == [("example.com.", "NS")]


def test_names_are_resolved_in_ones_own_zones_only(tenant: Tenant, other_tenant: Tenant) -> None:
    add_record(other_tenant.api, make_zone(other_tenant.api), "www", "A", "192.0.2.1")
    answer = resolve(tenant.api, "www.example.com")
    assert (answer["status"], answer["answers"]) == ("REFUSED", [])


def test_a_header_that_names_another_tenant_creates_nothing_there(tenant: Tenant, other_tenant: Tenant) -> None:
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    intruder.refused("POST", ZONES, 403, "forbidden", json={"name": "example.com"})
    assert list(other_tenant.api.items(ZONES)) == list(tenant.api.items(ZONES)) == []


def test_who_may_only_look_changes_nothing(tenant: Tenant, viewer: Api) -> None:
    zone = make_zone(tenant.api)
    viewer.refused("POST", records_of(zone), 403, "forbidden", json=record("www", "A", "192.0.2.1"))
    viewer.refused("DELETE", f"{ZONES}/{zone['id']}", 403, "forbidden")
    assert listed(viewer, zone) == [("example.com.", "NS")]


def test_a_zone_file_opens_no_file_and_multiplies_nothing(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    path = f"{ZONES}/{zone['id']}/zonefile"
    for text in ("$INCLUDE /etc/passwd\n", "$GENERATE 1-4000000 h$ A 192.0.2.1\n"):
        problem = tenant.api.refused("PUT", path, 422, "invalid_zone_file", json={"zonefile": text})
        assert "root:" not in str(problem)
    assert listed(tenant.api, zone) == [("example.com.", "NS")]


def test_a_routing_comment_is_no_other_way_in_for_what_a_request_may_not_hold(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    path = f"{ZONES}/{zone['id']}/zonefile"
    answer = '{"value":"192.0.2.1","weight":%s,"role":"primary","latency_ms":{"%s":%s}}'
    deep = "[" * 100_000 + "]" * 100_000
    for weight, region, latency in (
        (deep, "eu", 1), ("1e999", "eu", 1), ("1.9", "eu", 1), (1, "\\u0000", 1), (1, "\\ud800", 1), (1, "eu", -1),
        (1, "eu", 2**31), (1, "eu", 2**53 + 1),
    ):  # fmt: skip
        comment = f';routing www A {{"policy":"latency","answers":[{answer % (weight, region, latency)}]}}'
        body = {"zonefile": f"www IN A 192.0.2.1\n{comment}\n"}
        problem = tenant.api.refused("PUT", path, 422, "invalid_zone_file", json=body)
        assert problem["detail"].startswith("line:2: a routing comment can't be read")
    assert listed(tenant.api, zone) == [("example.com.", "NS")]


def test_a_value_cannot_smuggle_a_line_into_the_zone_file(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    body = record("www", "TXT", "a\nevil IN A 192.0.2.66")
    tenant.api.refused("POST", records_of(zone), 422, "invalid_record", json=body)
    assert "evil" not in tenant.api.get(f"{ZONES}/{zone['id']}/zonefile").text


def test_nobody_gets_nothing(anonymous: Api) -> None:
    anonymous.refused("GET", ZONES, 401, "unauthenticated")
