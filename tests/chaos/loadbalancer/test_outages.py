"""loadbalancer or the broker goes away; nothing is lost and nothing happens twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.balancing import BALANCERS, POOLS, check, make_balancer, make_pool, pick, picks
from tests.support.bus import Bus
from tests.support.closing import closed_while_making
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.machines import closed_port
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


def checked_pool(tenant: Tenant, **fields: Any) -> str:
    """A pool that the platform checks every second."""
    checks: dict[str, Any] = {
        "active_check": "tcp",
        "check_interval_seconds": 1,
        "check_timeout_seconds": 0.5,
        "rise": 1,
    }
    return make_pool(tenant.api, **checks, **fields)[0]


def test_checks_go_on_after_the_prober_is_killed_and_reports_count_meanwhile(
    tenant: Tenant, fleet: FleetControl
) -> None:
    pool = checked_pool(tenant, fall=2)
    fleet.kill("loadbalancer-prober")
    with closed_port(fleet) as (address, port):
        backend = tenant.api.ok("POST", f"{pool}/backends", 201, json={"address": address, "port": port})["id"]
        assert check(tenant.api, pool, backend, "-") is True

        fleet.start("loadbalancer-prober")
        fleet.wait_healthy("loadbalancer-prober")

        eventually(lambda: not tenant.api.ok("GET", pool)["backends"][0]["healthy"], timeout=20)


def test_a_clock_that_is_set_back_stops_no_checks(tenant: Tenant, fleet: FleetControl) -> None:
    pool = checked_pool(tenant, fall=100)
    fleet.step_clock(600)
    with closed_port(fleet) as (address, port):
        tenant.api.ok("POST", f"{pool}/backends", 201, json={"address": address, "port": port})

        def last() -> str:
            at: str | None = tenant.api.ok("GET", pool)["backends"][0]["checked_at"]
            return at or ""

        ahead = eventually(last)
        fleet.step_clock(0)
        eventually(lambda: last() < ahead)


def test_a_clock_that_is_set_back_ends_what_it_ejected(tenant: Tenant, fleet: FleetControl) -> None:
    pool, [first, second] = make_pool(tenant.api, 1, 1, algorithm="least_connections")
    fleet.step_clock(600)
    for _ in range(5):
        tenant.api.ok("POST", f"{pool}/outcomes", json={"backend_id": first, "succeeded": False})
    assert {pick(tenant.api, pool) for _ in range(4)} == {second}
    fleet.step_clock(0)
    eventually(lambda: pick(tenant.api, pool) == first)


def test_checks_go_on_when_the_database_comes_back(tenant: Tenant, fleet: FleetControl) -> None:
    pool = checked_pool(tenant, fall=1)
    fleet.restart("infra-db")
    fleet.wait_healthy("infra-db")
    with closed_port(fleet) as (address, port):
        body = {"address": address, "port": port}
        eventually(lambda: tenant.api.post(f"{pool}/backends", json=body).status_code in (201, 409), timeout=30)
        eventually(lambda: not tenant.api.ok("GET", pool)["backends"][0]["healthy"], timeout=20)


@pytest.mark.services("tenants")
def test_a_tenant_that_is_closed_in_the_middle_of_creations_leaves_nothing_behind(operator: Api) -> None:
    def make(acting: Tenant, number: int) -> int:
        if number % 2:
            return acting.api.post(POOLS, json={"name": f"pool {number}"}).status_code
        return acting.api.post(BALANCERS, json={"name": f"front {number}", "listeners": []}).status_code

    def left(acting: Api) -> list[dict[str, Any]]:
        return [*acting.items(POOLS), *acting.items(BALANCERS)]

    for _ in range(2):
        tenant, answers = closed_while_making(operator, make)
        assert answers <= {201, 401, 403}, answers
        eventually(lambda acting=tenant.operator: left(acting) == [], timeout=30)  # type: ignore[misc]
        eventually(lambda acting=tenant.operator: quota(acting, "load_balancers") == (0, 0), timeout=30)  # type: ignore[misc]


def test_keys_stay_with_their_backends_over_a_kill(tenant: Tenant, fleet: FleetControl) -> None:
    pool, _ = make_pool(tenant.api, 3, 2, 1, algorithm="consistent_hash")
    keys = [f"user-{number}" for number in range(8)]
    before = [pick(tenant.api, pool, key=key) for key in keys]

    fleet.kill("loadbalancer")
    fleet.start("loadbalancer")
    fleet.wait_healthy("loadbalancer")
    eventually(lambda: tenant.api.get(pool).is_success)

    assert [pick(tenant.api, pool, key=key) for key in keys] == before


def test_a_backend_that_comes_back_gets_its_share_little_by_little(tenant: Tenant, fleet: FleetControl) -> None:
    pool, backends = make_pool(tenant.api, 1, 1, slow_start_seconds=300, fall=1, rise=1)
    fleet.step_clock(310)
    assert Counter(picks(tenant.api, pool, backends, 20)) == {"a": 10, "b": 10}
    check(tenant.api, pool, backends[1], "-+")
    assert Counter(picks(tenant.api, pool, backends, 10))["b"] <= 1
    fleet.step_clock(460)
    assert Counter(picks(tenant.api, pool, backends, 30))["b"] in range(8, 13), "half of its weight, then"
    fleet.step_clock(620)
    assert Counter(picks(tenant.api, pool, backends, 20)) == {"a": 10, "b": 10}


@pytest.mark.services("tenants")
def test_nobody_is_checked_while_their_tenant_is_suspended(tenant: Tenant, fleet: FleetControl) -> None:
    pool = checked_pool(tenant, fall=100)
    with closed_port(fleet) as (address, port):
        tenant.api.ok("POST", f"{pool}/backends", 201, json={"address": address, "port": port})

        def last() -> str:
            at: str | None = tenant.operator.ok("GET", pool)["backends"][0]["checked_at"]
            return at or ""

        eventually(last)
        tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
        stopped = eventually(lambda: still(last, 2.5), timeout=30)

        tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/resume")
        eventually(lambda: last() > stopped)


def still(value: Callable[[], str], seconds: float) -> str:
    """A value that stays as it is for so long, longer than the interval in which it would change; else nothing."""
    before = value()
    sleep(seconds)
    return before if value() == before else ""
