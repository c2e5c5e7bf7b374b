"""Tenants that are closed while something is being made for them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.identities import Tenant, create_tenant
from tests.support.storing import STORAGE, in_use

KINDS = ("buckets", "volumes", "snapshots")
MAKERS = 12


def test_a_tenant_that_is_closed_in_the_middle_of_creations_leaves_nothing_behind(operator: Api) -> None:
    tenants = [create_tenant(operator) for _ in range(3)]
    with ThreadPoolExecutor(MAKERS) as threads:
        # Given tenants for which buckets and volumes are being made by several clients, when they are closed meanwhile
        answers = {status for tenant in tenants for status in _closed_while_making(threads, tenant)}
    # Then whoever comes too late is refused, and no answer is an error of ours
    assert answers <= {201, 401, 403}, answers
    # And soon there is neither anything left, nor quota in use
    for tenant in tenants:
        eventually(lambda acting=tenant.operator: _left(acting) == [[], [], []], 30.0)  # type: ignore[misc]
        eventually(lambda acting=tenant.operator: _counted(acting) == [0, 0, 0], 30.0)  # type: ignore[misc]


def _closed_while_making(threads: Executor, tenant: Tenant) -> Iterable[int]:
    makers: list[Future[int]] = [threads.submit(_make, tenant, number) for number in range(MAKERS)]
    eventually(lambda: any(each.done() for each in makers))
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    return [each.result() for each in makers]


def _make(tenant: Tenant, number: int) -> int:
    """Make a bucket or a volume; the answer's status."""
    if number % 2:
        return tenant.api.post(f"{STORAGE}/buckets", json={"name": f"bucket-{number}"}).status_code
    return tenant.api.post(f"{STORAGE}/volumes", json={"name": "v", "size_gib": 1, "zone": "nimbus-eu-1a"}).status_code


def _left(acting: Api) -> list[list[object]]:
    return [list(acting.items(f"{STORAGE}/{kind}")) for kind in KINDS]


def _counted(acting: Api) -> list[int]:
    return [in_use(acting, kind) for kind in KINDS]
