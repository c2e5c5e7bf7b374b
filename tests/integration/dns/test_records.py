"""Record sets: names, types that exclude each other, answers."""

import pytest

from tests.support.zones import add_record, listed, make_zone, record, records_of, resolve, values


def test_a_name_gets_its_zone_once_however_it_is_written(tenant):
    zone = make_zone(tenant.api)
    for written, kind in (("www", "A"), ("WWW.example.com", "TXT"), ("Www.Example.Com.", "CAA")):
        value = {"A": "192.0.2.1", "TXT": "text", "CAA": '0 issue ";"'}[kind]
        assert add_record(tenant.api, zone, written, kind, value)["name"] == "www.example.com."


def test_case_makes_no_second_name(tenant):
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    again = record("WWW.example.com.", "A", "192.0.2.2")
    tenant.api.refused("POST", records_of(zone), 409, "record_set_exists", json=again)
    assert values(resolve(tenant.api, "wWw.Example.com")) == ["192.0.2.1"]


def test_an_alias_is_refused_at_the_apex_and_beside_others(tenant):
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


def test_long_text_becomes_strings_of_255_octets(tenant):
    zone = make_zone(tenant.api)
    [value] = add_record(tenant.api, zone, "@", "TXT", "x" * 300)["values"]
    assert value == f'"{"x" * 255}" "{"x" * 45}"'


def test_data_that_the_type_does_not_allow_is_refused(tenant):
    zone = make_zone(tenant.api)
    for kind, value in (("A", "192.0.2"), ("AAAA", "192.0.2.1"), ("MX", "mail"), ("CAA", "x")):
        tenant.api.refused("POST", records_of(zone), 422, "invalid_record", json=record("www", kind, value))
    assert listed(tenant.api, zone) == [("example.com.", "NS")]


def test_pages_hold_every_record_set_once_though_names_repeat(tenant):
    zone = make_zone(tenant.api)
    for kind, value in (("A", "192.0.2.1"), ("AAAA", "2001:db8::1"), ("MX", "10 mail"), ("TXT", "text")):
        add_record(tenant.api, zone, "a", kind, value)
    whole = [("a.example.com.", kind) for kind in ("A", "AAAA", "MX", "TXT")] + [("example.com.", "NS")]
    for limit in (2, 3):
        assert listed(tenant.api, zone, limit=limit) == whole


def test_aliases_are_followed_and_wildcards_cover_what_does_not_exist(tenant):
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    add_record(tenant.api, zone, "alias", "CNAME", "www")
    add_record(tenant.api, zone, "*", "A", "192.0.2.9")
    assert values(resolve(tenant.api, "alias.example.com")) == ["www.example.com.", "192.0.2.1"]
    assert values(resolve(tenant.api, "any.thing.example.com")) == ["192.0.2.9"]
    assert values(resolve(tenant.api, "www.example.com", "MX")) == []


@pytest.mark.parametrize(("minimum", "soa_ttl", "expected"), [(300, 60, 60), (30, 3600, 30)])
def test_a_negative_answer_lives_for_the_lesser_of_minimum_and_ttl(tenant, minimum, soa_ttl, expected):
    make_zone(tenant.api, minimum=minimum, soa_ttl=soa_ttl)
    answer = resolve(tenant.api, "nothing.example.com")
    assert (answer["status"], answer["answers"]) == ("NXDOMAIN", [])
    [soa] = answer["authority"]
    assert (soa["type"], soa["ttl"]) == ("SOA", expected)


def test_weighted_answers_respect_health(tenant):
    zone = make_zone(tenant.api)
    answers = [{"value": "192.0.2.1", "weight": 1}, {"value": "192.0.2.2", "weight": 0}]
    body = {"name": "www", "type": "A", "policy": "weighted", "answers": answers}
    made = tenant.api.ok("POST", records_of(zone), 201, json=body)
    assert {values(resolve(tenant.api, "www.example.com"))[0] for _ in range(4)} == {"192.0.2.1"}
    health = f"{records_of(zone)}/{made['id']}/health"
    tenant.api.ok("POST", health, json={"value": "192.0.2.1", "healthy": False})
    assert values(resolve(tenant.api, "www.example.com")) == ["192.0.2.2"]


def test_latency_routing_answers_by_region(tenant):
    zone = make_zone(tenant.api)
    answers = [
        {"value": "192.0.2.1", "latency_ms": {"eu": 10, "us": 90}},
        {"value": "192.0.2.2", "latency_ms": {"eu": 90, "us": 10}},
    ]
    body = {"name": "www", "type": "A", "policy": "latency", "answers": answers}
    tenant.api.ok("POST", records_of(zone), 201, json=body)
    assert values(resolve(tenant.api, "www.example.com", region="eu")) == ["192.0.2.1"]
    assert values(resolve(tenant.api, "www.example.com", region="us")) == ["192.0.2.2"]
