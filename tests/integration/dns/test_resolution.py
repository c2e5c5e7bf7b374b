"""What the platform's name servers answer."""

from __future__ import annotations

import pytest

from tests.support.identities import Tenant
from tests.support.zones import add_record, make_zone, records_of, resolve, values


def test_aliases_are_followed_and_wildcards_cover_what_does_not_exist(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    add_record(tenant.api, zone, "alias", "CNAME", "www")
    add_record(tenant.api, zone, "*", "A", "192.0.2.9")
    assert values(resolve(tenant.api, "alias.example.com")) == ["www.example.com.", "192.0.2.1"]
    assert values(resolve(tenant.api, "any.thing.example.com")) == ["192.0.2.9"]
    assert values(resolve(tenant.api, "www.example.com", "MX")) == []


@pytest.mark.parametrize(("minimum", "soa_ttl", "expected"), [(300, 60, 60), (30, 3600, 30)])
def test_a_negative_answer_lives_for_the_lesser_of_minimum_and_ttl(
    tenant: Tenant, minimum: int, soa_ttl: int, expected: int
) -> None:
    make_zone(tenant.api, minimum=minimum, soa_ttl=soa_ttl)
    answer = resolve(tenant.api, "nothing.example.com")
    assert (answer["status"], answer["answers"]) == ("NXDOMAIN", [])
    [soa] = answer["authority"]
    assert (soa["type"], soa["ttl"]) == ("SOA", expected)


def test_weighted_answers_respect_health(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    answers = [{"value": "192.0.2.1", "weight": 1}, {"value": "192.0.2.2", "weight": 0}]
    body = {"name": "www", "type": "A", "policy": "weighted", "answers": answers}
    made = tenant.api.ok("POST", records_of(zone), 201, json=body)
    assert {values(resolve(tenant.api, "www.example.com"))[0] for _ in range(4)} == {"192.0.2.1"}
    health = f"{records_of(zone)}/{made['id']}/health"
    tenant.api.ok("POST", health, json={"value": "192.0.2.1", "healthy": False})
    assert values(resolve(tenant.api, "www.example.com")) == ["192.0.2.2"]


def test_latency_routing_answers_by_region(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    answers = [
        {"value": "192.0.2.1", "latency_ms": {"eu": 10, "us": 90}},
        {"value": "192.0.2.2", "latency_ms": {"eu": 90, "us": 10}},
    ]
    body = {"name": "www", "type": "A", "policy": "latency", "answers": answers}
    tenant.api.ok("POST", records_of(zone), 201, json=body)
    assert values(resolve(tenant.api, "www.example.com", region="eu")) == ["192.0.2.1"]
    assert values(resolve(tenant.api, "www.example.com", region="us")) == ["192.0.2.2"]


def test_an_alias_that_fails_over_leads_to_the_secondarys_address(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "a", "A", "192.0.2.1")
    add_record(tenant.api, zone, "b", "A", "192.0.2.2")
    answers = [{"value": "a", "role": "primary"}, {"value": "b", "role": "secondary"}]
    body = {"name": "www", "type": "CNAME", "policy": "failover", "answers": answers}
    made = tenant.api.ok("POST", records_of(zone), 201, json=body)
    assert values(resolve(tenant.api, "www.example.com")) == ["a.example.com.", "192.0.2.1"]
    health = f"{records_of(zone)}/{made['id']}/health"
    tenant.api.ok("POST", health, json={"value": "a.example.com.", "healthy": False})
    assert values(resolve(tenant.api, "www.example.com")) == ["b.example.com.", "192.0.2.2"]


def test_an_alias_that_leaves_the_zone_is_no_denial(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "away", "CNAME", "www.other.net.")
    answer = resolve(tenant.api, "away.example.com")
    assert (values(answer), answer["authority"]) == (["www.other.net."], [])


def test_a_delegation_refers_also_for_its_name_servers(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "lab", "NS", "ns.other.net.")
    answer = resolve(tenant.api, "lab.example.com", "NS")
    assert answer["answers"] == []
    assert [(line["type"], line["value"]) for line in answer["authority"]] == [("NS", "ns.other.net.")]


def test_a_wildcard_covers_nothing_that_exists_and_nothing_below_it(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "*", "A", "192.0.2.9")
    add_record(tenant.api, zone, "host.deep", "A", "192.0.2.1")
    add_record(tenant.api, zone, "evil\\.plain", "A", "192.0.2.2")

    answers = {name: resolve(tenant.api, f"{name}.example.com") for name in ("any", "deep", "other.deep", "plain")}

    assert {name: (answer["status"], values(answer)) for name, answer in answers.items()} == {
        "any": ("NOERROR", ["192.0.2.9"]),
        "deep": ("NOERROR", []),
        "other.deep": ("NXDOMAIN", []),
        "plain": ("NOERROR", ["192.0.2.9"]),
    }


def test_an_alias_is_followed_into_the_zones_below_and_back(tenant: Tenant) -> None:
    parent, child = make_zone(tenant.api), make_zone(tenant.api, "sub.example.com")
    add_record(tenant.api, parent, "www", "CNAME", "a.sub")
    add_record(tenant.api, parent, "back", "CNAME", "up.sub")
    add_record(tenant.api, parent, "end", "A", "192.0.2.7")
    add_record(tenant.api, parent, "round", "CNAME", "trip.sub")
    add_record(tenant.api, child, "a", "A", "192.0.2.1")
    add_record(tenant.api, child, "up", "CNAME", "end.example.com.")
    add_record(tenant.api, child, "trip", "CNAME", "round.example.com.")
    expected = {
        "www": ("NOERROR", ["a.sub.example.com.", "192.0.2.1"]),
        "back": ("NOERROR", ["up.sub.example.com.", "end.example.com.", "192.0.2.7"]),
        "round": ("SERVFAIL", []),
    }
    found = {name: resolve(tenant.api, f"{name}.example.com") for name in expected}
    assert {name: (answer["status"], values(answer)) for name, answer in found.items()} == expected
    assert [answer["authority"] for answer in found.values()] == [[], [], []]


def test_the_parent_answers_for_the_ds_of_a_zone_below(tenant: Tenant) -> None:
    """RFC 4035 §3.1.4.1: also where one server has both."""
    digest = "12345 13 2 " + "ab" * 32
    make_zone(tenant.api, "sub.example.com")
    alone = resolve(tenant.api, "sub.example.com", "DS")
    parent = make_zone(tenant.api)
    undelegated = resolve(tenant.api, "sub.example.com", "DS")
    for answer, zone in ((alone, "sub.example.com."), (undelegated, "example.com.")):
        assert (answer["status"], values(answer), answer["authority"][0]["name"]) == ("NOERROR", [], zone)
    add_record(tenant.api, parent, "sub", "NS", "ns.other.net.")
    add_record(tenant.api, parent, "sub", "DS", digest)
    assert [value.lower() for value in values(resolve(tenant.api, "sub.example.com", "DS"))] == [digest]
