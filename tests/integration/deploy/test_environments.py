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


def test_the_history_of_a_state_goes_by_its_serials(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    serials = [9, 10, 11, 100]
    for serial in serials:
        document = {"version": 4, "serial": serial, "lineage": "3f2a", "outputs": {}}
        tenant.api.ok("POST", f"{DEPLOY}/states/prod", 200, json=document)
    versions = tenant.api.ok("GET", f"{environment}/state/history")["versions"]
    assert [version["serial"] for version in versions] == serials[::-1]
