"""Flags of one name in several tenants, read and changed in turn."""

from __future__ import annotations

from tests.support.api import Api
from tests.support.identities import Tenant, create_tenant

FLAG = "/api/config/v1/flags/checkout"


def test_each_tenant_goes_by_its_own_flag_whoever_reads_or_changes_theirs_before(
    operator: Api, tenant: Tenant, other_tenant: Tenant
) -> None:
    tenants = [tenant, other_tenant, create_tenant(operator)]
    set_to = [100, 0, 100]
    for each, percentage in zip(tenants, set_to, strict=True):
        each.api.ok("PUT", FLAG, json={"enabled": True, "percentage": percentage})

    def read() -> list[bool]:
        return [each.api.ok("GET", f"{FLAG}/evaluate", params={"subject": "s"})["enabled"] for each in tenants]

    assert read() == read()[::-1] == [True, False, True]
    tenants[2].api.ok("PUT", FLAG, json={"enabled": False, "percentage": 100})
    assert read() == [True, False, False]
    tenants[1].api.ok("PUT", FLAG, json={"enabled": True, "percentage": 100})
    assert read() == [True, True, False]
