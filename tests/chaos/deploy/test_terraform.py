"""States are written while something dies: what is stored is told of, once, and a repeated request completes it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import etcd3
import psycopg2
import pytest

from tests.support.bus import Bus
from tests.support.deploying import DEPLOY, apply_resources, make_environment, null
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import PASSWORD, locked_table, session_states, sessions_at_locks, under_way

TOPIC = "deploy.events"
LOCK = {"ID": "6f1c5b7e-0000-4c1e-8f1d-2b7d9a3c1a11", "Operation": "OperationTypeApply", "Who": "ana@laptop"}
OTHER = {**LOCK, "ID": "another's", "Who": "ben@desk"}
FINISHED_SECONDS = 15.0
LONG_WAIT_SECONDS = 0.5
"""Who looks for what was left behind waits for nobody as long as this."""


def document(serial: int) -> dict[str, Any]:
    return {"version": 4, "serial": serial, "lineage": "3f2a", "outputs": {}, "resources": []}


def told(bus: Bus, tenant: Tenant, type: str, count: int) -> list[tuple[int, int]]:
    """Sequence and serial of the tenant's events of a type, once there are so many."""
    events = bus.events(
        TOPIC, lambda event: event["tenantid"] == tenant.id and event["type"] == type, count, FINISHED_SECONDS
    )
    return [(event["sequence"], event["data"].get("serial", -1)) for event in events]


@pytest.mark.parametrize("repeated", [True, False])
def test_a_state_that_was_stored_before_the_database_died_is_told_of_once(
    fleet: FleetControl, tenant: Tenant, bus: Bus, repeated: bool
) -> None:
    # Given a state, and the next version on its way
    url = f"{DEPLOY}/states/prod"
    tenant.api.ok("POST", url, 200, json=document(1))
    with (
        locked_table(fleet, "deploy") as table,
        under_way(tenant.api, "POST", url, json=document(2)) as answer,
    ):
        table.wait_for_somebody()
        # When the database's session is ended after it was stored
        table.end_who_waits()
        assert answer.result() >= 500
    assert tenant.api.ok("GET", url)["serial"] == 2
    # Then it is told of, with a repetition or without
    if repeated:
        tenant.api.ok("POST", url, 200, json=document(2))
    assert told(bus, tenant, "deploy.state.written", 2) == [(1, 1), (2, 2)]
    # And the next one is the third, nothing was told twice
    tenant.api.ok("POST", url, 200, json=document(3))
    assert told(bus, tenant, "deploy.state.written", 3) == [(1, 1), (2, 2), (3, 3)]


def test_what_was_done_by_a_service_that_died_is_told_of_when_it_is_back(
    fleet: FleetControl, tenant: Tenant, bus: Bus
) -> None:
    url = f"{DEPLOY}/states/prod"
    tenant.api.ok("POST", url, 200, json=document(1))
    tenant.api.ok("LOCK", url, 200, json=LOCK)
    # Given a request to free the lock that dies between etcd and the database
    with locked_table(fleet, "deploy") as table, under_way(tenant.api, "UNLOCK", url, json=LOCK) as answer:
        table.wait_for_somebody()
        fleet.kill("deploy")
        assert answer.result() != 200
    fleet.start("deploy")
    fleet.wait_healthy("deploy")
    fleet.wait_routed()
    # Then the lock is free, which is told of, and a repetition finds nothing to do
    assert len(told(bus, tenant, "deploy.environment.unlocked", 1)) == 1
    tenant.api.ok("UNLOCK", url, 200, json=LOCK)
    # And so it is with a deletion
    with locked_table(fleet, "deploy") as table, under_way(tenant.api, "DELETE", url) as answer:
        table.wait_for_somebody()
        fleet.kill("deploy")
        assert answer.result() != 200
    fleet.start("deploy")
    fleet.wait_healthy("deploy")
    fleet.wait_routed()
    tenant.api.ok("DELETE", url, 200)
    assert told(bus, tenant, "deploy.state.deleted", 1) == [(2, 1)]
    # And the state that is begun anew goes on counting
    tenant.api.ok("POST", url, 200, json=document(1))
    assert told(bus, tenant, "deploy.state.written", 2) == [(1, 1), (3, 1)]


