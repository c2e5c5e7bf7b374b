"""Shorthands of the compute tests: hosts of one's own, instances, and waiting for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import locked_table, sessions_at_locks

INSTANCES = "/api/compute/v1/instances"
HOSTS = "/api/compute/v1/hosts"
FAULTS = "/api/compute/v1/drills/faults"
ZONE = "nimbus-eu-1a"


def create_host(
    operator: Api,
    tenant: Tenant,
    *,
    millicores: int = 4_000,
    memory_mib: int = 65_536,
    disk_gib: int = 1_000,
    **more: Any,
) -> dict[str, Any]:
    """A host in `ZONE` that takes nobody's instances but the tenant's dedicated ones."""
    inventories = [
        {"resource_class": "vcpu", "total": millicores},
        {"resource_class": "memory_mib", "total": memory_mib},
        {"resource_class": "disk_gib", "total": disk_gib},
    ]
    body = {"zone": ZONE, "dedicated_tenant_id": tenant.id, "inventories": inventories, **more}
    host: dict[str, Any] = operator.ok("POST", HOSTS, 201, json=body)
    return host


def dedicated(**fields: Any) -> dict[str, Any]:
    """The body for an instance on one of the tenant's own hosts that stays pending: it only holds its claims."""
    return {"name": "vm", "flavor": "nano", "tenancy": "dedicated", "deferred_start": True, **fields}


def custom(vcpus: str, memory_mib: int = 16, disk_gib: int = 0) -> dict[str, Any]:
    """The fields of a custom size in place of a flavor."""
    return {"flavor": None, "size": {"vcpus": vcpus, "memory_mib": memory_mib, "disk_gib": disk_gib}}


def create(api: Api, **fields: Any) -> dict[str, Any]:
    """A new instance as it was answered; of the smallest flavor in `ZONE` unless told otherwise."""
    body = {"name": "vm", "flavor": "nano", "zone": ZONE, **fields}
    instance: dict[str, Any] = api.ok("POST", INSTANCES, 201, json=body)
    return instance


def read(api: Api, instance_id: str) -> dict[str, Any]:
    """An instance as it is now."""
    instance: dict[str, Any] = api.ok("GET", f"{INSTANCES}/{instance_id}")
    return instance


def reaches(api: Api, instance_id: str, state: str, timeout: float = 15.0) -> dict[str, Any]:
    """The instance, once it is in a state."""

    def in_state() -> dict[str, Any]:
        instance = read(api, instance_id)
        assert instance["state"] == state, f"{instance_id} is {instance['state']}: {instance['last_error']}"
        return instance

    return eventually(in_state, timeout)


def is_gone(api: Api, instance_id: str, timeout: float = 15.0) -> None:
    """Returns once the instance's record is removed."""
    eventually(lambda: api.get(f"{INSTANCES}/{instance_id}").status_code == 404, timeout)


def running(api: Api, **fields: Any) -> dict[str, Any]:
    """A new instance that has become active."""
    return reaches(api, create(api, **fields)["id"], "active")


def used_of(operator: Api, host_id: str) -> dict[str, int]:
    """What is claimed of a host: base units by resource, and the number of instances."""
    host = operator.ok("GET", f"{HOSTS}/{host_id}")
    return {**{kind: entry["used"] for kind, entry in host["resources"].items()}, "instances": host["instances"]}


def nodes_of(operator: Api, tenant: Tenant, provider: str = "nimbus") -> list[dict[str, Any]]:
    """What the provider itself holds for the tenant."""
    nodes: list[dict[str, Any]] = operator.ok(
        "GET", f"/api/compute/v1/providers/{provider}/nodes", params={"tenant_id": tenant.id}
    )
    return nodes


def plan_fault(
    operator: Api, tenant: Tenant, operation: str, kind: str, remaining: int = 1, latency_ms: int = 0
) -> None:
    """Let the next provider requests for this tenant fail."""
    body = {"operation": operation, "kind": kind, "tenant_id": tenant.id, "remaining": remaining}
    operator.ok("POST", FAULTS, 201, json={**body, "latency_ms": latency_ms})


def at_once(fleet: FleetControl, *requests: Callable[[], Any]) -> Sequence[Any]:
    """What the requests answer when each has come as far as a lock before any of them may change a host."""
    with ThreadPoolExecutor(len(requests)) as pool:
        with locked_table(fleet, "compute", "hosts"):
            asked = [pool.submit(request) for request in requests]
            eventually(lambda: sessions_at_locks(fleet, "compute") >= len(requests), 30.0)
        return [each.result() for each in asked]
