"""Zones: their SOA, their versions, their ends."""

from __future__ import annotations

from typing import Any

from tests.support.identities import Tenant
from tests.support.zones import ZONES, add_record, listed, make_zone, record, records_of

BROKEN_FILE = "www IN A 192.0.2.1\nwww IN CNAME elsewhere\n"
GOOD_FILE = """\
$TTL 120
@    IN MX  10 mail
mail IN A   192.0.2.25
WWW  IN A   192.0.2.1
     IN TXT "a; b"
"""


def test_a_new_zone_has_one_name_a_serial_and_name_servers(tenant: Tenant) -> None:
    zone = make_zone(tenant.api, "Example.COM")
    assert (zone["name"], zone["version"], len(str(zone["serial"]))) == ("example.com.", 1, 10)
    assert listed(tenant.api, zone) == [("example.com.", "NS")]


def test_one_name_is_one_zone_in_any_spelling(tenant: Tenant) -> None:
    make_zone(tenant.api, "example.com")
    tenant.api.refused("POST", ZONES, 409, "zone_exists", json={"name": "EXAMPLE.com."})
    assert [zone["name"] for zone in tenant.api.items(ZONES)] == ["example.com."]


def test_every_change_moves_the_serial(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    made = add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    path = f"{records_of(zone)}/{made['id']}"
    tenant.api.ok("PUT", path, json={"values": ["192.0.2.2"]})
    tenant.api.ok("DELETE", path, 204)
    after = tenant.api.ok("GET", f"{ZONES}/{zone['id']}")
    assert after["serial"] == zone["serial"] + 3


def test_a_zone_goes_when_only_its_name_servers_are_left(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    made = add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    tenant.api.refused("DELETE", f"{ZONES}/{zone['id']}", 409, "zone_not_empty")
    tenant.api.ok("DELETE", f"{records_of(zone)}/{made['id']}", 204)
    tenant.api.ok("DELETE", f"{ZONES}/{zone['id']}", 204)
    assert list(tenant.api.items(ZONES)) == []


def test_the_name_servers_of_the_apex_stay(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    [servers] = tenant.api.items(records_of(zone))
    tenant.api.refused("DELETE", f"{records_of(zone)}/{servers['id']}", 409, "apex_name_servers")
    assert listed(tenant.api, zone) == [("example.com.", "NS")]


def test_a_stale_version_changes_nothing(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    path = f"{ZONES}/{zone['id']}"
    stale: dict[str, Any] = {"headers": {"If-Match": '"1"'}}
    assert tenant.api.ok("PATCH", path, json={"minimum": 60}, **stale)["version"] == 2
    tenant.api.refused("PATCH", path, 412, "version_conflict", json={"minimum": 999}, **stale)
    assert tenant.api.ok("GET", path)["minimum"] == 60


def test_the_list_counts_the_record_sets(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    tenant.api.ok("POST", records_of(zone), 201, json=record("www", "A", "192.0.2.1"))
    make_zone(tenant.api, "example.net")
    assert [(item["name"], item["record_sets"]) for item in tenant.api.items(ZONES)] == [
        ("example.com.", 2),
        ("example.net.", 1),
    ]
