"""The gateway's cost grows with the requests and with nothing else."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.support.identities import Tenant


def seconds_for(tenant: Tenant, count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        assert tenant.api.get("/api/auth/v1/jwks").status_code == 200
    return time.perf_counter() - started


def test_time_grows_in_proportion_to_the_number_of_requests(tenant: Tenant) -> None:
    seconds_for(tenant, 5)
    few = min(seconds_for(tenant, 10) for _ in range(3))
    many = seconds_for(tenant, 40)
    assert many / few < 12


def test_concurrent_requests_of_a_tenant_all_succeed(tenant: Tenant) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tenant.api.get("/api/tenants/v1/quotas").status_code, range(40)))
    assert answers == [200] * 40
