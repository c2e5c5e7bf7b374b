"""A service that dies between the reservation of a quota and the commit of what it was reserved for.

Storage's own drills are in `tests/chaos/storage/test_outages.py`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.balancing import BALANCERS
from tests.support.computing import INSTANCES, create_host, dedicated
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, login_operator
from tests.support.networking import VPCS
from tests.support.tables import locked_table
from tests.support.zones import ZONES, quota

RESERVED_SECONDS = 900
"""A reservation that nobody settles waits for a quarter of an hour."""


@dataclass(frozen=True)
class Order:
    """What is ordered of a service, and what it counts as."""

    path: str
    counts: dict[str, int]
    body: dict[str, Any] = field(default_factory=dict)


ORDERS = {
    "compute": Order(INSTANCES, {"instances": 1, "vcpus": 1, "memory_mib": 128}, dedicated()),
    "network": Order(VPCS, {"vpcs": 1}, {"name": "main", "cidr": "10.0.0.0/16"}),
    "dns": Order(ZONES, {"dns_zones": 1}, {"name": "lost.example"}),
    "loadbalancer": Order(BALANCERS, {"load_balancers": 1}, {"name": "front", "listeners": []}),
}


@pytest.mark.services("tenants", *ORDERS)
@pytest.mark.parametrize("service", ORDERS)
def test_what_was_reserved_for_something_that_was_never_made_has_an_end(
    operator: Api, tenant: Tenant, fleet: FleetControl, service: str
) -> None:
    order = ORDERS[service]
    create_host(operator, tenant)

    def counted(acting: Api) -> dict[str, tuple[int, int]]:
        return {resource: quota(acting, resource) for resource in order.counts}

    # Given something whose quota is reserved, when the service dies before it is made
    reserved = {resource: (0, amount) for resource, amount in order.counts.items()}
    with ThreadPoolExecutor(1) as thread, locked_table(fleet, service) as table:
        asked = thread.submit(tenant.api.post, order.path, json=order.body)
        table.wait_for_somebody()
        eventually(lambda: counted(tenant.operator) == reserved)
        fleet.kill(service)
    assert asked.result().status_code in (502, 503, 504)
    fleet.start(service)
    fleet.wait_healthy(service)
    fleet.wait_routed()
    assert list(tenant.api.items(order.path)) == []
    # When a quarter of an hour has passed, then it counts no more
    fleet.step_clock(RESERVED_SECONDS + 1)
    acting = login_operator(fleet.url).with_headers(X_Tenant_Id=tenant.id)
    eventually(lambda: counted(acting) == dict.fromkeys(order.counts, (0, 0)), 30.0)
