"""Environments."""

from tests.support.deploying import DEPLOY, apply_resources, make_environment, null
from tests.support.identities import Tenant


def test_an_environment_with_resources_cannot_be_deleted(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    tenant.api.refused("POST", f"{DEPLOY}/environments", 409, "environment_exists", json={"name": "prod"})
    apply_resources(tenant.api, environment, null("a"))
    tenant.api.refused("DELETE", environment, 409, "environment_not_empty")
    apply_resources(tenant.api, environment)
    tenant.api.ok("DELETE", environment, 204)
    tenant.api.refused("GET", environment, 404, "not_found")
