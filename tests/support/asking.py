"""Calls to every service, and what is wrong with the answers while something that they need gives none."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.support.api import Api
from tests.support.deploying import make_environment
from tests.support.identities import Tenant
from tests.support.storing import make_bucket, put_object

REQUEST_SECONDS = 15.0
"""What a request may take at most."""
SERVICES = (
    "auth", "tenants", "compute", "network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy", "monitor",
    "billing", "audit", "compliance",
)  # fmt: skip
Call = tuple[str, str, dict[str, Any]]

READS: tuple[Call, ...] = tuple(
    ("GET", path, {})
    for path in (
        "/api/auth/v1/users",
        "/api/tenants/v1/projects",
        "/api/compute/v1/server-groups",
        "/api/network/v1/vpcs",
        "/api/storage/v1/buckets",
        "/api/storage/v1/buckets/photos/objects",
        "/api/dns/v1/zones",
        "/api/loadbalancer/v1/pools",
        "/api/secrets/v1/secrets/app/db",
        "/api/config/v1/effective?environment=prod&resolve=true",
        "/api/deploy/v1/environments",
        "/api/monitor/v1/alert-rules",
        "/api/billing/v1/invoices",
        "/api/audit/v1/records",
        "/api/compliance/v1/policies",
    )
)
OTHERS: tuple[Call, ...] = (
    ("POST", "/api/tenants/v1/projects", {"json": {"name": "Shop"}}),
    ("POST", "/api/compute/v1/server-groups", {"json": {"name": "web", "policy": "affinity"}}),
    ("POST", "/api/network/v1/vpcs", {"json": {"name": "main", "cidr": "10.0.0.0/16"}}),
    ("GET", "/api/storage/v1/buckets/photos/objects/cat", {}),
    ("PUT", "/api/storage/v1/buckets/photos/objects/dog", {"content": b"dog"}),
    ("POST", "/api/storage/v1/volumes", {"json": {"name": "data", "size_gib": 1, "zone": "nimbus-eu-1a"}}),
    ("POST", "/api/dns/v1/zones", {"json": {"name": "silent.example"}}),
    ("PUT", "/api/secrets/v1/secrets/app/more", {"json": {"data": {"a": "b"}}}),
    ("PUT", "/api/config/v1/layers/prod/default", {"json": {"values": {"a": 1}}}),
    ("POST", "/api/config/v1/environments/prod/publish", {"json": {}}),
    ("POST", "/api/deploy/v1/environments/prod/plans", {"json": {"resources": []}}),
    ("POST", "/api/audit/v1/verifications", {}),
)


def prepared(tenant: Tenant) -> None:
    """What the calls are about."""
    tenant.api.ok("PUT", "/api/secrets/v1/secrets/app/db", json={"data": {"password": "kept"}})
    tenant.api.ok(
        "PUT", "/api/config/v1/layers/prod/default", json={"values": {"a": 0, "ref": {"$secret": "app/db#password"}}}
    )
    tenant.api.ok("POST", "/api/config/v1/environments/prod/publish", 201, json={})
    put_object(tenant.api, make_bucket(tenant.api), "cat", b"cat")
    make_environment(tenant.api)


def told(api: Api, call: Call) -> str:
    """What is wrong with the answer to a call; nothing if it is a success or a refusal that says when to come back."""
    method, path, options = call
    began = time.monotonic()
    try:
        answer = api.client.request(method, path, timeout=2 * REQUEST_SECONDS, **options)
    except httpx.HTTPError as error:
        return f"{method} {path}: {type(error).__name__}"
    seconds = time.monotonic() - began
    good = answer.status_code < 500 or (answer.status_code == 503 and "retry-after" in answer.headers)
    if good and seconds < REQUEST_SECONDS:
        return ""
    return f"{method} {path}: {answer.status_code} after {seconds:.1f} s: {answer.text[:200]}"


def all_told(api: Api, calls: tuple[Call, ...]) -> list[str]:
    """What is wrong with the answers to calls that are made side by side."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return [wrong for wrong in threads.map(lambda call: told(api, call), calls) if wrong]


def crowd(api: Api, method: str, path: str, bodies: Iterable[dict[str, Any]], threads: int = 6) -> Counter[int]:
    """How often each status was answered to requests of which several are always under way."""
    with ThreadPoolExecutor(threads) as pool:
        answers = pool.map(lambda body: api.client.request(method, path, json=body, timeout=120.0).status_code, bodies)
        return Counter(answers)
