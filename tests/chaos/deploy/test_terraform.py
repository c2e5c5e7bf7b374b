"""States are written while something dies: what is stored is told of, once, and a repeated request completes it."""

from typing import Any

import pytest

from tests.support.bus import Bus
from tests.support.deploying import DEPLOY
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import locked_table, session_states, under_way

TOPIC = "deploy.events"
LOCK = {"ID": "6f1c5b7e-0000-4c1e-8f1d-2b7d9a3c1a11", "Operation": "OperationTypeApply", "Who": "ana@laptop"}
FINISHED_SECONDS = 15.0


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


def stands_at_the_store(fleet: FleetControl) -> bool:
    """Whether a transaction of deploy's has recorded its intent and waits for something else."""
    return "idle in transaction" in session_states(fleet, "deploy")
