"""Tenants that are closed while something is being made for them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.identities import Tenant, create_tenant

MAKERS = 10

Make = Callable[[Tenant, int], int]


def closed_while_making(operator: Api, make: Make) -> tuple[Tenant, set[int]]:
    """A tenant that was closed while `make(tenant, number)` ran ten times side by side; the statuses that it gave."""
    tenant = create_tenant(operator)
    with ThreadPoolExecutor(MAKERS) as threads:
        makers = [threads.submit(make, tenant, number) for number in range(MAKERS)]
        eventually(lambda: any(each.done() for each in makers))
        tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
        return tenant, {each.result() for each in makers}
