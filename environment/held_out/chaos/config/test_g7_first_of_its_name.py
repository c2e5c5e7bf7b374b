"""What several make at once that there isn't yet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import locked_table

CONFIG = "/api/config/v1"
LEVELS = ("default", "environment", "override")


def at_once(fleet: FleetControl, tenant: Tenant, table: str, wanted: list[tuple[str, dict[str, Any]]]) -> list[int]:
    """The statuses of requests that have all looked for something before any of them could make it."""
    with ThreadPoolExecutor(len(wanted)) as threads:
        with locked_table(fleet, "config", table) as held:
            asked = [threads.submit(tenant.api.put, f"{CONFIG}/{path}", json=body) for path, body in wanted]
            eventually(lambda: len(held.waiting()) == len(wanted))
        return [each.result().status_code for each in asked]


def test_three_layers_of_a_new_environment_are_all_kept(fleet: FleetControl, tenant: Tenant) -> None:
    wanted = [(f"layers/staging/{level}", {"values": {level: True}}) for level in LEVELS]
    assert at_once(fleet, tenant, "environments", wanted) == [200] * 3
    tenant.api.ok("POST", f"{CONFIG}/environments/staging/publish", 201, json={})
    found = tenant.api.ok("GET", f"{CONFIG}/effective", params={"environment": "staging"})
    assert found["values"] == dict.fromkeys(LEVELS, True)


def test_a_new_flag_that_three_set_alike_is_one_flag(fleet: FleetControl, tenant: Tenant) -> None:
    wanted: list[tuple[str, dict[str, Any]]] = [("flags/dark-mode", {"enabled": True, "percentage": 100})] * 3
    assert at_once(fleet, tenant, "flags", wanted) == [200] * 3
    flag = tenant.api.ok("GET", f"{CONFIG}/flags/dark-mode")
    assert (flag["enabled"], flag["percentage"], flag["version"]) == (True, 100, 3)
    answer = tenant.api.ok("GET", f"{CONFIG}/flags/dark-mode/evaluate", params={"subject": "s"})
    assert answer["enabled"] is True
