"""Buckets, objects and volumes for tests, made through the public API."""

from __future__ import annotations

from typing import Any

from tests.support.api import Api

STORAGE = "/api/storage/v1"
MIN_PART_BYTES = 5 * 2**20


def make_bucket(api: Api, name: str = "photos", versioning: str = "disabled") -> str:
    """A new bucket; its path."""
    api.ok("POST", f"{STORAGE}/buckets", 201, json={"name": name, "versioning": versioning})
    return f"{STORAGE}/buckets/{name}"


def put_object(api: Api, bucket: str, key: str, content: bytes = b"content", **headers: str) -> dict[str, Any]:
    """A stored version of an object."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    stored: dict[str, Any] = api.ok("PUT", f"{bucket}/objects/{key}", 200, content=content, headers=sent)
    return stored


def make_volume(api: Api, size_gib: int = 10, **fields: Any) -> dict[str, Any]:
    """A new volume."""
    body = {"name": "data", "size_gib": size_gib, "zone": "nimbus-eu-1a", **fields}
    volume: dict[str, Any] = api.ok("POST", f"{STORAGE}/volumes", 201, json=body)
    return volume


def in_use(operator: Api, resource: str) -> int:
    """How much of a quota a tenant has taken; `operator` acts in the tenant."""
    quotas = operator.ok("GET", "/api/tenants/v1/quotas")["items"]
    quota = next(each for each in quotas if each["resource"] == resource)
    return int(quota["used"] + quota["reserved"])