def test_a_lock_that_was_asked_for_again_outlives_the_end_of_the_first_request(
    fleet: FleetControl, tenant: Tenant, bus: Bus
) -> None:
    # Given a request for a lock that is under way, and its repetition
    url = f"{DEPLOY}/states/prod"
    with locked_table(fleet, "deploy") as table:
        with under_way(tenant.api, "LOCK", url, json=LOCK) as first:
            table.wait_for_somebody()
            ending = table.waiting()
            with under_way(tenant.api, "LOCK", url, json=LOCK) as again:
                eventually(lambda: sessions_at_locks(fleet, "deploy", LONG_WAIT_SECONDS) >= 2, 30.0)
                # When the first fails after all, and the second doesn't
                table.end(ending)
                assert first.result() >= 500
                table.connection.rollback()
                assert again.result() == 200
    # Then whoever was told that it has the lock has it when the first was cleared up after, and it is told of once
    assert eventually(lambda: intents_of(fleet, tenant) == [], FINISHED_SECONDS)
    tenant.api.refused("LOCK", url, 423, "state_locked", json=OTHER)
    tenant.api.ok("POST", url, 200, json=document(1), params={"ID": LOCK["ID"]})
    assert told(bus, tenant, "deploy.state.written", 1) == [(1, 1)]
    types = [event["type"] for event in bus.holding(TOPIC, tenant.id.encode())]
    assert types.count("deploy.environment.locked") == 1
    # And nobody else's is given back with it
    tenant.api.ok("UNLOCK", url, 200, json=LOCK)
    tenant.api.ok("LOCK", url, 200, json=OTHER)


