"""The worker or its broker is away for a while; what was accepted is done once, later."""

from tests.support.deploying import DEPLOY, ended_apply, make_environment, make_plan, null
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant


def test_an_apply_that_was_accepted_while_the_worker_hung_is_done_when_it_goes_on(fleet: FleetControl, tenant: Tenant):
    # Given a worker that hangs
    environment = make_environment(tenant.api)
    plan = make_plan(tenant.api, environment, null("a"), null("b", "a"))
    with fleet.paused("deploy-worker"):
        accepted = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
        # Then the apply waits, and its environment is locked meanwhile
        assert tenant.api.ok("GET", f"{DEPLOY}/applies/{accepted['id']}")["state"] == "queued"
        assert tenant.api.ok("GET", f"{environment}/lock")["owner"] == accepted["id"]
    # When the worker goes on it is done, once, and the lock is freed
    done = ended_apply(tenant.api, accepted["id"])
    assert (done["state"], done["serial"]) == ("succeeded", 1)
    assert [step["state"] for step in done["steps"]] == ["done", "done"]
    assert eventually(lambda: tenant.api.ok("GET", f"{environment}/lock")["locked"] is False)


def test_a_worker_that_crashed_and_came_back_takes_what_was_queued_meanwhile(fleet: FleetControl, tenant: Tenant):
    # Given a worker that crashed
    environment = make_environment(tenant.api)
    plan = make_plan(tenant.api, environment, null("a"))
    fleet.kill("deploy-worker")
    accepted = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
    # When it comes back
    fleet.start("deploy-worker")
    # Then it does what was queued
    done = ended_apply(tenant.api, accepted["id"], timeout=10.0)
    assert (done["state"], done["serial"]) == ("succeeded", 1)
