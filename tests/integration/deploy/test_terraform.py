"""Terraform's backend among many clients at once, and what the trail says of them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.blobs import Blobs
from tests.support.deploying import DEPLOY
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import locked_table

URL = f"{DEPLOY}/states/prod"
STATES = "terraform-state"
CLIENTS = 8


def lock(number: int) -> dict[str, str]:
    return {"ID": f"id-{number}", "Operation": "OperationTypeApply", "Who": f"client {number}"}


def document(serial: int, by: int) -> dict[str, Any]:
    return {"version": 4, "serial": serial, "lineage": "3f2a", "outputs": {"by": {"value": by, "type": "number"}}}


def test_of_many_that_lock_at_once_one_gets_it_and_the_others_are_told_whose_it_is(tenant: Tenant) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda number: tenant.api.request("LOCK", URL, json=lock(number)), range(CLIENTS)))
    assert sorted(answer.status_code for answer in answers) == [200, *[423] * (CLIENTS - 1)]
    [winner] = [number for number, answer in enumerate(answers) if answer.status_code == 200]
    shown = {answer.json()["ID"] for answer in answers if answer.status_code == 423}
    assert shown == {f"id-{winner}"}


def test_of_many_that_write_one_serial_without_a_lock_one_does(fleet: FleetControl, tenant: Tenant) -> None:
    tenant.api.ok("POST", URL, 200, json=document(1, 0))
    with ThreadPoolExecutor(CLIENTS) as pool:
        # Given that several have seen the first document before one of them goes on
        with locked_table(fleet, "deploy", "inbox") as table:
            asked = [pool.submit(tenant.api.post, URL, json=document(2, number)) for number in range(CLIENTS)]
            eventually(lambda: len(table.waiting()) >= 2, 30.0)
        answers = [each.result() for each in asked]
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * (CLIENTS - 1)]
    [winner] = [number for number, answer in enumerate(answers) if answer.status_code == 200]
    assert tenant.api.ok("GET", URL) == document(2, winner)


def test_the_same_document_from_many_is_one_version(tenant: Tenant) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda _: tenant.api.post(URL, json=document(1, 0)).status_code, range(CLIENTS)))
    assert answers == [200] * CLIENTS
    assert trail(tenant, "deploy.state.written", 1) == [1]


def trail(tenant: Tenant, type: str, count: int) -> list[int]:
    """The serials in the audit records of a type, once there are so many."""

    def found() -> list[int]:
        records = list(tenant.api.items("/api/audit/v1/records", type=type))
        return [record["data"].get("serial", 0) for record in records] if len(records) >= count else []

    return eventually(found, 15.0)


def test_every_change_of_a_run_is_in_the_trail_once(tenant: Tenant) -> None:
    # Given a run as Terraform makes one, by a client whose proxy lets no LOCK through
    tenant.api.ok("POST", f"{URL}/lock", 200, json=lock(1))
    tenant.api.refused("POST", f"{URL}/lock", 423, "state_locked", json=lock(2))
    for serial in (1, 2):
        tenant.api.ok("POST", URL, 200, json=document(serial, 1), params={"ID": "id-1"})
        tenant.api.ok("POST", URL, 200, json=document(serial, 1), params={"ID": "id-1"})
    assert tenant.api.request("DELETE", f"{URL}/lock", json=lock(1)).status_code == 200
    tenant.api.ok("DELETE", URL, 200)
    # Then the trail has each change, also those of one serial that were sent twice
    assert len(trail(tenant, "deploy.environment.unlocked", 1)) == 1
    assert len(trail(tenant, "deploy.environment.locked", 1)) == 1
    assert sorted(trail(tenant, "deploy.state.written", 2)) == [1, 2]
    assert trail(tenant, "deploy.state.deleted", 1) == [2]


def test_a_state_that_is_stored_in_parts_is_read_back_as_it_was_sent(tenant: Tenant) -> None:
    large = document(1, 1)
    large["outputs"]["text"] = {"value": "0123456789abcdef" * (9 * 2**16), "type": "string"}
    tenant.api.ok("POST", URL, 200, json=large)
    assert tenant.api.ok("GET", URL) == large
    tenant.api.ok("POST", URL, 200, json=document(2, 1))
    assert tenant.api.ok("GET", URL) == document(2, 1)


def test_of_two_that_unlock_at_once_one_is_told_of(fleet: FleetControl, tenant: Tenant) -> None:
    tenant.api.ok("LOCK", URL, 200, json=lock(1))
    with ThreadPoolExecutor(2) as pool:
        # Given that both have seen the lock before one of them frees it
        with locked_table(fleet, "deploy", "inbox") as table:
            asked = [pool.submit(tenant.api.request, "UNLOCK", URL, json=lock(1)) for _ in range(2)]
            eventually(lambda: len(table.waiting()) >= 2, 30.0)
        assert [each.result().status_code for each in asked] == [200, 200]
    # Then by the time that what came later is in the trail there is one record of it
    tenant.api.ok("POST", URL, 200, json=document(1, 0))
    assert trail(tenant, "deploy.state.written", 1) == [1]
    assert len(trail(tenant, "deploy.environment.unlocked", 1)) == 1


def test_a_lock_that_is_asked_for_again_is_told_of_once(fleet: FleetControl, tenant: Tenant) -> None:
    # Given a client that asks twice at once, since it has heard nothing, and once more
    with ThreadPoolExecutor(2) as pool:
        with locked_table(fleet, "deploy", "inbox") as table:
            asked = [pool.submit(tenant.api.request, "LOCK", URL, json=lock(1)) for _ in range(2)]
            eventually(lambda: len(table.waiting()) >= 2, 30.0)
        assert [each.result().status_code for each in asked] == [200, 200]
    tenant.api.ok("LOCK", URL, 200, json=lock(1))
    # Then the lock is there and in the trail once
    tenant.api.ok("POST", URL, 200, json=document(1, 0), params={"ID": "id-1"})
    assert trail(tenant, "deploy.state.written", 1) == [1]
    assert len(trail(tenant, "deploy.environment.locked", 1)) == 1


def test_nothing_is_left_in_the_object_store_of_a_state_that_is_deleted(fleet: FleetControl, tenant: Tenant) -> None:
    """States hold passwords; what a delete marker hides can still be read."""

    def kept() -> int:
        store = Blobs.of(fleet, tenant.id).client
        return len(list(store.list_objects(STATES, prefix=f"{tenant.id}/", recursive=True, include_version=True)))

    for serial in (1, 2):
        tenant.api.ok("POST", URL, 200, json=document(serial, 0))
    assert kept() == 2
    tenant.api.ok("DELETE", URL, 200)
    assert kept() == 0
