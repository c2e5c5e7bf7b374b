"""Many orders for the same host at once: each is placed, refused for want of room, or told to come again."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.support.api import Api
from tests.support.computing import INSTANCES, create_host, dedicated, used_of
from tests.support.eventually import eventually
from tests.support.identities import Tenant

ORDERS, ROOM = 24, 8


def test_a_crowd_of_orders_gets_exactly_what_there_is_and_loses_no_quota(operator: Api, tenant: Tenant) -> None:
    for resource in ("instances", "vcpus"):
        tenant.operator.ok("PUT", f"/api/tenants/v1/quotas/{resource}", json={"limit": 2 * ORDERS})
    host = create_host(operator, tenant, millicores=100 * ROOM)
    clients = [tenant.api.with_headers() for _ in range(ORDERS)]

    def order(client: Api) -> tuple[int, str]:
        answer = client.post(INSTANCES, json=dedicated(), timeout=60)
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) >= 1
        return answer.status_code, answer.json().get("code", "")

    with ThreadPoolExecutor(ORDERS) as pool:
        answers = Counter(pool.map(order, clients))

    placed = answers.pop((201, ""))
    assert 1 <= placed <= ROOM, answers
    assert set(answers) <= {(409, "no_valid_host"), (503, "placement_contended"), (503, "busy")}, answers
    assert used_of(operator, host["id"])["instances"] == placed

    def quota() -> tuple[int, int]:
        entries = tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"]
        return next((entry["used"], entry["reserved"]) for entry in entries if entry["resource"] == "instances")

    eventually(lambda: quota() == (placed, 0), timeout=30)
