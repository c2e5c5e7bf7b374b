"""Hostile values in every field of every operation: each becomes a value or a refusal with a code, never a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.computing import FAULTS, HOSTS, INSTANCES, ZONE, create_host, dedicated, read
from tests.support.identities import Tenant

pytestmark = pytest.mark.timeout(300)  # hundreds of requests a test

GROUPS = "/api/compute/v1/server-groups"
HUGE = 10**400
HOSTILE: tuple[Any, ...] = (
    "a\x00b",
    "\ud800",
    "\U0010ffff",
    "x" * 70_000,
    "NaN",
    "1e999",
    "9" * 5_000,
    -1,
    2**31,
    2**63,
    HUGE,
    float("nan"),
    float("inf"),
    True,
    [],
    {"\x00": "\x00"},
)
NULLED = (*HOSTILE, None)
ORDER = {
    **dedicated(zone=ZONE, labels={"team": "a"}, provider="nimbus", region="nimbus-eu-1", group_id=None),
    "image": "debian-12",
    "spreading": "spread",
    "preemptible": True,
    "size": None,
}
SIZED = {"name": "vm", "tenancy": "dedicated", "size": {"vcpus": "0.1", "memory_mib": 16, "disk_gib": 1}}
INVENTORY = {
    "resource_class": "vcpu",
    "total": 100,
    "reserved": 0,
    "allocation_ratio": "1.5",
    "min_unit": 1,
    "max_unit": 100,
    "step_unit": 1,
}


def mutations(body: Any, values: tuple[Any, ...] = NULLED) -> Iterator[Any]:
    """The body with each of its values, however deep, replaced by each of the hostile ones."""
    entries = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in entries:
        for hostile in (*values, *mutations(value, values)):
            copy = dict(body) if isinstance(body, dict) else list(body)
            copy[key] = hostile
            yield copy


def send(api: Api, method: str, path: str, body: Any) -> None:
    """Whatever is answered, it is an answer to what was asked: no 5xx, and a code with every refusal."""
    answer = api.request(method, path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    shown = f"{method} {path} {json.dumps(body)[:300]}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, shown
    if answer.status_code >= 400:
        assert answer.json()["code"] not in ("", "internal_error"), shown


@pytest.mark.parametrize("order", [ORDER, SIZED], ids=["flavor", "size"])
def test_orders(tenant: Tenant, order: dict[str, Any]) -> None:
    for body in mutations(order):
        # No host takes it: what passes every check of the values ends at the last one.
        send(tenant.api, "POST", INSTANCES, {**body, "tenancy": "dedicated"})
    assert list(tenant.api.items(INSTANCES)) == []


def test_what_is_done_to_an_instance(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant)
    instance = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    path = f"{INSTANCES}/{instance['id']}"
    for method, action, valid in (
        ("POST", "/transitions", {"target": "updating"}),
        ("POST", "/resize", {"flavor": "large"}),
        ("POST", "/reset-state", {"state": "active"}),
        ("POST", "/live-migrate", {"host_id": "host-nowhere"}),
        ("POST", "/migrate", {"host_id": "host-nowhere"}),
        ("POST", "/evacuate", {"host_id": "host-nowhere"}),
    ):
        for body in (*mutations(valid), *HOSTILE):
            send(tenant.operator, method, f"{path}{action}", body)
    assert read(tenant.api, instance["id"]) == instance

    for body in mutations({"name": "vm", "labels": {"a": "b"}}):
        send(tenant.operator, "PATCH", path, body)
    assert read(tenant.api, instance["id"])["state"] == "pending"


def test_what_operators_send(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    for body in mutations({"zone": "nowhere", "max_instances": 1, "inventories": [INVENTORY]}):
        send(operator, "POST", HOSTS, {**body, "dedicated_tenant_id": tenant.id})
    for body in mutations({"enabled": True, "forced_down": True, "max_instances": 1, "inventories": [INVENTORY]}):
        send(operator, "PATCH", f"{HOSTS}/{host['id']}", body)
    for body in mutations({"dedicated_tenant_id": "t-nobody"}, HOSTILE):
        send(operator, "POST", HOSTS, {"zone": "nowhere", "inventories": [INVENTORY], **body})
    fault = {"operation": "create_node", "kind": "latency", "provider": "nimbus", "latency_ms": 0, "remaining": 1}
    for body in mutations(fault):
        send(operator, "POST", FAULTS, {**body, "tenant_id": tenant.id})


def test_groups_and_lists(tenant: Tenant) -> None:
    for body in mutations({"name": "g", "policy": "affinity"}):
        send(tenant.api, "POST", GROUPS, body)
    for name in ("state", "zone", "group_id", "limit", "cursor"):
        for value in HOSTILE:
            # A lone surrogate can't be written in a URL at all.
            text = str(value).encode("utf-8", "replace").decode()[:4_000]
            answer = tenant.api.get(INSTANCES, params={name: text})
            assert answer.status_code < 500, (name, text[:50], answer.text)
