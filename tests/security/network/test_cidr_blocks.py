"""Policies bind what a VPC becomes, whoever else changes it at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.networking import VPCS, create_vpc
from tests.support.rows import held_rows

ADDRESS_SPACE = "SELECT pg_advisory_xact_lock(hashtextextended('network.vpcs:' || %s, 0))"


@pytest.mark.services("compliance")
def test_a_range_is_judged_by_what_the_vpc_is_when_it_gets_it(fleet: FleetControl, tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    path = f"{VPCS}/{vpc['id']}"
    policy: dict[str, Any] = {
        "name": "frozen",
        "effect": "deny",
        "actions": ["network.vpcs.update"],
        "resource_types": ["vpc"],
        "conditions": [
            {"field": "name", "operator": "equals", "value": "frozen"},
            {"field": "cidr_blocks", "operator": "not_equals", "value": []},
        ],
    }
    tenant.api.ok("POST", "/api/compliance/v1/policies", 201, json=policy)
    with ThreadPoolExecutor(1) as threads:
        # Given a range that was allowed, and that isn't there yet
        with held_rows(fleet, "network", ADDRESS_SPACE, tenant.id) as rows:
            asked = threads.submit(tenant.api.post, f"{path}/cidr-blocks", json={"cidr": "10.1.0.0/16"})
            rows.wait_for(1)
            # When the VPC becomes one that must not have it
            tenant.api.ok("PATCH", path, json={"name": "frozen"})
        # Then it doesn't get it
        assert asked.result().status_code == 403, asked.result().text
    assert tenant.api.ok("GET", path)["cidr_blocks"] == []
