"""Policies bind what a pool and its backends become, whoever else changes them at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.balancing import make_pool
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import held_rows

POOL = "SELECT id FROM loadbalancer.pools WHERE id = %s FOR UPDATE"


def deny_both(tenant: Tenant, noun: str, values: dict[str, Any]) -> None:
    """A policy against a resource that has all of these values."""
    conditions = [{"field": field, "operator": "equals", "value": value} for field, value in values.items()]
    body = {
        "name": "not both",
        "effect": "deny",
        "actions": [f"loadbalancer.{noun}s.update"],
        "resource_types": [noun],
        "conditions": conditions,
    }
    tenant.api.ok("POST", "/api/compliance/v1/policies", 201, json=body)


@pytest.mark.services("compliance")
@pytest.mark.parametrize(
    ("noun", "values"),
    [("pool", {"rise": 7, "fall": 8}), ("backend", {"weight": 9, "state": "draining"})],
    ids=["pool", "backend"],
)
def test_two_changes_at_once_add_up_to_nothing_that_a_policy_denies(
    fleet: FleetControl, tenant: Tenant, noun: str, values: dict[str, Any]
) -> None:
    pool, [backend] = make_pool(tenant.api, 1)
    path = pool if noun == "pool" else f"{pool}/backends/{backend}"
    deny_both(tenant, noun, values)
    with ThreadPoolExecutor(2) as threads:
        # Given two changes, each of which is allowed on what is there
        with held_rows(fleet, "loadbalancer", POOL, pool.rpartition("/")[2]) as rows:
            asked = [
                threads.submit(tenant.api.request, "PATCH", path, json={field: value})
                for field, value in values.items()
            ]
            rows.wait_for(2)
        # When both go on, then the second is judged by what the first has made of it
        assert sorted(each.result().status_code for each in asked) == [200, 403]
    shown = tenant.api.ok("GET", pool)
    present = shown if noun == "pool" else shown["backends"][0]
    assert {field: present[field] for field in values} != values
