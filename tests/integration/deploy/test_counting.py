"""How much of deploy a tenant may have: deployments under way by its quota, and a hundred environments."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.deploying import DEPLOY, deployment_in, make_environment, start_deployment
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import add_row
from tests.support.tables import locked_table
from tests.support.zones import quota

SLOW = {"image": "web:slow", "startup_seconds": 600}
MOST_ENVIRONMENTS = 100
ENVIRONMENTS = """
INSERT INTO deploy.environments (id, tenant_id, name, protected, version)
SELECT %s || number, %s, 'env-' || number, false, 1 FROM generate_series(1, %s) AS number
"""


def limit(tenant: Tenant, deployments: int) -> None:
    tenant.operator.ok("PUT", "/api/tenants/v1/quotas/deployments", json={"limit": deployments})


@pytest.mark.services("tenants")
def test_of_deployments_at_once_as_many_begin_as_the_quota_allows_and_give_it_back_when_they_end(
    tenant: Tenant,
) -> None:
    limit(tenant, 2)
    environments = [make_environment(tenant.api, f"env-{number}") for number in range(5)]
    body = {"release": SLOW, "replicas": 2, "progress_deadline_seconds": 600}
    # When five are started at once, then two begin, and the others leave nothing behind
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda path: tenant.api.post(f"{path}/deployments", json=body), environments))
    refused = [path for path, answer in zip(environments, answers, strict=True) if answer.status_code == 403]
    begun = [answer.json() for answer in answers if answer.status_code == 201]
    assert (len(begun), len(refused)) == (2, 3), [answer.text for answer in answers]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 403} == {"quota_exceeded"}
    eventually(lambda: quota(tenant.api, "deployments") == (2, 0))
    for path in refused:
        assert list(tenant.api.items(f"{path}/deployments")) == []
        eventually(lambda path=path: tenant.api.ok("GET", f"{path}/lock")["locked"] is False)  # type: ignore[misc]
    # When one is given up, then another one may begin, and one that succeeds counts no more
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{begun[0]['id']}/cancel")
    eventually(lambda: quota(tenant.api, "deployments") == (1, 0))
    for path in refused:
        deployment_in(tenant.api, start_deployment(tenant.api, path)["id"], "succeeded")
        eventually(lambda: quota(tenant.api, "deployments") == (1, 0))


@pytest.mark.services("tenants")
def test_who_has_no_quota_left_may_go_back_to_what_worked(tenant: Tenant) -> None:
    # Given two revisions that were rolled out, and as many deployments under way as there may be
    environment, other = make_environment(tenant.api), make_environment(tenant.api, "other")
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 3)["id"], "succeeded")
    second = start_deployment(tenant.api, environment, 2)
    deployment_in(tenant.api, second["id"], "succeeded")
    start_deployment(tenant.api, other, release=SLOW, progress_deadline_seconds=600)
    eventually(lambda: quota(tenant.api, "deployments") == (1, 0))
    limit(tenant, 1)
    # When the second one is taken back, then that is no deployment more
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{second['id']}/rollback")
    assert deployment_in(tenant.api, second["id"], "rolled_back")["old_ready"] == 3
    assert quota(tenant.api, "deployments") == (1, 0)


def test_of_environments_at_once_as_many_are_made_as_there_may_be(tenant: Tenant, fleet: FleetControl) -> None:
    # Given all but two of the environments that a tenant may have
    add_row(fleet, "deploy", ENVIRONMENTS, f"env-of-{tenant.id}-", tenant.id, MOST_ENVIRONMENTS - 2)

    def make(number: int) -> Any:
        return tenant.api.post(f"{DEPLOY}/environments", json={"name": f"more-{number}"})

    # When five are made, none of which is committed before the others have come as far as they can
    with ThreadPoolExecutor(5) as pool:
        with locked_table(fleet, "deploy") as outbox:
            asked = [pool.submit(make, number) for number in range(5)]
            outbox.wait_for_somebody()
            outbox.wait_for_somebody_at_a_row()
        answers = [each.result() for each in asked]
    # Then there are as many as there may be
    assert sorted(answer.status_code for answer in answers) == [201, 201, 422, 422, 422]
    refused = [answer.json() for answer in answers if answer.status_code == 422]
    assert {(each["code"], each["limit"]) for each in refused} == {
        ("deployment_environment_limit_reached", MOST_ENVIRONMENTS)
    }
    assert len(list(tenant.api.items(f"{DEPLOY}/environments"))) == MOST_ENVIRONMENTS
    # And when one is deleted there is room for another
    tenant.api.ok("DELETE", f"{DEPLOY}/environments/env-1", 204)
    make_environment(tenant.api, "last")
