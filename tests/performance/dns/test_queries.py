"""Statements needed, not seconds."""

from __future__ import annotations

from tests.support.api import queries_of
from tests.support.identities import Tenant
from tests.support.zones import RESOLVE, ZONES, add_record, make_zone, record, records_of


def test_a_list_of_zones_takes_one_query_however_long_it_is(tenant: Tenant) -> None:
    make_zone(tenant.api)
    short = tenant.api.get(ZONES)
    for number in range(2):
        make_zone(tenant.api, f"example-{number}.net")
    long = tenant.api.get(ZONES)
    assert (len(short.json()["items"]), len(long.json()["items"])) == (1, 3)
    assert queries_of(short) == queries_of(long) == 1


def test_answers_and_new_records_take_as_many_queries_in_a_full_zone_as_in_an_empty_one(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    first = tenant.api.post(records_of(zone), json=record("r0", "A", "192.0.2.1"))
    asked = tenant.api.get(RESOLVE, params={"name": "r0.example.com"})
    for number in range(1, 5):
        add_record(tenant.api, zone, f"r{number}", "A", "192.0.2.1")
    last = tenant.api.post(records_of(zone), json=record("r5", "A", "192.0.2.1"))
    assert (first.status_code, last.status_code) == (201, 201)
    assert queries_of(last) == queries_of(first)
    assert queries_of(tenant.api.get(RESOLVE, params={"name": "r0.example.com"})) == queries_of(asked)
