"""What storage says over HTTP and on the event bus."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.support.bus import Bus
from tests.support.identities import Tenant
from tests.support.storing import STORAGE, make_bucket, make_volume, put_object


@pytest.mark.usefixtures("same_day")
def test_the_usage_of_a_volume_is_told_exactly_and_without_gap(tenant: Tenant, bus: Bus) -> None:
    # Given a volume of 10 GiB that has grown to 20 and was deleted
    volume = make_volume(tenant.api, 10)
    path = f"{STORAGE}/volumes/{volume['id']}"
    tenant.api.ok("PATCH", path, json={"size_gib": 20})
    tenant.api.ok("DELETE", path, 204)
    # Then there are two records, the second beginning where the first one ended
    usage = bus.events(
        "storage.events",
        lambda event: event["type"] == "storage.usage.recorded" and event["data"]["resource_id"] == volume["id"],
        count=2,
    )
    # The bus keeps the order of a subject; these are two.
    first, second = sorted((event["data"] for event in usage), key=lambda record: str(record["started_at"]))
    assert first["ended_at"] == second["started_at"]
    assert {(event["subject"], event["sequence"]) for event in usage} == {
        (f"{volume['id']}/storage.gib_seconds/{record['started_at']}", 1) for record in (first, second)
    }
    for record, size in ((first, 10), (second, 20)):
        elapsed = datetime.fromisoformat(record["ended_at"]) - datetime.fromisoformat(record["started_at"])
        assert Decimal(record["quantity"]) == size * Decimal(str(elapsed.total_seconds()))
        assert (record["meter"], record["resource_id"], record["source"]) == (
            "storage.gib_seconds",
            volume["id"],
            "storage",
        )


def test_a_volume_tells_every_step_of_its_life_in_order(tenant: Tenant, bus: Bus) -> None:
    api = tenant.api.with_headers(X_Correlation_Id="volume-under-test")
    volume = make_volume(api)
    api.ok("DELETE", f"{STORAGE}/volumes/{volume['id']}", 204)
    events = bus.of_subject("storage.events", volume["id"], count=6)
    steps = [event["data"].get("to", event["type"]) for event in events]
    assert steps == [
        "storage.volume.created",
        "provisioning",
        "active",
        "deleting",
        "deleted",
        "storage.volume.deleted",
    ]
    sequences = [event["sequence"] for event in events]
    assert sequences == sorted(sequences)
    assert {event["tenantid"] for event in events} == {tenant.id}
    reservations = [f"{volume['id']}.volumes", f"{volume['id']}.storage_gib"]
    assert [event["data"].get("reservations") for event in (events[0], events[-1])] == [reservations, reservations]


@pytest.mark.usefixtures("same_day")
def test_usage_that_is_flushed_goes_on_where_it_ended(tenant: Tenant, bus: Bus) -> None:
    # Given a volume whose usage was recorded on request
    volume = make_volume(tenant.api, 3)
    assert tenant.api.ok("POST", f"{STORAGE}/usage/flush") == {"recorded": 1}
    # When it is deleted, then the rest is recorded, and both together are its whole life
    tenant.api.ok("DELETE", f"{STORAGE}/volumes/{volume['id']}", 204)
    usage = bus.events(
        "storage.events",
        lambda event: event["type"] == "storage.usage.recorded" and event["data"]["resource_id"] == volume["id"],
        count=2,
    )
    first, second = sorted((event["data"] for event in usage), key=lambda record: str(record["started_at"]))
    assert first["ended_at"] == second["started_at"]
    whole = datetime.fromisoformat(second["ended_at"]) - datetime.fromisoformat(first["started_at"])
    seconds = Decimal(whole // timedelta(microseconds=1)) / 1_000_000
    assert Decimal(first["quantity"]) + Decimal(second["quantity"]) == 3 * seconds


def test_an_object_event_names_bucket_key_and_version(tenant: Tenant, bus: Bus) -> None:
    bucket = make_bucket(tenant.api, "evidence", versioning="enabled")
    stored = put_object(tenant.api, bucket, "a/b", b"12345")
    event = bus.events("storage.events", lambda event: event["data"].get("version_id") == stored["version_id"])[0]
    assert event["type"] == "storage.object.created"
    assert event["data"] == {
        "bucket": "evidence",
        "key": "a/b",
        "version_id": stored["version_id"],
        "size": 5,
        "etag": stored["etag"],
    }


def test_a_bucket_name_against_the_rules_is_refused_with_its_rule(tenant: Tenant) -> None:
    for name in ("ab", "Upper", "192.168.5.4", "a..b", "xn--b", "end-"):
        problem = tenant.api.refused("POST", f"{STORAGE}/buckets", 422, "invalid_bucket_name", json={"name": name})
        assert repr(name) in problem["detail"]
    assert list(tenant.api.items(f"{STORAGE}/buckets")) == []


def test_a_bucket_is_changed_by_version_and_versioning_never_unset(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api, versioning="enabled")
    created = tenant.api.get(bucket)
    assert created.headers["etag"] == '"1"'
    rule = {"id": "logs", "prefix": "logs/", "expiration_days": 7}
    changed = tenant.api.ok("PATCH", bucket, json={"lifecycle": [rule]}, headers={"If-Match": '"1"'})
    assert (changed["version"], changed["lifecycle"][0]["expiration_days"]) == (2, 7)
    tenant.api.refused("PATCH", bucket, 409, "versioning_cannot_be_unset", json={"versioning": "disabled"})
    tenant.api.refused("PATCH", bucket, 422, "invalid_lifecycle", json={"lifecycle": [{"id": "nothing"}]})
    tenant.api.refused("POST", f"{STORAGE}/buckets", 409, "bucket_already_exists", json={"name": "photos"})


def test_a_list_is_paged_by_a_cursor_without_loss_or_repetition(tenant: Tenant) -> None:
    ids = [make_volume(tenant.api, 1, name=f"v{number}")["id"] for number in range(5)]
    assert [each["id"] for each in tenant.api.items(f"{STORAGE}/volumes", limit=2)] == ids
    tenant.api.refused("GET", f"{STORAGE}/volumes", 400, "invalid_cursor", params={"cursor": "!"})
    tenant.api.refused("GET", f"{STORAGE}/volumes", 400, "invalid_limit", params={"limit": 1001})


def test_a_size_of_a_listing_is_written_in_digits(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    for listing in ("objects", "versions"):
        path = f"{bucket}/{listing}"
        tenant.api.ok("GET", path, params={"max_keys": "10"})
        for wrong in ("1_0", "+10", "10.0", "١٠"):
            tenant.api.refused("GET", path, 422, "validation_failed", params={"max_keys": wrong})


def test_a_change_of_a_volume_tells_what_it_reserved_and_nothing_before_it(tenant: Tenant, bus: Bus) -> None:
    # Given a volume that was renamed, has grown and was renamed again
    volume = make_volume(tenant.api, 10)
    path = f"{STORAGE}/volumes/{volume['id']}"
    for change in ({"name": "one"}, {"size_gib": 25}, {"name": "two"}):
        tenant.api.ok("PATCH", path, json=change)
    # Then only the growth told of a reservation, and that is among those that the volume counts under from then on
    events = bus.events(
        "storage.events",
        lambda event: event["type"] == "storage.volume.updated" and event["subject"] == volume["id"],
        count=3,
    )
    first, grown, last = sorted(events, key=lambda event: int(event["sequence"]))
    assert (first["data"]["reserved"], last["data"]["reserved"]) == ([], [])
    [reserved] = grown["data"]["reserved"]
    assert last["data"]["reservations"] == [f"{volume['id']}.volumes", f"{volume['id']}.storage_gib", reserved]


def test_the_rules_of_a_bucket_are_told_with_it(tenant: Tenant, bus: Bus) -> None:
    bucket = make_bucket(tenant.api)
    id = tenant.api.ok("GET", bucket)["id"]
    tenant.api.ok("PATCH", bucket, json={"lifecycle": [{"id": "r", "expiration_days": 3}]})
    created, updated = bus.of_subject("storage.events", id, count=2)
    assert created["data"]["lifecycle"] == []
    assert [(each["id"], each["expiration_days"]) for each in updated["data"]["lifecycle"]] == [("r", 3)]
