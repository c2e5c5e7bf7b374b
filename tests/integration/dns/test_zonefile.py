"""Zone files in and out."""

from __future__ import annotations

from tests.support.identities import Tenant
from tests.support.zones import ZONES, add_record, listed, make_zone

BROKEN_FILE = "www IN A 192.0.2.1\nwww IN CNAME elsewhere\n"
GOOD_FILE = """\
$TTL 120
@    IN MX  10 mail
mail IN A   192.0.2.25
WWW  IN A   192.0.2.1
     IN TXT "a; b"
"""


def test_a_zone_file_replaces_all_records_and_comes_back(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "old", "A", "192.0.2.9")
    tenant.api.ok("PUT", f"{ZONES}/{zone['id']}/zonefile", json={"zonefile": GOOD_FILE})
    assert listed(tenant.api, zone) == [
        ("example.com.", "MX"),
        ("example.com.", "NS"),
        ("mail.example.com.", "A"),
        ("www.example.com.", "A"),
        ("www.example.com.", "TXT"),
    ]
    lines = tenant.api.get(f"{ZONES}/{zone['id']}/zonefile").text.splitlines()
    assert lines[0] == "$ORIGIN example.com."
    assert f" {zone['serial'] + 2} 7200 900 1209600 300" in lines[2]
    assert lines[-2:] == ["www\t120\tIN\tA\t192.0.2.1", 'www\t120\tIN\tTXT\t"a; b"']


def test_a_broken_zone_file_changes_nothing(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "old", "A", "192.0.2.9")
    before = tenant.api.ok("GET", f"{ZONES}/{zone['id']}")
    path = f"{ZONES}/{zone['id']}/zonefile"
    tenant.api.refused("PUT", path, 409, "cname_conflict", json={"zonefile": BROKEN_FILE})
    tenant.api.refused("PUT", path, 422, "invalid_zone_file", json={"zonefile": "www IN A 1.2.3\n"})
    assert listed(tenant.api, zone) == [("example.com.", "NS"), ("old.example.com.", "A")]
    assert tenant.api.ok("GET", f"{ZONES}/{zone['id']}") == before
