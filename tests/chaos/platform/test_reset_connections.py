"""Servers that cut the connections of everybody, again and again, and answer the next one as if nothing had happened.

Who asks is answered by a success or by 503 and when to come back; and what was made is made once.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from tests.support.api import Api
from tests.support.asking import OTHERS, READS, SERVICES, prepared, told
from tests.support.balancing import BALANCERS
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import create_tenant, login_operator
from tests.support.networking import VPCS
from tests.support.orders import STILL_BEING_ANSWERED, Order
from tests.support.resets import reset_databases, reset_redis
from tests.support.storing import STORAGE
from tests.support.zones import ZONES, quota

CLIENTS = 8
RESETS, BETWEEN_SECONDS = 16, 0.25
EACH = 4
PROJECTS = "/api/tenants/v1/projects"
GROUPS = "/api/compute/v1/server-groups"
VOLUMES = f"{STORAGE}/volumes"
COUNTED = {"dns_zones": ZONES, "load_balancers": BALANCERS, "volumes": VOLUMES, "vpcs": VPCS}
NOT_ORDERED = {"main", "silent.example.", "data", "Shop", "web"}
"""Names of what the other calls make, as often as they get through."""
RESERVED_SECONDS = 900
"""A reservation that nobody settles waits for a quarter of an hour."""


def orders(number: int) -> list[Order]:
    """One of each kind."""
    bodies: dict[str, dict[str, object]] = {
        VPCS: {"name": f"v{number}", "cidr": f"10.{100 + number}.0.0/16"},
        ZONES: {"name": f"zone-{number}.example"},
        VOLUMES: {"name": f"v{number}", "size_gib": 1, "zone": "nimbus-eu-1a"},
        BALANCERS: {"name": f"front {number}", "listeners": []},
        PROJECTS: {"name": f"Shop {number}"},
        GROUPS: {"name": f"group {number}", "policy": "affinity"},
    }
    return [Order(path, body, f"{path} {number}") for path, body in bodies.items()]


@pytest.mark.services(*SERVICES)
@pytest.mark.timeout(400)
@pytest.mark.parametrize("reset", [reset_databases, reset_redis], ids=["databases", "redis"])
def test_whoever_asks_is_answered_while_connections_are_cut_and_all_is_right_afterwards(
    operator: Api, fleet: FleetControl, reset: Callable[[FleetControl], int]
) -> None:
    # Room for the reservations that failed attempts leave until they expire
    tenant = create_tenant(operator, quotas=dict.fromkeys([*COUNTED, "projects"], 500))
    prepared(tenant)
    ordered = [order for number in range(EACH) for order in orders(number)]
    cut = 0
    # When things are read and made side by side, and everybody's connections are cut meanwhile
    with ThreadPoolExecutor(CLIENTS) as clients:
        calls = (*READS, *OTHERS)
        placed = [clients.submit(order.placed, tenant.api, 180.0) for order in ordered]
        asked = [clients.submit(told, tenant.api, call) for _ in range(2) for call in calls]
        for _ in range(RESETS):
            cut += reset(fleet)
            if not wait((*placed, *asked), timeout=BETWEEN_SECONDS).not_done:
                break
        wrong = [each.result() for each in asked if each.result()]
        made = [each.result() for each in placed]
    assert cut > 0
    # Then everybody was answered, or told when to come again
    assert wrong == []
    refused = {answer for order in ordered for answer in order.refused} - {STILL_BEING_ANSWERED}
    assert {status for status, _ in refused} <= {503}, refused
    assert [order.without_an_end for order in ordered if order.without_an_end] == []
    # And everything is as before, and whatever was ordered is there once
    for _, path, _ in READS:
        eventually(lambda path=path: tenant.api.ok("GET", path) is not None, timeout=20)  # type: ignore[misc]
    there = {path: list(tenant.api.items(path)) for path in (*COUNTED.values(), PROJECTS, GROUPS)}
    for path, items in there.items():
        ids = [id for order, id in zip(ordered, made, strict=True) if order.path == path]
        assert sorted(item["id"] for item in items if item["name"] not in NOT_ORDERED) == sorted(ids), path
        assert len(set(ids)) == EACH, path
    # And what counts is exactly what is there, once what failed attempts have reserved has expired
    fleet.step_clock(RESERVED_SECONDS + 1)
    acting = login_operator(fleet.url).with_headers(X_Tenant_Id=tenant.id)
    held = {resource: (len(there[path]), 0) for resource, path in COUNTED.items()}
    eventually(lambda: {resource: quota(acting, resource) for resource in COUNTED} == held, 60.0)
