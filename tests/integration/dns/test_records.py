"""Record sets: names, types that exclude each other, pages."""

from __future__ import annotations

from tests.support.identities import Tenant
from tests.support.zones import add_record, listed, make_zone, record, records_of, resolve, values


def test_a_name_gets_its_zone_once_however_it_is_written(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    for written, kind in (("www", "A"), ("WWW.example.com", "TXT"), ("Www.Example.Com.", "CAA")):
        value = {"A": "192.0.2.1", "TXT": "text", "CAA": '0 issue ";"'}[kind]
        assert add_record(tenant.api, zone, written, kind, value)["name"] == "www.example.com."


def test_case_makes_no_second_name(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    again = record("WWW.example.com.", "A", "192.0.2.2")
    tenant.api.refused("POST", records_of(zone), 409, "record_set_exists", json=again)
    assert values(resolve(tenant.api, "wWw.Example.com")) == ["192.0.2.1"]


def test_the_zone_behind_a_name_is_the_zone_in_capitals_too(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    assert add_record(tenant.api, zone, "shop.EXAMPLE.com", "A", "192.0.2.1")["name"] == "shop.example.com."
    assert add_record(tenant.api, zone, "Example.Com", "TXT", "text")["name"] == "example.com."
    assert add_record(tenant.api, zone, "alias", "CNAME", "shop.Example.COM")["values"] == ["shop.example.com."]
    assert values(resolve(tenant.api, "alias.example.com")) == ["shop.example.com.", "192.0.2.1"]


def test_a_target_between_parentheses_is_the_same_name(tenant: Tenant) -> None:
    """RFC 1035 §5.1: parentheses group what is written; RFC 4343: letters of either case are the same name."""
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "app", "A", "192.0.2.1")
    assert add_record(tenant.api, zone, "alias", "CNAME", "( App )")["values"] == ["app.example.com."]
    assert values(resolve(tenant.api, "alias.example.com")) == ["app.example.com.", "192.0.2.1"]
    twice = record("@", "MX", "10 App", "( 10 App.Example.COM. )")
    tenant.api.refused("POST", records_of(zone), 422, "invalid_record", json=twice)
    servers = record("lab", "NS", "( NS1.Example.COM. )")
    tenant.api.refused("POST", records_of(zone), 409, "name_server_without_address", json=servers)


def test_an_alias_is_refused_at_the_apex_and_beside_others(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    add_record(tenant.api, zone, "alias", "CNAME", "www")
    for body in (
        record("@", "CNAME", "www"),
        record("www", "CNAME", "other"),
        record("alias", "A", "192.0.2.2"),
        record("ALIAS", "TXT", "text"),
    ):
        tenant.api.refused("POST", records_of(zone), 409, "cname_conflict", json=body)
    assert listed(tenant.api, zone) == [
        ("alias.example.com.", "CNAME"),
        ("example.com.", "NS"),
        ("www.example.com.", "A"),
    ]


def test_long_text_becomes_strings_of_255_octets(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    [value] = add_record(tenant.api, zone, "@", "TXT", "x" * 300)["values"]
    assert value == f'"{"x" * 255}" "{"x" * 45}"'


def test_data_that_the_type_does_not_allow_is_refused(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    for kind, value in (("A", "192.0.2"), ("AAAA", "192.0.2.1"), ("MX", "mail"), ("CAA", "x")):
        tenant.api.refused("POST", records_of(zone), 422, "invalid_record", json=record("www", kind, value))
    null_and_more = record("www", "MX", "0 .", "10 mail.example.net.")  # RFC 7505 §3
    tenant.api.refused("POST", records_of(zone), 422, "invalid_record", json=null_and_more)
    assert listed(tenant.api, zone) == [("example.com.", "NS")]


def test_a_latency_is_bounded(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    for latency, status in ((2**31 - 1, 201), (2**31, 422), (2**53 - 1, 422), (-1, 422)):
        answers = [{"value": "192.0.2.1", "latency_ms": {"eu": latency}}]
        body = {"name": f"www-{latency}", "type": "A", "policy": "latency", "answers": answers}
        assert tenant.api.post(records_of(zone), json=body).status_code == status


def test_what_no_name_server_loads_is_refused_where_it_would_stand(tenant: Tenant) -> None:
    """A wildcard can't be delegated (RFC 4592 §4.2), and a zone's own signers stand in its parent (RFC 4035 §2.4)."""
    zone, signer = make_zone(tenant.api), f"12345 13 2 {'ab' * 32}"
    for body in (
        record("*.a", "NS", "ns.other.net."),
        record("*", "NS", "ns.other.net."),
        record("@", "DS", signer),
        record("Example.COM.", "DS", signer),
    ):
        tenant.api.refused("POST", records_of(zone), 422, "invalid_record", json=body)
    assert listed(tenant.api, zone) == [("example.com.", "NS")]
    # What is refused is the place: a name of its own is delegated, with its signers
    add_record(tenant.api, zone, "a", "NS", "ns.other.net.")
    add_record(tenant.api, zone, "a", "DS", signer)
    assert listed(tenant.api, zone) == [("a.example.com.", "DS"), ("a.example.com.", "NS"), ("example.com.", "NS")]


def test_pages_hold_every_record_set_once_though_names_repeat(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    for kind, value in (("A", "192.0.2.1"), ("AAAA", "2001:db8::1"), ("MX", "10 mail"), ("TXT", "text")):
        add_record(tenant.api, zone, "a", kind, value)
    whole = [("a.example.com.", kind) for kind in ("A", "AAAA", "MX", "TXT")] + [("example.com.", "NS")]
    for limit in (2, 3):
        assert listed(tenant.api, zone, limit=limit) == whole


def test_a_name_server_inside_the_zone_has_its_address_first_and_last(tenant: Tenant) -> None:
    zone, code = make_zone(tenant.api), "name_server_without_address"
    servers = record("lab", "NS", "ns.lab")
    tenant.api.refused("POST", records_of(zone), 409, code, json=servers)
    address = add_record(tenant.api, zone, "ns.lab", "A", "192.0.2.53")
    made = tenant.api.ok("POST", records_of(zone), 201, json=servers)
    tenant.api.refused("PUT", f"{records_of(zone)}/{made['id']}", 409, code, json={"values": ["gone"]})
    tenant.api.refused("DELETE", f"{records_of(zone)}/{address['id']}", 409, code)
    add_record(tenant.api, zone, "ns.lab", "AAAA", "2001:db8::53")
    tenant.api.ok("DELETE", f"{records_of(zone)}/{address['id']}", 204)
    tenant.api.ok("PUT", f"{records_of(zone)}/{made['id']}", json={"values": ["ns.other.net."]})


def test_answers_that_stay_keep_their_health(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    made = add_record(tenant.api, zone, "www", "A", "192.0.2.1", "192.0.2.2")
    path = f"{records_of(zone)}/{made['id']}"
    tenant.api.ok("POST", f"{path}/health", json={"value": "192.0.2.1", "healthy": False})
    after = tenant.api.ok("PUT", path, json={"values": ["192.0.2.3", "192.0.2.1"]})
    assert [(each["value"], each["healthy"]) for each in after["answers"]] == [
        ("192.0.2.3", True),
        ("192.0.2.1", False),
    ]
