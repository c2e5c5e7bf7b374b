"""Many connections at the same moment, in a pool of unequal backends."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.support.balancing import make_pool, pick
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import held_rows

BACKENDS_OF = "SELECT id FROM loadbalancer.backends WHERE pool_id = %s FOR UPDATE"


def test_connections_at_once_follow_the_same_sequence_as_one_after_the_other(
    fleet: FleetControl, tenant: Tenant
) -> None:
    pool, (first, second) = make_pool(tenant.api, 2, 1)
    with ThreadPoolExecutor(6) as threads:
        with held_rows(fleet, "loadbalancer", BACKENDS_OF, pool.rpartition("/")[2]) as rows:
            picked = [threads.submit(pick, tenant.api, pool) for _ in range(6)]
            rows.wait_for(6)
        assert Counter(each.result() for each in picked) == {first: 4, second: 2}
    counted = {each["id"]: each["connections"] for each in tenant.api.ok("GET", pool)["backends"]}
    assert counted == {first: 4, second: 2}
