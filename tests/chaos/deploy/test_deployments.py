"""Events of a tenant's standing come late or twice; its rollouts go by the newest one."""

from typing import Any

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.deploying import DEPLOY, deployment_in, make_environment, start_deployment
from tests.support.identities import Tenant

TENANTS = "/api/tenants/v1/tenants"


def test_a_suspension_that_comes_after_the_tenant_was_resumed_stops_nothing(
    tenant: Tenant, operator: Api, bus: Bus
) -> None:
    # Given a tenant that was suspended and resumed, and a rollout that takes its time
    operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend")
    operator.ok("POST", f"{TENANTS}/{tenant.id}/resume")
    suspended, resumed = bus.of_subject("tenants.events", tenant.id, count=3)[-2:]
    assert [suspended["type"], resumed["type"]] == ["tenants.tenant.suspended", "tenants.tenant.resumed"]
    started = start_deployment(tenant.operator, make_environment(tenant.operator), release=slow())
    deployment_in(tenant.operator, started["id"], "in_progress")
    # When the suspension is delivered once more, as a dead letter that is replayed
    bus.send("tenants.events", {**suspended, "id": f"{suspended['id']}-replayed"})
    # Then what stops the rollout is the next suspension that there really is
    operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend")
    paused = bus.events("deploy.events", lambda event: is_paused(event, started["id"]), timeout=15.0)
    latest = bus.events(
        "tenants.events",
        lambda event: event["subject"] == tenant.id and event["sequence"] > resumed["sequence"],
    )
    assert paused[0]["correlationid"] == latest[0]["correlationid"]
    # And it goes on when the tenant does
    operator.ok("POST", f"{TENANTS}/{tenant.id}/resume")
    assert deployment_in(tenant.operator, started["id"], "in_progress", timeout=15.0)["reason"] is None
    tenant.operator.ok("POST", f"{DEPLOY}/deployments/{started['id']}/cancel")


def slow() -> dict[str, Any]:
    """A release that takes ten minutes to come up."""
    return {"image": "web:slow", "startup_seconds": 600}


def is_paused(event: dict[str, Any], deployment_id: str) -> bool:
    return (
        event["subject"] == deployment_id
        and event["type"] == "deploy.deployment.state_changed"
        and event["data"]["state"] == "paused"
    )
