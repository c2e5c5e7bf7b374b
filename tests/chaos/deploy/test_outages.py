"""The worker or its broker is away for a while; what was accepted is done once, later."""

from tests.support.api import Api
from tests.support.deploying import (
    DEPLOY,
    deployment_in,
    ended_apply,
    make_environment,
    make_leader,
    make_plan,
    null,
    start_deployment,
)
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

WORKER = "deploy-worker"
READY = "/readyz"


def test_an_apply_that_was_accepted_while_the_worker_hung_is_done_when_it_goes_on(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given a worker that hangs
    environment = make_environment(tenant.api)
    plan = make_plan(tenant.api, environment, null("a"), null("b", "a"))
    with fleet.paused(WORKER):
        accepted = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
        # Then the apply waits, and its environment is locked meanwhile
        assert tenant.api.ok("GET", f"{DEPLOY}/applies/{accepted['id']}")["state"] == "queued"
        assert tenant.api.ok("GET", f"{environment}/lock")["owner"] == accepted["id"]
    # When the worker goes on it is done, once, and the lock is freed
    done = ended_apply(tenant.api, accepted["id"])
    assert (done["state"], done["serial"]) == ("succeeded", 1)
    assert [step["state"] for step in done["steps"]] == ["done", "done"]
    assert eventually(lambda: tenant.api.ok("GET", f"{environment}/lock")["locked"] is False)


def test_when_a_worker_crashes_that_also_led_its_rollouts_go_on_and_its_queue_waits_for_it(
    fleet: FleetControl, operator: Api, tenant: Tenant
) -> None:
    # Given a worker that leads a rollout, and a plan
    leader = make_leader(fleet, operator, WORKER)
    environment = make_environment(tenant.api)
    started = start_deployment(tenant.api, environment, release={"image": "web:2", "startup_seconds": 1})
    deployment_in(tenant.api, started["id"], "in_progress")
    plan = make_plan(tenant.api, make_environment(tenant.api, "other"), null("a"))
    # When it crashes, and a plan is to be applied meanwhile
    fleet.kill(WORKER)
    applies = f"{DEPLOY}/environments/other/applies"
    accepted = tenant.api.ok("POST", applies, 202, json={"plan_id": plan["id"]})
    # Then the other candidate ends the rollout, and the worker takes its queue up again
    fleet.start(WORKER)
    deployed = deployment_in(tenant.api, started["id"], "succeeded")
    assert deployed["fencing_token"] > leader["fencing_token"]
    done = ended_apply(tenant.api, accepted["id"], timeout=10.0)
    assert (done["state"], done["serial"]) == ("succeeded", 1)


def test_a_rollout_goes_on_when_a_clock_that_was_far_ahead_is_set_right(fleet: FleetControl, tenant: Tenant) -> None:
    # Given a rollout whose replicas were wanted while the clock was ten minutes ahead
    environment = make_environment(tenant.api)
    fleet.step_clock(600)
    slow = {"image": "web:1", "startup_seconds": 2}
    started = start_deployment(tenant.api, environment, release=slow)
    path = f"{DEPLOY}/deployments/{started['id']}"
    eventually(lambda: tenant.api.ok("GET", path)["new"] == 2)
    # When the clock is set right, then it doesn't wait until those are over
    fleet.step_clock(0)
    assert deployment_in(tenant.api, started["id"])["state"] == "succeeded"


def test_a_canary_bakes_from_when_it_is_ready_not_from_when_its_step_began(fleet: FleetControl, tenant: Tenant) -> None:
    # Given a canary of some minutes' start-up and as long a bake time, with all its samples
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 10)["id"], "succeeded")
    strategy = {"type": "canary", "steps": [10], "minimum_samples": 1, "bake_seconds": 200, "max_error_percent": 1}
    canary = start_deployment(
        tenant.api,
        environment,
        10,
        release={"image": "web:2", "startup_seconds": 200},
        strategy=strategy,
        progress_deadline_seconds=86_400,
    )
    path = f"{DEPLOY}/deployments/{canary['id']}"
    deployment_in(tenant.api, canary["id"], "in_progress")
    tenant.api.ok("POST", f"{path}/samples", json={"requests": 1, "errors": 0})
    eventually(lambda: tenant.api.ok("GET", path)["new"] == 1)
    # When it comes up, then its step begins: nothing is promoted
    fleet.step_clock(201)
    ready = eventually(lambda: (found := tenant.api.ok("GET", path))["new_ready"] == 1 and found)
    assert (ready["step_ready"], ready["step"], ready["old_ready"], ready["traffic"]) == (True, 0, 9, 10)
    # And once it has baked, it is
    fleet.step_clock(402)
    assert eventually(lambda: tenant.api.ok("GET", path)["step"] == 1)


def test_without_etcd_the_service_is_not_ready_until_it_is_back(fleet: FleetControl) -> None:
    # Given a service that is ready
    host, port = fleet.address("deploy:8010")
    service = Api(f"http://{host}:{port}")
    assert service.ok("GET", READY, 200)["status"] == "ready"
    # When etcd is gone, then whoever sends requests is told not to, and why
    fleet.kill("etcd")
    assert eventually(lambda: service.get(READY).status_code == 503)
    report = service.get(READY).json()
    assert (report["status"], report["checks"]["object_store"]) == ("not_ready", "ok")
    assert report["checks"]["etcd"] != "ok"
    # And that it is back
    fleet.start("etcd")
    fleet.wait_healthy("etcd")
    assert eventually(lambda: service.get(READY).status_code == 200)
