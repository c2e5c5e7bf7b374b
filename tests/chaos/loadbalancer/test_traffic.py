"""Connections that come at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.balancing import BALANCERS, make_pool, pick
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import held_rows

BACKENDS_OF = "SELECT id FROM loadbalancer.backends WHERE pool_id = %s FOR UPDATE"


@pytest.mark.services("compliance")
def test_connections_go_on_while_nobody_decides_on_a_change(fleet: FleetControl, tenant: Tenant) -> None:
    pool, [backend] = make_pool(tenant.api, 1)
    changes: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", pool, {"fall": 5}),
        ("PATCH", f"{pool}/backends/{backend}", {"weight": 2}),
        ("POST", f"{pool}/backends", {"address": "10.0.0.9", "port": 80}),
        ("POST", BALANCERS, {"name": "front", "listeners": [{"port": 80, "pool_id": pool.rpartition("/")[2]}]}),
    ]
    with fleet.paused("compliance"), ThreadPoolExecutor(len(changes)) as threads:
        asked = [threads.submit(tenant.api.request, method, path, json=body) for method, path, body in changes]
        for _ in range(20):
            assert pick(tenant.api, pool) == backend
        assert not any(each.done() for each in asked), "they are still waiting"
    assert {each.result().status_code for each in asked} <= {200, 201, 503}


@pytest.mark.parametrize("algorithm", ["round_robin", "least_connections"])
@pytest.mark.parametrize(("backends", "counted"), [(1, [2]), (2, [1, 1])])
def test_of_two_connections_at_once_each_is_counted_and_the_second_knows_of_the_first(
    fleet: FleetControl, tenant: Tenant, algorithm: str, backends: int, counted: list[int]
) -> None:
    pool, ids = make_pool(tenant.api, *[1] * backends, algorithm=algorithm)
    with ThreadPoolExecutor(2) as threads:
        # Given two requests that have both come as far as they can
        with held_rows(fleet, "loadbalancer", BACKENDS_OF, pool.rpartition("/")[2]) as rows:
            picked = [threads.submit(pick, tenant.api, pool) for _ in range(2)]
            rows.wait_for(2)
        # When they can go on, then it is as if one had come after the other
        assert {each.result() for each in picked} == set(ids)
    assert [each["connections"] for each in tenant.api.ok("GET", pool)["backends"]] == counted
