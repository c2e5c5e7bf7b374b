"""Nobody but operators and the platform itself votes or decides who votes."""

from tests.support.api import Api
from tests.support.deploying import DEPLOY, make_environment, start_deployment
from tests.support.identities import Tenant


def test_tenants_neither_propose_nor_vote_nor_remove_members(tenant: Tenant, member: Api, viewer: Api) -> None:
    environment = make_environment(tenant.api)
    deployment = f"{DEPLOY}/deployments/{start_deployment(tenant.api, environment)['id']}"
    vote = {"term": 1, "member": "deploy-worker", "approve": True}
    for api in (tenant.api, member, viewer):
        api.refused("POST", f"{deployment}/votes", 403, "forbidden", json=vote)
        api.refused("POST", f"{deployment}/ballots", 403, "forbidden", json={"term": 1})
        api.refused("GET", f"{DEPLOY}/controller/members", 403, "forbidden")
        api.refused("DELETE", f"{DEPLOY}/controller/members/deploy-worker", 403, "forbidden")
    viewer.refused("PUT", f"{environment}/protection", 403, "forbidden", json={"protected": True})


def test_another_tenants_admission_is_not_found(tenant: Tenant, other_tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    deployment = f"{DEPLOY}/deployments/{start_deployment(tenant.api, environment)['id']}"
    other_tenant.api.refused("GET", f"{deployment}/admission", 404, "not_found")
    other_tenant.api.refused("PUT", f"{environment}/protection", 404, "not_found", json={"protected": True})
