"""What dns says over the wire."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.bus import Bus
from tests.support.identities import Tenant
from tests.support.metering import usage_of
from tests.support.zones import ZONES, add_record, make_zone, record, records_of


def test_events_of_a_record_set_carry_what_it_answers(tenant: Tenant, bus: Bus) -> None:
    zone = make_zone(tenant.api)
    made = add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    tenant.api.ok("DELETE", f"{records_of(zone)}/{made['id']}", 204)
    first, last = bus.of_subject("dns.events", made["id"], count=2)
    assert (first["type"], first["sequence"], first["tenantid"]) == ("dns.record_set.created", 1, tenant.id)
    assert (first["data"]["name"], first["data"]["answers"][0]["value"]) == ("www.example.com.", "192.0.2.1")
    assert (last["type"], last["sequence"]) == ("dns.record_set.deleted", 2)


def test_an_import_tells_of_every_record_set_in_events_that_the_bus_takes(tenant: Tenant, bus: Bus) -> None:
    zone = make_zone(tenant.api)
    count = 3_000
    hosts = "\n".join(f"host-{n} IN A 10.0.{n >> 8}.{n & 255}" for n in range(count))
    tenant.api.ok("PUT", f"{ZONES}/{zone['id']}/zonefile", json={"zonefile": hosts})
    _, *told = bus.of_subject("dns.events", zone["id"], count=3)
    assert [(each["type"], each["data"]["part"], each["data"]["parts"]) for each in told] == [
        ("dns.zone.imported", part, 2) for part in (1, 2)
    ]
    assert {(each["sequence"], each["data"]["record_sets"]) for each in told} == {(zone["version"] + 1, count + 1)}
    sets = [each for event in told for each in event["data"]["contents"]["record_set"]]
    listed = tenant.api.items(records_of(zone), limit=200)
    assert {each["id"]: (each["name"], each["type"], each["ttl"]) for each in sets} == {
        each["id"]: (each["name"], each["type"], each["ttl"]) for each in listed
    }
    assert {(each["zone_id"], each["zone_version"]) for each in sets} == {(zone["id"], zone["version"] + 1)}


@pytest.mark.usefixtures("same_day")
def test_the_end_of_a_zone_is_metered_as_a_half_open_period(tenant: Tenant, bus: Bus) -> None:
    zone = make_zone(tenant.api)
    tenant.api.ok("DELETE", f"{ZONES}/{zone['id']}", 204)
    told = bus.of_subject("dns.events", zone["id"], count=2)
    assert [event["type"] for event in told] == ["dns.zone.created", "dns.zone.deleted"]
    [event] = usage_of(bus, "dns", zone)
    usage = event["data"]
    assert (usage["meter"], usage["resource_id"], usage["source"]) == ("dns.zone_seconds", zone["id"], "dns")
    assert (event["subject"], event["sequence"]) == (f"{zone['id']}/{usage['meter']}/{usage['started_at']}", 1)
    assert Decimal(0) < Decimal(usage["quantity"]) < Decimal(60)


def test_a_zone_file_is_text_dns(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    answer = tenant.api.get(f"{ZONES}/{zone['id']}/zonefile")
    assert answer.headers["content-type"] == "text/dns; charset=utf-8"
    assert answer.text.endswith("\n")


def test_a_repeated_request_makes_one_zone(tenant: Tenant) -> None:
    key = {"headers": {"Idempotency-Key": "zone-1"}}
    first = tenant.api.ok("POST", ZONES, 201, json={"name": "example.com"}, **key)
    assert tenant.api.ok("POST", ZONES, 201, json={"name": "example.com"}, **key) == first
    tenant.api.refused("POST", ZONES, 422, "idempotency_key_reused", json={"name": "example.net"}, **key)
    assert [zone["id"] for zone in tenant.api.items(ZONES)] == [first["id"]]


def test_a_cursor_leads_on_behind_the_last_record_set_and_not_behind_its_name(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    for kind, value in (("A", "192.0.2.1"), ("AAAA", "2001:db8::1"), ("TXT", "text")):
        add_record(tenant.api, zone, "a", kind, value)
    found: list[tuple[str, str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = tenant.api.ok("GET", records_of(zone), params={"limit": 1, **cursor})
        found += [(item["name"], item["type"]) for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == [*(("a.example.com.", kind) for kind in ("A", "AAAA", "TXT")), ("example.com.", "NS")]


def test_the_openapi_document_names_the_end_points(tenant: Tenant) -> None:
    document = tenant.api.ok("GET", "/api/dns/openapi.json")
    assert {"/v1/zones", "/v1/zones/{id}/records", "/v1/zones/{id}/zonefile", "/v1/resolve"} <= set(document["paths"])


def test_no_change_and_no_end_of_anything_ignores_a_stale_tag(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    made = add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    path, one = f"{ZONES}/{zone['id']}", f"{records_of(zone)}/{made['id']}"
    before = tenant.api.ok("GET", path)
    for method, where, body in (
        ("PATCH", path, {"minimum": 60}),
        ("PUT", f"{path}/zonefile", {"zonefile": "www A 192.0.2.9"}),
        ("POST", records_of(zone), record("new", "A", "192.0.2.1")),
        ("PUT", one, {"values": ["192.0.2.9"]}),
        ("POST", f"{one}/health", {"value": "192.0.2.1", "healthy": False}),
        ("DELETE", one, None),
        ("DELETE", path, None),
    ):
        tenant.api.refused(method, where, 412, "version_conflict", json=body, headers={"If-Match": '"99"'})

    assert tenant.api.ok("GET", path) == before
    assert tenant.api.ok("GET", one) == made
    tenant.api.ok("DELETE", one, 204, headers={"If-Match": '"1"'})
    version = tenant.api.ok("GET", path)["version"]
    tenant.api.ok("DELETE", path, 204, headers={"If-Match": f'"{version}"'})


def test_values_of_another_type_are_refused_and_not_made_to_fit(tenant: Tenant) -> None:
    zone = tenant.api.ok("POST", ZONES, 201, json={"name": "example.com"})
    records = f"{ZONES}/{zone['id']}/records"
    good = {"name": "www", "type": "A", "values": ["192.0.2.1"]}
    answers = [{"value": "192.0.2.1", "weight": "1"}]
    for fields, field in (
        ({"name": 5}, "name"),
        ({"ttl": "300"}, "ttl"),
        ({"ttl": True}, "ttl"),
        ({"values": ["192.0.2.1", 5]}, "values.1"),
        ({"values": [], "answers": answers}, "answers.0.weight"),
    ):
        problem = tenant.api.refused("POST", records, 422, "validation_failed", json={**good, **fields})
        assert [error["field"] for error in problem["errors"]] == [field]
    assert [each["type"] for each in tenant.api.items(records)] == ["NS"]
