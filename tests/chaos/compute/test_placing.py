"""Many orders for the same host at once: each is placed or refused for want of room, and told so, if late."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.api import Api
from tests.support.computing import INSTANCES, create_host, dedicated, used_of
from tests.support.eventually import eventually
from tests.support.identities import Tenant

TELLS_TO_COME_AGAIN = {(429, "too_many_at_once"), (503, "placement_contended"), (503, "busy")}
UNKNOWN = {(504, "deadline_exceeded"), (503, "upstream_unavailable"), (409, "idempotency_key_in_use")}
"""No answer in time, on a machine that is slower than sixty orders at once: the key tells what became of the order."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("orders", "room"), [(24, 8), (60, 40)])
def test_a_crowd_of_orders_gets_exactly_what_there_is_and_loses_no_quota(
    operator: Api, tenant: Tenant, orders: int, room: int
) -> None:
    for resource in ("instances", "vcpus"):
        tenant.operator.ok("PUT", f"/api/tenants/v1/quotas/{resource}", json={"limit": 2 * orders})
    host = create_host(operator, tenant, millicores=100 * room)
    clients = [tenant.api.with_headers() for _ in range(orders)]

    def order(client: Api) -> tuple[int, str]:
        """The answer, asked for again under the same key as often as the client is told to, as a client does."""
        key = {"Idempotency-Key": f"order-{uuid.uuid4().hex}"}
        for _ in range(20):
            answer = client.post(INSTANCES, json=dedicated(), headers=key, timeout=60)
            said = answer.status_code, answer.json().get("code", "")
            if said not in TELLS_TO_COME_AGAIN | UNKNOWN:
                break
            time.sleep(int(answer.headers.get("Retry-After", 1)))
        return said

    with ThreadPoolExecutor(orders) as pool:
        answers = Counter(pool.map(order, clients))

    assert answers == {(201, ""): room, (409, "no_valid_host"): orders - room}
    assert used_of(operator, host["id"])["instances"] == room

    def quota() -> tuple[int, int]:
        entries = tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"]
        return next((entry["used"], entry["reserved"]) for entry in entries if entry["resource"] == "instances")

    eventually(lambda: quota() == (room, 0), timeout=30)


def test_orders_that_lose_a_host_to_each_other_wait_for_their_turn_and_not_for_each_other(
    operator: Api, tenant: Tenant
) -> None:
    # Given several hosts, so that who has lost one of them goes for another that somebody else may have in hand
    for _ in range(3):
        create_host(operator, tenant, millicores=1_000)
    clients = [tenant.api.with_headers() for _ in range(10)]

    def order(client: Api) -> int:
        return client.post(INSTANCES, json=dedicated(), timeout=60).status_code

    for _ in range(2):
        with ThreadPoolExecutor(len(clients)) as pool:
            answers = Counter(pool.map(order, clients))
        # Then nobody is told that others change the same, which a circle of those that wait would end in
        assert answers == {201: len(clients)}
