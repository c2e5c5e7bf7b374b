"""Quota of deployments that nothing has settled: the service that would have settled it was gone."""

import pytest

from tests.support.deploying import make_environment, paused_deployment
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.quotas import count_what_does_not_exist
from tests.support.zones import quota


@pytest.mark.services("tenants")
def test_quota_of_a_deployment_that_there_is_not_comes_back_and_that_of_one_under_way_stays(
    tenant: Tenant, fleet: FleetControl
) -> None:
    paused_deployment(tenant.api, make_environment(tenant.api))
    count_what_does_not_exist(tenant, "deployments", "dep-0.deployments")
    eventually(lambda: quota(tenant.api, "deployments") == (2, 0))
    fleet.step_clock(310)
    fleet.restart("deploy")
    eventually(lambda: quota(tenant.api, "deployments") == (1, 0), timeout=20)
