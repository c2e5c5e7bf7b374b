"""Backends as resources."""

from __future__ import annotations

from typing import Any

from tests.support.balancing import make_pool
from tests.support.identities import Tenant


def test_a_stale_version_changes_nothing(tenant: Tenant) -> None:
    pool, [backend] = make_pool(tenant.api, 1)
    path = f"{pool}/backends/{backend}"
    stale: dict[str, Any] = {"headers": {"If-Match": '"1"'}}
    assert tenant.api.ok("PATCH", path, json={"weight": 2}, **stale)["version"] == 2
    tenant.api.refused("PATCH", path, 412, "version_conflict", json={"weight": 9}, **stale)
    assert tenant.api.ok("GET", pool)["backends"][0]["weight"] == 2