def test_a_lock_that_was_asked_for_again_is_not_what_its_dead_request_left_behind(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given a request for a lock that died with its service
    url = f"{DEPLOY}/states/prod"
    with locked_table(fleet, "deploy") as table, under_way(tenant.api, "LOCK", url, json=LOCK) as answer:
        table.wait_for_somebody()
        fleet.kill("deploy")
        assert answer.result() != 200
    [intent] = intents_of(fleet, tenant)
    # When it is made again before anybody has cleared up after it
    with held_back(fleet, intent) as verdict:
        fleet.start("deploy")
        fleet.wait_healthy("deploy")
        fleet.wait_routed()
        with under_way(tenant.api, "LOCK", url, json=LOCK) as again:
            eventually(lambda: again.done() or sessions_at_locks(fleet, "deploy", LONG_WAIT_SECONDS), 30.0)
            verdict.rollback()
            assert again.result() == 200
    # Then it stays when that has been done
    assert eventually(lambda: intents_of(fleet, tenant) == [], FINISHED_SECONDS)
    assert tenant.api.refused("LOCK", url, 423, "state_locked", json=OTHER)["ID"] == LOCK["ID"]


def intents_of(fleet: FleetControl, tenant: Tenant) -> list[str]:
    """The ids of what deploy has noted for the tenant in etcd, and hasn't forgotten."""
    host, port = fleet.address("etcd:2379")
    with etcd3.client(host, port) as etcd:
        return [meta.key.decode().rpartition("/")[2] for _, meta in etcd.get_prefix(f"/intents/deploy/{tenant.id}/")]


@contextmanager
def held_back(fleet: FleetControl, intent: str) -> Iterator[Any]:
    """Nobody learns what became of an intent before the connection's transaction has ended."""
    host, port = fleet.address("infra-db:5432")
    connection = psycopg2.connect(host=host, port=port, dbname="infra_db", user="omnicloud", password=PASSWORD)
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO deploy.inbox (event_id) VALUES (%s)", (intent,))
        yield connection
    finally:
        connection.close()


def test_a_lock_that_was_freed_and_taken_again_under_the_same_id_is_another_lock(
    fleet: FleetControl, tenant: Tenant
) -> None:
    """Compare-and-swap by revision: the lock is the same, byte for byte, and yet it was somebody else's in between."""
    url = f"{DEPLOY}/states/prod"
    tenant.api.ok("POST", url, 200, json=document(1))
    tenant.api.ok("LOCK", url, 200, json=LOCK)
    # Given a write under the lock that waits for the object store
    with (
        fleet.paused("minio"),
        under_way(tenant.api, "POST", url, json=document(2), params={"ID": LOCK["ID"]}) as answer,
    ):
        assert eventually(lambda: stands_at_the_store(fleet))
        # When the lock is forced open and the same lock info taken again
        tenant.api.ok("UNLOCK", url, 200)
        tenant.api.ok("LOCK", url, 200, json=LOCK)
        fleet.resume("minio")
        # Then the write is refused, and has changed nothing
        assert answer.result() == 409
    fleet.wait_healthy("minio")
    assert tenant.api.ok("GET", url)["serial"] == 1


def test_a_write_that_began_before_another_client_had_the_lock_is_refused_under_the_same_lock(
    fleet: FleetControl, tenant: Tenant
) -> None:
    url = f"{DEPLOY}/states/prod"
    tenant.api.ok("LOCK", url, 200, json=LOCK)
    tenant.api.ok("POST", url, 200, json=document(1), params={"ID": LOCK["ID"]})
    # Given a write under the lock that waits for the object store
    with (
        fleet.paused("minio"),
        under_way(tenant.api, "POST", url, json=document(2), params={"ID": LOCK["ID"]}) as answer,
    ):
        assert eventually(lambda: stands_at_the_store(fleet))
        # When the lock is given back, another client has it for a while, and then it is as it was
        other = {**LOCK, "ID": "another's", "Who": "ben@desk"}
        for method, lock in (("UNLOCK", LOCK), ("LOCK", other), ("UNLOCK", other), ("LOCK", LOCK)):
            tenant.api.ok(method, url, 200, json=lock)
        fleet.resume("minio")
        # Then the write is refused, and has changed nothing
        assert answer.result() == 409
    fleet.wait_healthy("minio")
    assert tenant.api.ok("GET", url)["serial"] == 1
    # And what is written under the lock as it is now is stored
    tenant.api.ok("POST", url, 200, json=document(2), params={"ID": LOCK["ID"]})
    assert tenant.api.ok("GET", url)["serial"] == 2


def stands_at_the_store(fleet: FleetControl) -> bool:
    """Whether a transaction of deploy's has recorded its intent and waits for something else."""
    return "idle in transaction" in session_states(fleet, "deploy")


def test_of_two_that_write_at_once_one_does_and_a_reader_meanwhile_does_not_bring_the_old_state_back(
    fleet: FleetControl, tenant: Tenant
) -> None:
    for name in ("prod", "stage"):
        # Given an environment that somebody has looked at, and two clients that are about to write into its workspace
        environment, url = make_environment(tenant.api, name), f"{DEPLOY}/states/{name}"
        apply_resources(tenant.api, environment, null("a"))
        assert tenant.api.ok("GET", f"{environment}/state")["serial"] == 1
        with ThreadPoolExecutor(3) as pool:
            with locked_table(fleet, "deploy", "inbox") as table:
                writers = [pool.submit(tenant.api.post, url, json=document(serial)) for serial in (5, 6)]
                eventually(lambda table=table: len(table.waiting()) >= 2, 30.0)  # type: ignore[misc]
                fleet.pause("minio")
            # When somebody looks at it while both store their documents
            eventually(lambda: session_states(fleet, "deploy").count("idle in transaction") >= 2, 30.0)
            for _ in range(10):
                tenant.api.ok("GET", f"{environment}/lock")
            reader = pool.submit(tenant.api.get, f"{environment}/state")
            for _ in range(10):
                tenant.api.ok("GET", f"{environment}/lock")
            fleet.resume("minio")
            statuses = sorted(each.result().status_code for each in writers)
            reader.result()
        # Then one of them has written, the other knows that it has not, and whoever looks next sees what was written
        assert statuses == [200, 409]
        assert tenant.api.ok("GET", url)["serial"] in (5, 6)
        tenant.api.refused("GET", f"{environment}/state", 409, "foreign_state")
        assert len(tenant.api.ok("GET", f"{environment}/state/history")["versions"]) == 2
