"""Requests that lock an environment are cut off in the middle; nobody has to free anything by hand afterwards."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.deploying import DEPLOY, apply_resources, make_environment, make_plan, null
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import locked_table, under_way

FREED_SECONDS = 15.0
"""Far above the two seconds after which leftovers are looked for; below anybody's patience."""
INFO = {"ID": "a terminal's", "Operation": "OperationTypeApply", "Who": "ana@laptop"}

Request = Callable[[Api, str], tuple[str, str, Any]]


def apply(api: Api, environment: str) -> tuple[str, str, Any]:
    plan = make_plan(api, environment, null("a"), null("b"))
    return "POST", f"{environment}/applies", {"plan_id": plan["id"]}


def deployment(_api: Api, environment: str) -> tuple[str, str, Any]:
    return "POST", f"{environment}/deployments", {"release": {"image": "web:1"}, "replicas": 2}


def terraform(_api: Api, _environment: str) -> tuple[str, str, Any]:
    return "LOCK", f"{DEPLOY}/states/prod", INFO


def plan(_api: Api, environment: str) -> tuple[str, str, Any]:
    return "POST", f"{environment}/plans", {"resources": [null("z")]}


def environment_of(tenant: Tenant) -> str:
    """An environment with a resource, and nobody in it."""
    environment = make_environment(tenant.api)
    apply_resources(tenant.api, environment, null("a"))
    assert eventually(lambda: tenant.api.ok("GET", f"{environment}/lock")["locked"] is False)
    return environment


def ensure_free(tenant: Tenant, environment: str) -> None:
    """Everything that needs the lock can have it, without anybody's help."""
    assert eventually(lambda: tenant.api.ok("GET", f"{environment}/lock")["locked"] is False, FREED_SECONDS)
    make_plan(tenant.api, environment, null("c"))
    tenant.api.ok("LOCK", f"{DEPLOY}/states/prod", 200, json={**INFO, "ID": "another's"})


@pytest.mark.parametrize("request_of", [apply, deployment, terraform, plan])
def test_a_request_that_dies_with_its_service_leaves_no_lock(
    fleet: FleetControl, tenant: Tenant, request_of: Request
) -> None:
    # Given a request that has come as far as telling what it did
    environment = environment_of(tenant)
    method, path, body = request_of(tenant.api, environment)
    with locked_table(fleet, "deploy") as table, under_way(tenant.api, method, path, json=body) as answer:
        table.wait_for_somebody()
        # When its process is killed
        fleet.kill("deploy")
        assert answer.result() != 200
    fleet.start("deploy")
    fleet.wait_healthy("deploy")
    fleet.wait_routed()
    # Then the environment is free soon after
    ensure_free(tenant, environment)


@pytest.mark.parametrize("request_of", [apply, terraform])
def test_a_request_whose_database_session_is_ended_leaves_no_lock(
    fleet: FleetControl, tenant: Tenant, request_of: Request
) -> None:
    environment = environment_of(tenant)
    method, path, body = request_of(tenant.api, environment)
    with locked_table(fleet, "deploy") as table, under_way(tenant.api, method, path, json=body) as answer:
        table.wait_for_somebody()
        table.end_who_waits()
        assert answer.result() >= 500
    ensure_free(tenant, environment)


def test_a_plan_under_which_etcd_dies_leaves_no_lock(fleet: FleetControl, tenant: Tenant) -> None:
    # Given a plan that waits for the object store, with the environment locked
    environment = environment_of(tenant)
    method, path, body = plan(tenant.api, environment)
    fleet.pause("minio")
    with under_way(tenant.api, method, path, json=body) as answer:
        assert eventually(lambda: tenant.api.ok("GET", f"{environment}/lock")["operation"] == "plan")
        # When etcd dies before it can be freed
        fleet.kill("etcd")
        fleet.resume("minio")
        assert answer.result() == 503
    fleet.start("etcd")
    fleet.wait_healthy("etcd")
    # Then it is freed when etcd is back
    ensure_free(tenant, environment)
