"""Statements needed, not seconds."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from tests.support.api import queries_of
from tests.support.eventually import eventually
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


def zone_file(records: int) -> str:
    """As many hosts, each with an address of its own."""
    hosts = (f"host-{n}.rack-{n % 40} IN A 10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in range(records))
    return "$TTL 300\n" + "\n".join(hosts) + "\n"


def seconds_to_import(tenant: Tenant, path: str, records: int) -> float:
    body = {"zonefile": zone_file(records)}
    began = time.perf_counter()
    tenant.api.ok("PUT", f"{path}/zonefile", json=body)
    return time.perf_counter() - began


def test_a_file_that_is_four_times_as_long_takes_less_than_eight_times_as_long(tenant: Tenant) -> None:
    path = f"{ZONES}/{make_zone(tenant.api)['id']}"
    small = min(seconds_to_import(tenant, path, 1_500) for _ in range(2))
    large = min(seconds_to_import(tenant, path, 6_000) for _ in range(2))

    [zone] = tenant.api.ok("GET", ZONES)["items"]
    assert zone["record_sets"] == 6_001
    assert large < 8 * small
    answer = tenant.api.ok("GET", RESOLVE, params={"name": "host-5999.rack-39.example.com"})
    assert [line["value"] for line in answer["answers"]] == ["10.0.23.111"]


def test_others_are_answered_while_a_large_file_is_read(tenant: Tenant, other_tenant: Tenant) -> None:
    path = f"{ZONES}/{make_zone(tenant.api)['id']}"
    neighbour = make_zone(other_tenant.api, "example.net")
    with ThreadPoolExecutor(1) as pool:
        importing = pool.submit(seconds_to_import, tenant, path, 3_000)
        answered = 0
        while not importing.done():
            add_record(other_tenant.api, neighbour, f"r{answered}", "A", "192.0.2.1")
            answered += 1
        whole = importing.result()
    eventually(lambda: other_tenant.api.get(RESOLVE, params={"name": "r0.example.net"}).is_success)
    assert answered >= 3, f"{answered} answers in {whole:.1f} s"
