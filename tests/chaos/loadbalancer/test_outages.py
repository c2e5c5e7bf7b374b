"""loadbalancer or the broker goes away; nothing is lost and nothing happens twice."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.balancing import BALANCERS, make_balancer, make_pool, pick, picks
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.quotas import count_what_does_not_exist
from tests.support.zones import quota


def test_the_round_goes_on_where_it_was_after_a_kill(tenant: Tenant, fleet: FleetControl) -> None:
    pool, backends = make_pool(tenant.api, 5, 1, 1)
    assert picks(tenant.api, pool, backends, 3) == "aab"
    fleet.kill("loadbalancer")
    fleet.start("loadbalancer")
    fleet.wait_healthy("loadbalancer")
    eventually(lambda: tenant.api.get(pool).status_code == 200)
    assert picks(tenant.api, pool, backends, 4) == "acaa"


def test_while_the_broker_is_down_load_balancers_are_made_and_settled_later(
    tenant: Tenant, fleet: FleetControl, bus: Bus
) -> None:
    pool, _ = make_pool(tenant.api, 1)
    fleet.kafka_down()
    balancer = make_balancer(tenant.api, pool)
    assert quota(tenant.api, "load_balancers") == (0, 1)
    fleet.kafka_up()
    eventually(lambda: quota(tenant.api, "load_balancers") == (1, 0), timeout=20)
    told = bus.of_subject("loadbalancer.events", balancer["id"])
    assert [event["type"] for event in told] == ["loadbalancer.load_balancer.created"]


def test_concurrent_connections_are_spread_and_counted_exactly(tenant: Tenant) -> None:
    pool, backends = make_pool(tenant.api, 2, 1)
    with ThreadPoolExecutor(6) as threads:
        chosen = Counter(threads.map(lambda _: pick(tenant.api, pool), range(12)))
    assert chosen == {backends[0]: 8, backends[1]: 4}
    assert [each["connections"] for each in tenant.api.ok("GET", pool)["backends"]] == [8, 4]


def test_without_tenants_no_load_balancer_is_made_and_with_it_exactly_one(tenant: Tenant, fleet: FleetControl) -> None:
    pool, _ = make_pool(tenant.api, 1)
    body = {"name": "front", "listeners": [{"port": 80, "pool_id": pool.rpartition("/")[2]}]}
    fleet.kill("tenants")
    assert tenant.api.post(BALANCERS, json=body).status_code in (502, 503, 504)
    assert list(tenant.api.items(BALANCERS)) == []
    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    eventually(lambda: tenant.api.post(BALANCERS, json=body).status_code == 201, timeout=20)
    eventually(lambda: quota(tenant.api, "load_balancers") == (1, 0), timeout=20)


@pytest.mark.services("tenants")
def test_quota_of_what_does_not_exist_comes_back_and_that_of_what_does_stays(
    tenant: Tenant, fleet: FleetControl
) -> None:
    make_balancer(tenant.api, make_pool(tenant.api)[0])
    count_what_does_not_exist(tenant, "load_balancers", "lb-0.load_balancers")
    eventually(lambda: quota(tenant.api, "load_balancers") == (2, 0))
    fleet.step_clock(310)
    fleet.restart("loadbalancer")
    eventually(lambda: quota(tenant.api, "load_balancers") == (1, 0), timeout=20)
