"""Lifecycle rules as days go by, and when the service dies meanwhile (Amazon S3 User Guide, "Expiring objects")."""

from __future__ import annotations

from typing import Any

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, login_operator
from tests.support.rows import held_rows
from tests.support.storing import make_bucket, put_object

DAY = 86_400
WITHIN = 30.0


def later(fleet: FleetControl, tenant: Tenant, days: float) -> Api:
    """The operator in the tenant, so many days from now: other tokens are over by then."""
    fleet.step_clock(days * DAY)
    return login_operator(fleet.url).with_headers(X_Tenant_Id=tenant.id)


def rule(**fields: Any) -> dict[str, Any]:
    return {"lifecycle": [{"id": "tidy", "prefix": "tmp/", **fields}]}


def versions(api: Api, bucket: str) -> list[tuple[str, str, bool]]:
    """Key, version and whether it is a delete marker, of all versions."""
    found = api.ok("GET", f"{bucket}/versions")["versions"]
    return [(each["key"], each["version_id"], each["delete_marker"]) for each in found]


def test_objects_expire_old_versions_go_and_uploads_are_aborted(fleet: FleetControl, tenant: Tenant, bus: Bus) -> None:
    # Given a versioned bucket with two versions of an object, one beside the prefix and an unfinished upload
    bucket = make_bucket(tenant.api, versioning="enabled")
    first, second = (put_object(tenant.api, bucket, "tmp/a", content)["version_id"] for content in (b"one", b"two"))
    kept = put_object(tenant.api, bucket, "kept")["version_id"]
    upload = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "tmp/later"})["id"]
    beside = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "later"})["id"]
    tenant.api.ok("PATCH", bucket, json=rule(expiration_days=1, noncurrent_days=2, abort_multipart_days=2))
    # When two days are over, then the object is hidden, and nothing is lost yet
    api = later(fleet, tenant, 2)
    eventually(lambda: len(versions(api, bucket)) == 4, WITHIN)
    marker = versions(api, bucket)[1][1]
    assert versions(api, bucket) == [
        ("kept", kept, False), ("tmp/a", marker, True), ("tmp/a", second, False), ("tmp/a", first, False),
    ]  # fmt: skip
    api.refused("GET", f"{bucket}/objects/tmp/a", 404, "no_such_key")
    # When two more have passed, then the old versions are gone for good and the upload is aborted
    api = later(fleet, tenant, 5)
    eventually(lambda: [row for row in versions(api, bucket) if row[0] == "tmp/a" and not row[2]] == [], WITHIN)
    eventually(lambda: api.get(f"{bucket}/uploads/{upload}/parts").status_code == 404, WITHIN)
    api.ok("GET", f"{bucket}/uploads/{beside}/parts")
    # And then the delete marker that hides nothing any more, and every step was told as the platform's own
    api = later(fleet, tenant, 9)
    eventually(lambda: versions(api, bucket) == [("kept", kept, False)], WITHIN)
    told = bus.events(
        "storage.events",
        lambda event: event["tenantid"] == tenant.id and event["data"].get("by_rule") is True,
        count=5,
    )
    assert {event["type"] for event in told} == {"storage.object.deleted", "storage.upload.aborted"}
    assert {event["actor"] for event in told} == {"service:storage"}


def test_an_object_of_an_unversioned_bucket_expires_for_good_on_its_day_and_not_before(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given an object under a rule of three days
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "tmp/a")
    put_object(tenant.api, bucket, "tmp/never-mind", b"new content comes")
    tenant.api.ok("PATCH", bucket, json=rule(expiration_days=3))
    # When it is not yet three days old, then nothing has happened, also when rules are followed on that day
    api = later(fleet, tenant, 2.9)
    marker = make_bucket(api, "marker")
    put_object(api, marker, "tmp/b")
    assert api.get(f"{bucket}/objects/tmp/a").status_code == 200
    put_object(api, bucket, "tmp/never-mind", b"new content")
    # When the midnight after its third day is over, then it is gone; what was written anew counts anew
    api = later(fleet, tenant, 4)
    eventually(lambda: [row[0] for row in versions(api, bucket)] == ["tmp/never-mind"], WITHIN)
    assert api.get(f"{bucket}/objects/tmp/never-mind").content == b"new content"
    api.ok("DELETE", f"{bucket}/objects/tmp/never-mind")
    api.ok("DELETE", bucket, 204)


