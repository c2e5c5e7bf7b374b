"""Statements needed, not seconds."""

from __future__ import annotations

import time

from tests.support.api import queries_of
from tests.support.balancing import BALANCERS, POOLS, add_backend, make_balancer, make_pool
from tests.support.identities import Tenant


def test_a_list_of_pools_takes_as_many_queries_however_long_it_is(tenant: Tenant) -> None:
    make_pool(tenant.api, 1)
    short = tenant.api.get(POOLS)
    for number in range(3):
        make_pool(tenant.api, 1, 1, name=f"pool {number}")
    long = tenant.api.get(POOLS)
    assert [len(pool["backends"]) for pool in long.json()["items"]] == [1, 2, 2, 2]
    assert queries_of(short) == queries_of(long) == 2


def test_a_list_of_load_balancers_takes_as_many_queries_however_long_it_is(tenant: Tenant) -> None:
    pool, _ = make_pool(tenant.api)
    make_balancer(tenant.api, pool)
    short = tenant.api.get(BALANCERS)
    for number in range(3):
        make_balancer(tenant.api, pool, name=f"front {number}")
    long = tenant.api.get(BALANCERS)
    assert len(long.json()["items"]) == 4
    assert queries_of(short) == queries_of(long) == 2


def test_a_pick_reads_all_backends_at_once(tenant: Tenant) -> None:
    pool, _ = make_pool(tenant.api, 1, algorithm="least_connections")
    first = tenant.api.post(f"{pool}/pick", json={})
    for number in range(5):
        add_backend(tenant.api, pool, f"10.0.1.{number}")
    last = tenant.api.post(f"{pool}/pick", json={})
    assert (first.status_code, last.status_code) == (200, 200)
    assert queries_of(last) == queries_of(first)


def test_a_large_ring_is_made_once_and_not_at_every_pick(tenant: Tenant) -> None:
    pool, _ = make_pool(tenant.api, *[256] * 12, algorithm="consistent_hash")

    def seconds(key: str) -> float:
        began = time.perf_counter()
        tenant.api.ok("POST", f"{pool}/pick", json={"key": key})
        return time.perf_counter() - began

    first = seconds("first")
    assert min(seconds(f"key-{number}") for number in range(8)) < first / 3
