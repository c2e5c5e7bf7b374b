"""What an apply needs goes away in the middle of it: it ends all the same, by whoever lives, each effect once."""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import etcd3
import psycopg2
import pytest
import redis

from tests.support.bus import Bus
from tests.support.deploying import DEPLOY, ended_apply, make_environment, make_plan, null
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import sessions_at_locks

WORKER = "deploy-worker"
QUEUE, BROKER_DATABASE = "deploy", 1
"""The list of Redis that the workers' tasks lie in, and the database that it is in (`CELERY_BROKER_URL`)."""
LOCK_SECONDS = 5.0
"""How long a lock lasts that nobody renews (`execution_lock_seconds`), and the broker waits for a step."""
RECOVERY_SECONDS = 25.0
BROKER_LOSS_SECONDS = 45.0
"""What the broker has lost is handed over again once nobody has moved it for twenty seconds."""


def chain(length: int) -> list[dict[str, Any]]:
    """Volumes, each made after the one before it."""
    return [
        {
            "address": f"storage.volume.v{number}",
            "attributes": {"size_gib": 1, "zone": "nimbus-eu-1a"},
            "depends_on": [f"storage.volume.v{number - 1}"] if number else [],
        }
        for number in range(length)
    ]


def begin(tenant: Tenant, environment: str, *resources: dict[str, Any]) -> str:
    """The id of an apply that was accepted."""
    plan = make_plan(tenant.api, environment, *resources)
    accepted = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
    return str(accepted["id"])


def steps(tenant: Tenant, apply_id: str) -> list[dict[str, Any]]:
    """The steps of an apply as they are now."""
    found: list[dict[str, Any]] = tenant.api.ok("GET", f"{DEPLOY}/applies/{apply_id}")["steps"]
    return found


def volumes(tenant: Tenant) -> list[str]:
    """The names of the tenant's volumes."""
    return sorted(each["name"] for each in tenant.api.items("/api/storage/v1/volumes"))


def step_locks(fleet: FleetControl) -> list[tuple[str, int]]:
    """The locks of steps that workers are at, and since when, as revisions of etcd."""
    host, port = fleet.address("etcd:2379")
    with etcd3.client(host, port) as etcd:
        found = etcd.get_prefix("/locks/steps/")
        return [(metadata.key.decode(), metadata.create_revision) for _, metadata in found]


STEPS_OF = "SELECT id FROM deploy.apply_steps WHERE apply_id = %s FOR UPDATE"
ALL_VOLUMES = "LOCK TABLE storage.volumes IN EXCLUSIVE MODE"
ONE_APPLY = "SELECT id FROM deploy.applies WHERE id = %s FOR UPDATE"
ALL_APPLIES = "LOCK TABLE deploy.applies IN ACCESS EXCLUSIVE MODE"
END_OF_APPLY = "UPDATE deploy.applies SET state = 'failed', reason = 'ended by another worker' WHERE id = %s"


@contextmanager
def transaction(fleet: FleetControl) -> Iterator[Any]:
    """A connection to the database; what isn't committed by the end of the block is undone."""
    host, port = fleet.address("infra-db:5432")
    password = os.environ.get("POSTGRES_PASSWORD", "omnicloud-postgres")
    connection = psycopg2.connect(host=host, port=port, user="omnicloud", password=password, dbname="infra_db")
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def held(fleet: FleetControl, statement: str, *values: str) -> Iterator[None]:
    """Whoever wants to write meanwhile to what this statement locks waits."""
    with transaction(fleet) as connection:
        execute(connection, statement, *values)
        yield


def execute(connection: Any, statement: str, *values: str) -> None:
    """In the connection's transaction, which goes on."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def stand_at(connection: Any, table: str) -> int:
    """How many wait for a whole table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass", (table,))
        return int(cursor.fetchone()[0])


def end_is_underway(etcd: Any, tenant: Tenant) -> bool:
    """Whether a worker has locked the tenant's one environment to end its apply."""
    return etcd.get(f"/locks/environments/{tenant.id}/prod")[0] is not None


def unlocked(tenant: Tenant, environment: str) -> bool:
    """Whether the environment is free."""
    return tenant.api.ok("GET", f"{environment}/lock")["locked"] is False


