"""Active checks: the platform itself asks the backends of pools that want it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.balancing import POOLS, check, make_pool, pick
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, create_tenant
from tests.support.machines import SILENT, Machine, closed_port, machine

CHECKED: dict[str, Any] = {
    "active_check": "http",
    "check_interval_seconds": 1,
    "check_timeout_seconds": 0.5,
    "fall": 2,
    "rise": 2,
}


def backend_at(api: Api, pool: str, address: str, port: int) -> str:
    made: str = api.ok("POST", f"{pool}/backends", 201, json={"address": address, "port": port})["id"]
    return made


def backends(api: Api, pool: str) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in api.ok("GET", pool)["backends"]}


def checked_pool(api: Api, target: Machine, **fields: Any) -> tuple[str, str]:
    """A checked pool whose one backend is the machine."""
    pool, _ = make_pool(api, **{**CHECKED, **fields})
    return pool, backend_at(api, pool, target.address, target.port)


def test_health_follows_the_answers_by_rise_and_fall(fleet: FleetControl, tenant: Tenant, bus: Bus) -> None:
    with machine(fleet) as target:
        pool, backend = checked_pool(tenant.api, target, check_path="/up?full=1")
        eventually(lambda: backends(tenant.api, pool)[backend]["check_result"] == "passed")
        assert target.asked[0] == "GET /up?full=1 HTTP/1.1"

        target.status = "503 Service Unavailable"
        eventually(lambda: not backends(tenant.api, pool)[backend]["healthy"])
        assert backends(tenant.api, pool)[backend]["check_result"] == "bad_answer"
        target.status = "302 Found"
        eventually(lambda: backends(tenant.api, pool)[backend]["healthy"])

    told = bus.of_subject("loadbalancer.events", backend, count=3)
    assert [event["data"]["healthy"] for event in told] == [True, False, True]


def test_a_check_is_done_once_though_the_clock_of_another_prober_is_a_little_behind(
    fleet: FleetControl, tenant: Tenant
) -> None:
    with machine(fleet) as target, machine(fleet) as later:
        fleet.step_clock(30)
        checked_pool(tenant.api, target, check_interval_seconds=60)
        eventually(lambda: len(target.asked) == 1)
        fleet.step_clock(0)
        # Whoever is due is asked: the one that was asked a moment ago isn't
        checked_pool(tenant.api, later, name="later")
        eventually(lambda: len(later.asked) >= 3)
        assert len(target.asked) == 1


def test_traffic_goes_where_the_checks_pass(fleet: FleetControl, tenant: Tenant) -> None:
    with machine(fleet) as good, closed_port(fleet) as (address, port):
        pool, working = checked_pool(tenant.api, good, panic_threshold_percent=0)
        dead = backend_at(tenant.api, pool, address, port)
        eventually(lambda: not backends(tenant.api, pool)[dead]["healthy"])

        assert backends(tenant.api, pool)[dead]["check_result"] == "not_connected"
        assert {pick(tenant.api, pool) for _ in range(4)} == {working}


def test_a_machine_that_accepts_and_says_nothing_times_out_and_holds_up_nobody_else(
    fleet: FleetControl, tenant: Tenant, other_tenant: Tenant
) -> None:
    with ExitStack() as stack:
        broken = stack.enter_context(machine(fleet, "500 Oops"))
        theirs, _ = make_pool(other_tenant.api, **CHECKED)
        for _ in range(12):
            silent = stack.enter_context(machine(fleet, SILENT))
            backend_at(other_tenant.api, theirs, silent.address, silent.port)
        pool, backend = checked_pool(tenant.api, broken)

        eventually(lambda: not backends(tenant.api, pool)[backend]["healthy"], timeout=20)
        eventually(lambda: not any(each["healthy"] for each in backends(other_tenant.api, theirs).values()), timeout=20)
        assert {each["check_result"] for each in backends(other_tenant.api, theirs).values()} == {"timed_out"}


@pytest.mark.services("tenants")
def test_silent_backends_of_several_tenants_hold_up_nobody_elses_checks(
    fleet: FleetControl, operator: Api, tenant: Tenant
) -> None:
    """Together they have all the prober's hands, and three rounds of them are due before the neighbour's check is."""
    slow: dict[str, Any] = {"check_interval_seconds": 60, "check_timeout_seconds": 7}
    with ExitStack() as stack:
        silent = [stack.enter_context(machine(fleet, SILENT)) for _ in range(24)]
        pools = []
        for acting in [create_tenant(operator) for _ in range(4)]:
            pools.append((acting.api, make_pool(acting.api, **slow)[0]))
            for each in silent:
                backend_at(*pools[-1], each.address, each.port)
        for api, pool in pools:
            api.ok("PATCH", pool, json={"active_check": "http"})
        eventually(lambda: all(each.kept for each in silent[:8]))
        address, port = stack.enter_context(closed_port(fleet))
        ours, _ = make_pool(tenant.api, **{**CHECKED, "fall": 1})
        backend_at(tenant.api, ours, address, port)

        eventually(lambda: not next(iter(backends(tenant.api, ours).values()))["healthy"], timeout=60)
        waiting = [each for api, pool in pools for each in backends(api, pool).values() if each["checked_at"] is None]
        assert len(waiting) >= 32, "the first round of all of them isn't over"


def test_a_tenant_has_eight_checks_at_a_time_and_no_more_when_others_come_due(
    fleet: FleetControl, tenant: Tenant
) -> None:
    """Seven wait for their time-out while eight more come due: one of those begins, the rest as soon as they may."""
    slow = {"check_interval_seconds": 60, "check_timeout_seconds": 4}
    with ExitStack() as stack:
        silent = [stack.enter_context(machine(fleet, SILENT)) for _ in range(15)]
        first, _ = make_pool(tenant.api, name="first", **slow)
        second, _ = make_pool(tenant.api, name="second", **slow)
        for place, each in enumerate(silent):
            backend_at(tenant.api, first if place < 7 else second, each.address, each.port)

        def at_a_time() -> int:
            """How many checks went on at the moment between two looks at all machines."""
            before = {connection for each in silent for connection in each.held()}
            return len(before & {connection for each in silent for connection in each.held()})

        tenant.api.ok("PATCH", first, json={"active_check": "http"})
        eventually(lambda: all(each.kept for each in silent[:7]))
        tenant.api.ok("PATCH", second, json={"active_check": "http"})
        most = 0

        def all_are_asked() -> bool:
            nonlocal most
            most = max(most, at_a_time())
            return all(each.kept for each in silent)

        eventually(all_are_asked, timeout=30)
        assert most <= 8


def test_a_connection_is_enough_where_the_pool_says_so(fleet: FleetControl, tenant: Tenant) -> None:
    with machine(fleet, "500 Oops") as target:
        pool, backend = checked_pool(tenant.api, target, active_check="tcp")
        eventually(lambda: backends(tenant.api, pool)[backend]["check_result"] == "passed")
        assert (target.asked, backends(tenant.api, pool)[backend]["healthy"]) == ([], True)


def test_nobody_is_asked_unless_the_pool_wants_it_and_no_longer_than_that(fleet: FleetControl, tenant: Tenant) -> None:
    with machine(fleet, "500 Oops") as target, machine(fleet, "500 Oops") as unasked:
        pool, _ = checked_pool(tenant.api, target, fall=100)
        plain, _ = make_pool(tenant.api, name="plain", check_interval_seconds=1, fall=1)
        silent = backend_at(tenant.api, plain, unasked.address, unasked.port)
        eventually(lambda: len(target.asked) >= 2)

        tenant.api.ok("PATCH", pool, json={"active_check": "none"})
        assert (unasked.asked, backends(tenant.api, plain)[silent]["check_result"]) == ([], None)
        tenant.api.ok("PATCH", plain, json={"active_check": "http", "check_timeout_seconds": 0.5})
        eventually(lambda: not backends(tenant.api, plain)[silent]["healthy"])
        before = len(target.asked)
        eventually(lambda: len(unasked.asked) >= 3)
        assert len(target.asked) - before <= 1


def test_health_that_is_reported_counts_beside_the_checks(tenant: Tenant) -> None:
    pool, [backend] = make_pool(tenant.api, 1, fall=2, rise=1)
    assert check(tenant.api, pool, backend, "--") is False
    assert check(tenant.api, pool, backend, "+") is True
    assert backends(tenant.api, pool)[backend]["checked_at"] is None


def test_a_check_that_outlasts_its_interval_is_refused(tenant: Tenant) -> None:
    slow = {**CHECKED, "name": "slow", "check_timeout_seconds": 1}
    tenant.api.refused("POST", POOLS, 422, "invalid_health_check", json=slow)
    pool, _ = make_pool(tenant.api, **CHECKED)
    tenant.api.refused("PATCH", pool, 422, "invalid_health_check", json={"check_timeout_seconds": 2})
    for path in ("no-slash", "/a b", "/a\r\nHost: x", '/"'):
        tenant.api.refused("PATCH", pool, 422, "validation_failed", json={"check_path": path})
    assert tenant.api.ok("GET", pool)["version"] == 1
