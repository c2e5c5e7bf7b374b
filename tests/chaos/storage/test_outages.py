"""Storage, its broker or its neighbours are away for a while."""

from __future__ import annotations

import pytest

from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.storing import STORAGE, in_use, make_bucket, make_volume, put_object


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