@pytest.mark.services("storage")
def test_a_step_whose_worker_died_is_given_out_again_by_the_broker_and_makes_its_resource_once(
    fleet: FleetControl, tenant: Tenant, bus: Bus
) -> None:
    # Given a worker that dies when the owner of a resource has made it, and before that could be noted
    environment = make_environment(tenant.api)
    with ExitStack() as locks:
        with fleet.paused("storage"):
            apply_id = begin(tenant, environment, *chain(1))
            eventually(lambda: steps(tenant, apply_id)[0]["attempts"] == 1)
            locks.enter_context(held(fleet, STEPS_OF, apply_id))
        eventually(lambda: volumes(tenant) == ["v0"])
        fleet.kill(WORKER)
    assert steps(tenant, apply_id)[0]["state"] == "running"
    # When a worker is back
    fleet.start(WORKER)
    done = ended_apply(tenant.api, apply_id, timeout=RECOVERY_SECONDS)
    # Then the broker had kept the step's task, since it was not done, and gave it out again: nobody else had to
    (step,) = done["steps"]
    assert (done["state"], step["state"], step["attempts"], step["dispatches"]) == ("succeeded", "done", 2, 1)
    # And its effect is one, and told once
    assert volumes(tenant) == ["v0"]
    completed = bus.events("deploy.events", lambda event: event["data"].get("apply_id") == apply_id)
    assert [(each["type"], each["sequence"]) for each in completed] == [("deploy.step.completed", 2)]
    eventually(lambda: unlocked(tenant, environment))


@pytest.mark.services("storage")
@pytest.mark.parametrize("away", ["storage", "minio", "infra-db", "etcd", "redis"])
def test_an_apply_outlives_what_it_needs(fleet: FleetControl, tenant: Tenant, away: str) -> None:
    # Given an apply on its way
    environment = make_environment(tenant.api)
    apply_id = begin(tenant, environment, *chain(6), null("beside"))
    eventually(lambda: steps(tenant, apply_id)[0]["state"] == "done")
    # When something that it needs dies, and is back some seconds later
    fleet.kill(away)
    fleet.start(away)
    fleet.wait_healthy(away)
    assert not fleet.wait_routed()
    # Then it ends well, with each resource made once, and leaves its environment free
    done = ended_apply(tenant.api, apply_id, timeout=BROKER_LOSS_SECONDS if away == "redis" else RECOVERY_SECONDS)
    assert (done["state"], done["reason"], done["serial"]) == ("succeeded", None, 1)
    assert volumes(tenant) == [f"v{number}" for number in range(6)]
    assert len(tenant.api.ok("GET", f"{environment}/state")["resources"]) == 7
    eventually(lambda: unlocked(tenant, environment))
    # And the worker is there for the next one
    fleet.wait_healthy(WORKER)
    assert ended_apply(tenant.api, begin(tenant, environment), timeout=RECOVERY_SECONDS)["state"] == "succeeded"
    assert volumes(tenant) == []


