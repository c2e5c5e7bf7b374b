"""Resources are known where they are, from their making to their end."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.identities import Tenant

RESOURCES = "/api/compliance/v1/resources"
ZONES = "/api/dns/v1/zones"


def known(api: Api, kind: str = "zone") -> list[str]:
    return [item["resource_id"] for item in api.items(RESOURCES, resource_type=kind)]


@pytest.mark.services("dns")
def test_two_tenants_have_each_their_own_until_it_is_gone(operator: Api, tenant: Tenant, other_tenant: Tenant) -> None:
    zones = {
        each.id: each.api.ok("POST", ZONES, 201, json={"name": f"{each.id[2:14]}.example"})["id"]
        for each in (tenant, other_tenant)
    }
    eventually(lambda: known(tenant.api) == [zones[tenant.id]], timeout=20)
    eventually(lambda: known(other_tenant.api) == [zones[other_tenant.id]], timeout=20)
    assert set(known(operator)).isdisjoint(zones.values())

    tenant.api.ok("DELETE", f"{ZONES}/{zones[tenant.id]}", 204)
    eventually(lambda: known(tenant.api) == [], timeout=20)
    assert known(other_tenant.api) == [zones[other_tenant.id]]
