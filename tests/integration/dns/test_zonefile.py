"""Zone files in and out."""

from __future__ import annotations

from tests.support.identities import Tenant
from tests.support.zones import ZONES, add_record, listed, make_zone, records_of

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


def test_the_files_soa_is_taken_over_and_the_serial_goes_forward(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    path = f"{ZONES}/{zone['id']}/zonefile"
    ahead = zone["serial"] + 500_000_000
    soa = "@ 900 IN SOA ns1.other.net. Admin.example.com. {} 7100 800 1200000 60\n"
    after = tenant.api.ok("PUT", path, json={"zonefile": soa.format(ahead)})
    assert after["serial"] == ahead + 1
    times = {name: after[name] for name in ("primary", "mailbox", "refresh", "retry", "expire", "minimum", "soa_ttl")}
    assert times == {
        "primary": "ns1.other.net.",
        "mailbox": "admin.example.com.",
        "refresh": 7100,
        "retry": 800,
        "expire": 1200000,
        "minimum": 60,
        "soa_ttl": 900,
    }
    behind = tenant.api.ok("PUT", path, json={"zonefile": soa.format(ahead - 7)})
    assert behind["serial"] == after["serial"] + 1


def test_a_file_of_another_zone_changes_nothing(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "old", "A", "192.0.2.9")
    path = f"{ZONES}/{zone['id']}/zonefile"
    for text in ("$ORIGIN other.net.\nwww IN A 192.0.2.1\n", "www IN A 192.0.2.1\nwww.other.net. IN A 192.0.2.1\n"):
        tenant.api.refused("PUT", path, 422, "name_outside_zone", json={"zonefile": text})
    assert listed(tenant.api, zone) == [("example.com.", "NS"), ("old.example.com.", "A")]


def test_a_name_server_in_the_file_needs_its_address_there(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    path = f"{ZONES}/{zone['id']}/zonefile"
    code = "name_server_without_address"
    for text in ("@ IN NS ns1\n", "@ IN NS ns1\nns1 IN CNAME www\nwww IN A 192.0.2.1\n", "lab IN NS ns.lab\n"):
        tenant.api.refused("PUT", path, 409, code, json={"zonefile": text})
    tenant.api.ok("PUT", path, json={"zonefile": "@ IN NS ns1\nns1 IN A 192.0.2.53\n"})


def test_routing_and_health_survive_the_way_out_and_in_again(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    answers = [{"value": "a", "role": "primary"}, {"value": "b", "role": "secondary"}]
    body = {"name": "www", "type": "CNAME", "policy": "failover", "answers": answers}
    made = tenant.api.ok("POST", records_of(zone), 201, json=body)
    health = {"value": "a.example.com.", "healthy": False}
    tenant.api.ok("POST", f"{records_of(zone)}/{made['id']}/health", json=health)
    path = f"{ZONES}/{zone['id']}/zonefile"
    text = tenant.api.get(path).text
    assert "www\t300\tIN\tCNAME\ta.example.com." in text
    assert "www\t300\tIN\tCNAME\tb.example.com." not in text
    tenant.api.ok("PUT", path, json={"zonefile": text})
    [after] = [item for item in tenant.api.ok("GET", records_of(zone))["items"] if item["type"] == "CNAME"]
    assert [(each["value"], each["role"], each["healthy"]) for each in after["answers"]] == [
        ("a.example.com.", "primary", False),
        ("b.example.com.", "secondary", True),
    ]
    assert tenant.api.get(path).text.splitlines()[3:] == text.splitlines()[3:]


def test_a_ttl_that_is_left_out_is_the_last_that_was_written(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    soa = "@ 3600 IN SOA ns1.other.net. admin.example.com. 1 7200 900 1209600 900\n"
    for default, ttl in (("", 300), ("$TTL 50\n", 50)):
        text = f"{soa}{default}a 300 IN A 192.0.2.1\nb IN A 192.0.2.2\n"
        tenant.api.ok("PUT", f"{ZONES}/{zone['id']}/zonefile", json={"zonefile": text})
        ttls = {item["name"]: item["ttl"] for item in tenant.api.items(records_of(zone)) if item["type"] == "A"}
        assert ttls == {"a.example.com.": 300, "b.example.com.": ttl}
