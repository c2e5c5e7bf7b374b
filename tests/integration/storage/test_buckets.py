"""Buckets: made with their rules, changed and deleted by the version that was read."""

from __future__ import annotations

from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import add_row
from tests.support.storing import STORAGE, make_bucket, put_object


def test_a_bucket_is_made_with_its_rules_and_keeps_them_as_they_were_given(tenant: Tenant) -> None:
    rule = {"id": "old", "prefix": "logs/", "noncurrent_days": 30, "newer_noncurrent_versions": 3}
    body = {"name": "logs", "versioning": "enabled", "lifecycle": [rule]}
    created = tenant.api.ok("POST", f"{STORAGE}/buckets", 201, json=body)
    assert created["lifecycle"] == [
        {
            **rule,
            "expiration_days": None,
            "abort_multipart_days": None,
            "expired_delete_markers": False,
            "enabled": True,
        }
    ]
    assert tenant.api.ok("GET", f"{STORAGE}/buckets/logs") == created
    assert tenant.api.ok("PATCH", f"{STORAGE}/buckets/logs", json={"lifecycle": []})["lifecycle"] == []


def test_a_bucket_that_was_changed_since_it_was_read_is_not_deleted(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    read = tenant.api.get(bucket).headers["etag"]
    tenant.api.ok("PATCH", bucket, json={"versioning": "enabled"})
    tenant.api.refused("DELETE", bucket, 412, "version_conflict", headers={"If-Match": read})
    assert tenant.api.ok("GET", bucket)["versioning"] == "enabled"
    tenant.api.ok("DELETE", bucket, 204, headers={"If-Match": tenant.api.get(bucket).headers["etag"]})


def test_a_bucket_with_nothing_but_a_delete_marker_is_not_empty(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api, versioning="enabled")
    first = put_object(tenant.api, bucket, "a")
    marker = tenant.api.ok("DELETE", f"{bucket}/objects/a")["marker"]
    tenant.api.ok("DELETE", f"{bucket}/objects/a", params={"version_id": first["version_id"]})
    tenant.api.refused("DELETE", bucket, 409, "bucket_not_empty")
    tenant.api.ok("DELETE", f"{bucket}/objects/a", params={"version_id": marker})
    tenant.api.ok("DELETE", bucket, 204)


KEY_WITHOUT_VERSIONS = """
INSERT INTO storage.objects (id, tenant_id, bucket_id, key, visible)
SELECT 'obj-' || id, tenant_id, id, 'ghost', false FROM storage.buckets WHERE tenant_id = %s
"""


def test_a_key_without_any_version_holds_no_bucket(tenant: Tenant, fleet: FleetControl) -> None:
    """As an earlier release left them behind where a version was deleted that wasn't there."""
    bucket = make_bucket(tenant.api)
    add_row(fleet, "storage", KEY_WITHOUT_VERSIONS, tenant.id)
    put_object(tenant.api, bucket, "a")
    tenant.api.refused("DELETE", bucket, 409, "bucket_not_empty")
    tenant.api.ok("DELETE", f"{bucket}/objects/a")
    tenant.api.ok("DELETE", bucket, 204)
