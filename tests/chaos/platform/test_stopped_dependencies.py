"""Services that are stopped, and not silent: nobody waits for who has gone."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

SOON = 8.0
"""Seconds; a request has fifteen, and an answer that is waited for in vain takes five of them."""
STOPPED = ("tenants", "compliance")
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/api/compute/v1/server-groups", {"name": "web", "policy": "affinity"}),
    ("/api/network/v1/vpcs", {"name": "main", "cidr": "10.0.0.0/16"}),
    ("/api/storage/v1/volumes", {"name": "data", "size_gib": 1, "zone": "nimbus-eu-1a"}),
    ("/api/dns/v1/zones", {"name": "stopped.example"}),
)


def wrong(api: Api) -> list[str]:
    """What is wrong with the answers to requests that are made side by side: each is a success, or 503 that says when
    to come back, and soon."""

    def told(call: tuple[str, dict[str, Any]]) -> str:
        began = time.monotonic()
        try:
            answer = api.client.post(call[0], json=call[1], timeout=30.0)
        except httpx.HTTPError as error:
            return f"{call[0]}: {type(error).__name__}"
        seconds = time.monotonic() - began
        good = answer.is_success or (answer.status_code == 503 and "retry-after" in answer.headers)
        return (
            "" if good and seconds < SOON else f"{call[0]}: {answer.status_code} after {seconds:.1f} s: {answer.text}"
        )

    with ThreadPoolExecutor(len(CALLS)) as threads:
        return [line for line in threads.map(told, CALLS) if line]


@pytest.mark.services("compute", "network", "storage", "dns", *STOPPED)
@pytest.mark.timeout(180)
def test_who_needs_services_that_are_stopped_is_told_so_soon_and_served_when_they_are_back(
    tenant: Tenant, fleet: FleetControl
) -> None:
    # When both end, then requests are answered soon: while they end, at first afterwards, and later
    with ThreadPoolExecutor(len(STOPPED)) as stopping:
        ended = [stopping.submit(fleet.stop, name) for name in STOPPED]
        answers = [wrong(tenant.api)]
        for each in ended:
            each.result()
    answers += [wrong(tenant.api), wrong(tenant.api)]
    assert answers == [[], [], []]
    # And as before once they are back
    for name in STOPPED:
        fleet.start(name)
    for name in STOPPED:
        fleet.wait_healthy(name)
    for path, body in CALLS:
        # A name that the first answers may have used up is taken, which is an answer as well.
        eventually(lambda path=path, body=body: api_status(tenant.api, path, body) in (201, 409), 20.0)  # type: ignore[misc]


def api_status(api: Api, path: str, body: dict[str, Any]) -> int:
    """The status of an answer."""
    return api.post(path, json=body).status_code
