"""What deploy tells on the event bus."""

from tests.support.bus import Bus
from tests.support.deploying import apply_resources, deployment_in, make_environment, null, start_deployment
from tests.support.identities import Tenant


def test_an_apply_tells_each_of_its_steps_in_order_under_the_callers_correlation_id(tenant: Tenant, bus: Bus) -> None:
    api = tenant.api.with_headers(X_Correlation_Id="apply-under-test")
    environment = make_environment(api)
    done = apply_resources(api, environment, null("a"))
    events = bus.of_subject("deploy.events", done["id"], count=3)
    assert [event["type"] for event in events] == [
        "deploy.apply.queued",
        "deploy.apply.started",
        "deploy.apply.succeeded",
    ]
    assert [event["sequence"] for event in events] == [1, 2, 3]
    assert {event["tenantid"] for event in events} == {tenant.id}
    assert len({event["actor"] for event in events}) == 1
    assert events[-1]["data"] == {
        "id": done["id"],
        "environment": "prod",
        "plan_id": done["plan_id"],
        "state": "succeeded",
        "serial": 1,
        "reason": None,
    }


def test_a_deployment_tells_its_states_in_the_order_of_its_life_cycle(tenant: Tenant, bus: Bus) -> None:
    environment = make_environment(tenant.api)
    deployed = deployment_in(tenant.api, start_deployment(tenant.api, environment)["id"], "succeeded")
    changes = bus.events(
        "deploy.events",
        lambda event: event["subject"] == deployed["id"] and event["type"].endswith("state_changed"),
        count=2,
    )
    assert [(each["data"]["from"], each["data"]["state"]) for each in changes] == [
        ("pending", "in_progress"),
        ("in_progress", "succeeded"),
    ]
    assert changes[-1]["sequence"] == deployed["version"]


def test_the_document_of_the_api_describes_every_public_path(tenant: Tenant) -> None:
    paths = tenant.api.ok("GET", "/api/deploy/openapi.json")["paths"]
    assert {"/v1/environments/{name}/plans", "/v1/applies/{id}", "/v1/states/{workspace}"} <= set(paths)
    assert set(paths["/v1/deployments/{id}"]) == {"get"}
