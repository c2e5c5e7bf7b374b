"""Storage, its broker or its neighbours are away for a while."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg2
import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, login_operator
from tests.support.storing import STORAGE, in_use, make_bucket, make_volume, put_object
from tests.support.zones import quota


def test_what_was_stored_survives_a_crash_of_the_service(fleet: FleetControl, tenant: Tenant) -> None:
    # Given an object, a volume and an unfinished upload
    bucket = make_bucket(tenant.api, versioning="enabled")
    stored = put_object(tenant.api, bucket, "a", b"kept")
    volume = make_volume(tenant.api)
    upload = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "later"})
    part = tenant.api.ok("PUT", f"{bucket}/uploads/{upload['id']}/parts/1", content=b"part")
    # When the service crashes and comes back
    fleet.kill("storage")
    fleet.start("storage")
    fleet.wait_healthy("storage")
    # Then everything is there, and the upload can be completed
    assert eventually(lambda: tenant.api.get(f"{bucket}/objects/a").content == b"kept")
    listed = tenant.api.ok("GET", f"{bucket}/versions")["versions"]
    assert [each["version_id"] for each in listed] == [stored["version_id"]]
    assert tenant.api.ok("GET", f"{STORAGE}/volumes/{volume['id']}") == volume
    parts = {"parts": [{"number": 1, "etag": part["etag"]}]}
    tenant.api.ok("POST", f"{bucket}/uploads/{upload['id']}/complete", json=parts)
    assert tenant.api.get(f"{bucket}/objects/later").content == b"part"


def test_a_volume_made_while_the_broker_is_down_is_told_once_when_it_is_back(
    fleet: FleetControl, tenant: Tenant, bus: Bus
) -> None:
    fleet.kafka_down()
    volume = make_volume(tenant.api)
    assert volume["state"] == "active"
    fleet.kafka_up()
    events = bus.of_subject("storage.events", volume["id"], count=3)
    assert [event["sequence"] for event in events] == [1, 2, 3]
    assert len({event["id"] for event in events}) == 3


@pytest.mark.services("tenants")
def test_what_is_deleted_while_nobody_keeps_quotas_is_given_back_later(fleet: FleetControl, tenant: Tenant) -> None:
    # Given a volume and a bucket that count
    volume, bucket = make_volume(tenant.api, 10), make_bucket(tenant.api)
    assert in_use(tenant.operator, "storage_gib") == 10
    # When both are deleted while the tenants service is away, then nobody has to wait for it
    fleet.kill("tenants")
    tenant.api.ok("DELETE", f"{STORAGE}/volumes/{volume['id']}", 204)
    tenant.api.ok("DELETE", bucket, 204)
    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    # Then their quota is free soon after it is back
    resources = ("volumes", "storage_gib", "buckets")
    eventually(lambda: [in_use(tenant.operator, each) for each in resources] == [0, 0, 0], 30.0)


def test_a_silent_object_store_is_given_up_in_time_and_takes_nothing_from_what_needs_none(
    fleet: FleetControl, tenant: Tenant, other_tenant: Tenant
) -> None:
    # Given one tenant's bucket, and an object store that takes connections and says nothing
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"one")
    with ThreadPoolExecutor(40) as threads, fleet.paused("minio"):
        # When the tenant asks for objects from forty clients at once
        asked = [threads.submit(tenant.api.get, f"{bucket}/objects/a") for _ in range(39)]
        asked.append(threads.submit(tenant.api.put, f"{bucket}/objects/b", content=b"two"))
        # Then another one's volumes are served meanwhile
        for _ in range(5):
            volume = make_volume(other_tenant.api, 1)
            other_tenant.api.ok("DELETE", f"{STORAGE}/volumes/{volume['id']}", 204)
        assert not all(each.done() for each in asked)
        # And every one of the forty is told within its time to come again
        answers = [each.result() for each in asked]
    told = [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert (429, "too_many_at_once") in told
    # (The gateway asks again where it is told 503; on a busy machine its own time may be over first.)
    assert {status for status, _ in told} <= {429, 502, 503, 504}, told
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code in (429, 503))
    # And when the store is back, all is as it was
    assert eventually(lambda: tenant.api.get(f"{bucket}/objects/a").content == b"one")
    tenant.api.refused("GET", f"{bucket}/objects/b", 404, "no_such_key")
    put_object(tenant.api, bucket, "b", b"two")


@contextmanager
def held_up(fleet: FleetControl, table: str = "storage.outbox") -> Iterator[Callable[[], bool]]:
    """Nobody writes to a table for the length of a block; what is yielded tells whether somebody stands there.

    Whoever makes something has reserved its quota by then, and committed nothing.
    """
    host, port = fleet.address("infra-db:5432")
    password = os.environ.get("POSTGRES_PASSWORD", "omnicloud-postgres")
    connection = psycopg2.connect(host=host, port=port, dbname="infra_db", user="omnicloud", password=password)

    def stands() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE relation = %s::regclass AND NOT granted", (table,))
            return cursor.fetchone() is not None

    try:
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        yield stands
    finally:
        connection.close()


VOLUME = {"name": "data", "size_gib": 10, "zone": "nimbus-eu-1a"}
COUNTED = ("volumes", "storage_gib")


@pytest.mark.services("tenants")
def test_what_was_reserved_for_something_that_was_never_made_has_an_end(fleet: FleetControl, tenant: Tenant) -> None:
    # Given a volume whose quota is reserved, when the service dies before it is made
    with ThreadPoolExecutor(1) as thread, held_up(fleet) as stands:
        asked = thread.submit(tenant.api.post, f"{STORAGE}/volumes", json=VOLUME)
        eventually(stands)
        assert [quota(tenant.operator, each) for each in COUNTED] == [(0, 1), (0, 10)]
        fleet.kill("storage")
    assert asked.result().status_code in (502, 503, 504)
    fleet.start("storage")
    fleet.wait_healthy("storage")
    fleet.wait_routed()
    assert list(tenant.api.items(f"{STORAGE}/volumes")) == []
    # When a quarter of an hour has passed, then it counts no more
    fleet.step_clock(901)
    operator = login_operator(fleet.url).with_headers(X_Tenant_Id=tenant.id)
    eventually(lambda: [quota(operator, each) for each in COUNTED] == [(0, 0), (0, 0)], 30.0)


@pytest.mark.services("tenants")
def test_what_is_made_while_nobody_keeps_quotas_is_committed_later(fleet: FleetControl, tenant: Tenant) -> None:
    # Given a volume whose quota is reserved, when the tenants service dies before it is made
    with ThreadPoolExecutor(1) as thread, held_up(fleet) as stands:
        asked = thread.submit(tenant.api.post, f"{STORAGE}/volumes", json=VOLUME)
        eventually(stands)
        fleet.kill("tenants")
    assert asked.result().status_code == 201
    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    fleet.wait_routed()
    # Then it is there, and counts as used soon after the tenants service is back
    eventually(lambda: [quota(tenant.operator, each) for each in COUNTED] == [(1, 0), (10, 0)], 30.0)


@pytest.mark.services("tenants")
def test_a_request_that_waits_in_vain_gives_back_what_it_reserved(fleet: FleetControl, tenant: Tenant) -> None:
    # Given a table that stays locked for longer than a request waits
    with ThreadPoolExecutor(1) as thread, held_up(fleet) as stands:
        asked = thread.submit(tenant.api.post, f"{STORAGE}/volumes", json=VOLUME)
        eventually(stands)
        answer = asked.result()
    # Then the answer is that it may be tried again, and nothing stays reserved, long before anything expires
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True), answer.text
    eventually(lambda: [quota(tenant.operator, each) for each in COUNTED] == [(0, 0), (0, 0)])
    assert list(tenant.api.items(f"{STORAGE}/volumes")) == []


def test_without_the_object_store_the_service_is_not_ready_until_it_is_back(fleet: FleetControl) -> None:
    host, port = fleet.address("storage:8005")
    service = Api(f"http://{host}:{port}")
    assert service.ok("GET", "/readyz", 200)["checks"]["object_store"] == "ok"
    fleet.kill("minio")
    assert eventually(lambda: service.get("/readyz").status_code == 503)
    report = service.get("/readyz").json()
    assert (report["status"], report["checks"]["database"]) == ("not_ready", "ok")
    assert report["checks"]["object_store"] != "ok"
    fleet.start("minio")
    fleet.wait_healthy("minio")
    assert eventually(lambda: service.get("/readyz").status_code == 200)
