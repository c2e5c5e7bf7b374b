"""What deploy tells on the event bus."""

from tests.support.bus import Bus
from tests.support.deploying import (
    DEPLOY,
    apply_resources,
    deployment_in,
    make_environment,
    make_plan,
    null,
    start_deployment,
)
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


def test_whoever_hears_that_an_apply_has_ended_reads_it_ended_and_its_state_written(tenant: Tenant, bus: Bus) -> None:
    # Given an apply that was only just accepted
    environment = make_environment(tenant.api)
    plan = make_plan(tenant.api, environment, null("a"), null("b", "a"))
    accepted = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
    # When its end is told, then nobody reads anything older
    ended = bus.of_subject("deploy.events", accepted["id"], count=3)[-1]
    read = tenant.api.ok("GET", f"{DEPLOY}/applies/{accepted['id']}")
    assert (read["state"], read["version"]) == (ended["data"]["state"], ended["sequence"]) == ("succeeded", 3)
    assert tenant.api.ok("GET", f"{environment}/state")["serial"] == ended["data"]["serial"] == 1


def test_a_step_says_how_often_it_was_handed_over_and_taken(tenant: Tenant) -> None:
    done = apply_resources(tenant.api, make_environment(tenant.api), null("a"))
    (step,) = done["steps"]
    assert {key: value for key, value in step.items() if key != "resource_id"} == {
        "address": "null.a",
        "action": "create",
        "state": "done",
        "reason": None,
        "dispatches": 1,
        "attempts": 1,
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
