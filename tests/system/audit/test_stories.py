"""One story over several services, told by the trail."""

import pytest

from tests.support.eventually import eventually
from tests.support.identities import Tenant


@pytest.mark.services("tenants", "auth")
def test_a_tenants_life_is_told_in_order(tenant: Tenant) -> None:
    tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Shop"})
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/resume")

    def life() -> list[str]:
        records = tenant.operator.items("/api/audit/v1/records", subject=tenant.id)
        return [record["type"] for record in records if record["type"].startswith("tenants.tenant")]

    eventually(lambda: len(life()) >= 3)
    assert life() == ["tenants.tenant.created", "tenants.tenant.suspended", "tenants.tenant.resumed"]
    assert tenant.operator.ok("POST", "/api/audit/v1/verifications")["valid"] is True
