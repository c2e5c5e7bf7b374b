"""Every service answers through the one address, with its own document and under its own access rules."""

import pytest

from tests.support.identities import Tenant

SERVICES = (
    "auth", "tenants", "compute", "network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy",
    "monitor", "billing", "audit", "compliance",
)  # fmt: skip


@pytest.mark.parametrize("service", [pytest.param(name, marks=pytest.mark.services(name)) for name in SERVICES])
def test_service_shows_its_document_through_the_gateway(tenant: Tenant, service: str) -> None:
    document = tenant.api.ok("GET", f"/api/{service}/openapi.json")
    assert document["openapi"].startswith("3.")
    assert all(path.startswith("/v1/") for path in document["paths"])
    assert len(document["paths"]) >= 3