@pytest.mark.services("storage")
def test_an_apply_goes_on_when_its_worker_hung_for_longer_than_its_locks_last(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given a worker that hangs in the middle of an apply
    environment = make_environment(tenant.api)
    apply_id = begin(tenant, environment, *chain(6))
    eventually(lambda: steps(tenant, apply_id)[0]["state"] == "done")
    with fleet.paused(WORKER):
        # When the lock of the step that it is at ends in etcd
        eventually(lambda: not step_locks(fleet), timeout=15.0)
    # Then it goes on, nothing is made twice, and the environment is free
    done = ended_apply(tenant.api, apply_id, timeout=RECOVERY_SECONDS)
    assert (done["state"], done["serial"]) == ("succeeded", 1)
    assert volumes(tenant) == [f"v{number}" for number in range(6)]
    eventually(lambda: unlocked(tenant, environment))


def test_tasks_that_the_broker_has_lost_are_handed_over_again_by_whoever_lives(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given two applies whose tasks the broker loses; a worker that hangs may have been given the first one, not both
    first, second = make_environment(tenant.api), make_environment(tenant.api, "second")
    host, port = fleet.address("redis:6379")
    with fleet.paused(WORKER):
        begun = [begin(tenant, first, null("a")), begin(tenant, second, null("a"))]
        with redis.Redis(host, port, db=BROKER_DATABASE) as broker:
            eventually(lambda: broker.delete(QUEUE) == 1)
    # When no worker is started anew, then both are done all the same
    for apply_id in begun:
        done = ended_apply(tenant.api, apply_id, timeout=BROKER_LOSS_SECONDS)
        assert (done["state"], done["serial"]) == ("succeeded", 1)


@pytest.mark.services("storage")
def test_a_step_that_takes_longer_than_its_lock_lasts_keeps_it_and_is_taken_once(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given a resource whose owner takes its time, so that the broker gives the step out again meanwhile
    environment = make_environment(tenant.api)
    with held(fleet, ALL_VOLUMES):
        apply_id = begin(tenant, environment, *chain(1))
        (lock,) = eventually(lambda: step_locks(fleet))
        # Then the worker that is at it keeps its lock for longer than one that isn't renewed would last
        until = time.monotonic() + LOCK_SECONDS + 2.0
        while time.monotonic() < until:
            assert step_locks(fleet) == [lock]
            time.sleep(0.1)
    # And nobody else took the step
    done = ended_apply(tenant.api, apply_id, timeout=RECOVERY_SECONDS)
    assert (done["state"], done["steps"][0]["attempts"], done["steps"][0]["dispatches"]) == ("succeeded", 1, 1)
    assert volumes(tenant) == ["v0"]


@pytest.mark.services("storage")
def test_a_worker_that_has_lost_its_lock_does_not_free_its_successors(fleet: FleetControl, tenant: Tenant) -> None:
    # Given a worker that is at a step, and whose lock has ended and been taken by another
    environment = make_environment(tenant.api)
    host, port = fleet.address("etcd:2379")
    with etcd3.client(host, port) as etcd:
        with held(fleet, ALL_VOLUMES):
            apply_id = begin(tenant, environment, *chain(1))
            ((key, created),) = eventually(lambda: step_locks(fleet))
            _, metadata = etcd.get(key)
            etcd.revoke_lease(metadata.lease_id)
            etcd.put(key, json.dumps({"owner": "another"}))
            successors = step_locks(fleet)
            assert successors[0][1] > created
        # When it comes to its end, then the lock is the other's all the time
        eventually(lambda: volumes(tenant) == ["v0"])
        until = time.monotonic() + 3.0
        while time.monotonic() < until:
            assert step_locks(fleet) == successors
            time.sleep(0.1)
        etcd.delete(key)
    # And the step is ended once that one is gone, its effect one
    done = ended_apply(tenant.api, apply_id, timeout=RECOVERY_SECONDS)
    assert (done["state"], done["serial"]) == ("succeeded", 1)
    assert volumes(tenant) == ["v0"]


@pytest.mark.services("storage")
def test_a_worker_that_comes_to_an_end_which_another_has_told_writes_no_state(
    fleet: FleetControl, tenant: Tenant
) -> None:
    environment = make_environment(tenant.api)
    host, port = fleet.address("etcd:2379")
    with etcd3.client(host, port) as etcd, transaction(fleet) as first, transaction(fleet) as another:
        # Given a worker that has seen the last step's end, and has the lock to end the apply
        with held(fleet, ALL_VOLUMES):
            apply_id = begin(tenant, environment, *chain(1))
            eventually(lambda: step_locks(fleet), 30.0)
            execute(first, ONE_APPLY, apply_id)
        eventually(lambda: sessions_at_locks(fleet, "deploy") > 0, 30.0)
        with ThreadPoolExecutor(1) as thread:
            # Whoever wants the whole table gets it when those who are at it are through, and before who comes then.
            locked = thread.submit(execute, another, ALL_APPLIES)
            eventually(lambda: stand_at(first, "deploy.applies") > 0, 30.0)
            first.rollback()
            locked.result()
        eventually(lambda: end_is_underway(etcd, tenant), 30.0)
        # When another worker, which had the lock before, has ended it already
        execute(another, END_OF_APPLY, apply_id)
        another.commit()
        # Then it leaves everything as it is: the state may be a later apply's by now
        eventually(lambda: not end_is_underway(etcd, tenant), 30.0)
    ended = tenant.api.ok("GET", f"{DEPLOY}/applies/{apply_id}")
    assert (ended["state"], ended["reason"], ended["serial"]) == ("failed", "ended by another worker", None)
    tenant.api.refused("GET", f"{environment}/state", 404, "state_not_found")
    eventually(lambda: unlocked(tenant, environment), 30.0)