def test_rules_are_followed_to_the_end_though_the_service_dies_in_the_middle(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given more objects than one step takes
    bucket = make_bucket(tenant.api)
    for number in range(220):
        put_object(tenant.api, bucket, f"tmp/{number:03}", b"x")
    put_object(tenant.api, bucket, "zz")
    tenant.api.ok("PATCH", bucket, json=rule(expiration_days=1))
    # When they are due and the service dies while it deletes them
    api = later(fleet, tenant, 3)
    eventually(lambda: len(versions(api, bucket)) < 221, WITHIN, 0.005)
    fleet.crash("storage")
    # Then whoever is there afterwards goes on to the end
    eventually(lambda: [row[0] for row in versions(api, bucket)] == ["zz"], WITHIN)


def test_a_rule_is_followed_on_the_day_it_is_made_and_one_that_is_switched_off_is_not(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given two buckets with an old object each
    on, off = make_bucket(tenant.api, "on-bucket"), make_bucket(tenant.api, "off-bucket")
    for bucket in (on, off):
        put_object(tenant.api, bucket, "tmp/a")
    api = later(fleet, tenant, 10)
    # When rules are made, then the one in force is followed within seconds
    api.ok("PATCH", off, json=rule(expiration_days=1, enabled=False))
    api.ok("PATCH", on, json=rule(expiration_days=1))
    eventually(lambda: versions(api, on) == [], WITHIN)
    assert api.get(f"{off}/objects/tmp/a").status_code == 200


def test_the_rules_of_a_suspended_tenant_wait_for_its_resumption(
    fleet: FleetControl, tenant: Tenant, other_tenant: Tenant
) -> None:
    # Given two tenants with a rule and an object each, one of which is suspended
    buckets = [make_bucket(each.api) for each in (tenant, other_tenant)]
    for each, bucket in zip((tenant, other_tenant), buckets, strict=True):
        put_object(each.api, bucket, "tmp/a")
        each.api.ok("PATCH", bucket, json=rule(expiration_days=1))
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
    # When both objects are due, then that of the other tenant goes
    api = later(fleet, tenant, 3)
    theirs = login_operator(fleet.url).with_headers(X_Tenant_Id=other_tenant.id)
    eventually(lambda: versions(theirs, buckets[1]) == [], WITHIN)
    assert len(versions(api, buckets[0])) == 1
    # And that of the suspended one once it is resumed
    api.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/resume")
    eventually(lambda: versions(api, buckets[0]) == [], WITHIN)


HELD = """
SELECT versions.id FROM storage.object_versions versions JOIN storage.objects keys ON keys.id = versions.object_id
WHERE versions.tenant_id = %s AND keys.key = %s FOR UPDATE OF versions
"""
WRITTEN = "SELECT id FROM storage.objects WHERE tenant_id = %s AND key = %s FOR UPDATE"


def test_what_is_due_on_a_day_is_looked_at_though_the_day_before_was_never_done(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given more keys than one step takes, the first of which is due two days after the others
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a")
    for number in range(202):
        put_object(tenant.api, bucket, f"b/{number:03}", b"x")
    rules = [{"id": days, "prefix": prefix, "expiration_days": int(days)} for days, prefix in (("3", "a"), ("1", "b"))]
    tenant.api.ok("PATCH", bucket, json={"lifecycle": rules})
    # When the service comes as far as its second step on the first of those days and dies on the second
    with held_rows(fleet, "storage", HELD, tenant.id, "b/201") as rows:
        api = later(fleet, tenant, 2)
        rows.wait_for(1)
        assert [row[0] for row in versions(api, bucket)] == ["a", "b/199", "b/200", "b/201"]
        api = later(fleet, tenant, 4)
        fleet.crash("storage")
    # Then it looks at the first keys again
    eventually(lambda: versions(api, bucket) == [], WITHIN)


def test_what_somebody_holds_when_it_is_due_is_looked_at_again_on_that_day(fleet: FleetControl, tenant: Tenant) -> None:
    # Given two objects, one of which somebody holds when they are due
    bucket = make_bucket(tenant.api)
    for key in ("tmp/a", "tmp/b"):
        put_object(tenant.api, bucket, key)
    tenant.api.ok("PATCH", bucket, json=rule(expiration_days=1))
    with held_rows(fleet, "storage", WRITTEN, tenant.id, "tmp/a"):
        api = later(fleet, tenant, 2)
        eventually(lambda: [row[0] for row in versions(api, bucket)] == ["tmp/a"], WITHIN)
    # Then it goes as soon as nobody holds it any more
    eventually(lambda: versions(api, bucket) == [], WITHIN)
