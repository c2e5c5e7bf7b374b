"""Calls of compute."""

from __future__ import annotations

from typing import Any

from tests.support.calls.accounts import of
from tests.support.calls.world import PLATFORM, Call, Row, Table, World
from tests.support.computing import ZONE

INSTANCES = "compute/v1/instances"


def inventories(millicores: int) -> list[dict[str, Any]]:
    return [
        {"resource_class": "vcpu", "total": millicores},
        {"resource_class": "memory_mib", "total": 262_144},
        {"resource_class": "disk_gib", "total": 10_000},
    ]


def dedicated_host(w: World, zone: str = ZONE) -> dict[str, Any]:
    body = {"zone": zone, "dedicated_tenant_id": w.tenant.id, "inventories": inventories(64_000)}
    return w.make("compute/v1/hosts", body, by=w.operator)


def new_host() -> dict[str, Any]:
    """A host that nobody's instances come to."""
    return {"zone": ZONE, "dedicated_tenant_id": "nobody", "inventories": inventories(100)}


def host(w: World) -> dict[str, Any]:
    return w.make("compute/v1/hosts", new_host(), by=w.operator)


def order(w: World, **fields: Any) -> dict[str, Any]:
    w.once("hosts", lambda: [dedicated_host(w), dedicated_host(w)])
    return {"name": w.name("vm"), "flavor": "nano", "zone": ZONE, "tenancy": "dedicated", **fields}


def pending(w: World) -> dict[str, Any]:
    return w.make(INSTANCES, order(w, deferred_start=True))


def active(w: World) -> dict[str, Any]:
    return w.reach(f"{INSTANCES}/{w.make(INSTANCES, order(w))['id']}", "active")


def stopped(w: World) -> dict[str, Any]:
    path = f"{INSTANCES}/{active(w)['id']}"
    w.make(f"{path}/stop")
    return w.reach(path, "stopped")


def moved(w: World, made: dict[str, Any], how: str, body: Any = None) -> Call:
    return Call(f"/v1/instances/{made['id']}/{how}", body, tag=made["etag"])


def on_a_dead_host(w: World) -> dict[str, Any]:
    """A pending instance whose host is marked as down, while another one of the tenant's is up."""
    zone = "nimbus-eu-1b"
    hosts = w.once("dying hosts", lambda: [dedicated_host(w, zone), dedicated_host(w, zone)])

    def mark(host_id: str, down: bool) -> None:
        w.make(f"compute/v1/hosts/{host_id}", {"forced_down": down}, "PATCH", by=w.operator)

    for each in hosts:
        mark(each["id"], False)
    made = w.make(INSTANCES, {**order(w, deferred_start=True), "zone": zone})
    mark(made["placement"]["host_id"], True)
    return w.read(f"{INSTANCES}/{made['id']}")


def down(w: World) -> dict[str, Any]:
    return w.make(f"compute/v1/hosts/{host(w)['id']}", {"forced_down": True}, "PATCH", by=w.operator)


def to_evacuate(w: World) -> Call:
    made = down(w)
    return Call(f"/v1/hosts/{made['id']}/evacuate", tag=made["etag"])


def group(w: World) -> dict[str, Any]:
    return w.make("compute/v1/server-groups", {"name": w.name("g"), "policy": "anti-affinity"})


def fault() -> dict[str, Any]:
    """A failure that meets nobody."""
    return {"operation": "rebuild_node", "kind": "timeout", "tenant_id": "nobody", "remaining": 1}


def planned_fault(w: World) -> dict[str, Any]:
    return w.make("compute/v1/drills/faults", fault(), by=w.operator)


def migration(w: World) -> str:
    made = active(w)
    w.make(f"{INSTANCES}/{made['id']}/live-migrate", {}, by=w.operator)
    listed = w.operator.ok("GET", "/api/compute/v1/migrations", params={"instance_id": made["id"]})["items"]
    return str(listed[0]["id"])


COMPUTE: Table = {
    "GET /v1/flavors": Row(lambda w: Call("/v1/flavors")),
    "GET /v1/zones": Row(lambda w: Call("/v1/zones")),
    "GET /v1/instances": Row(lambda w: Call("/v1/instances")),
    "GET /v1/instances/{id}": Row(lambda w: of("/v1/instances", pending(w))),
    "GET /v1/server-groups": Row(lambda w: Call("/v1/server-groups")),
    "GET /v1/server-groups/{id}": Row(lambda w: of("/v1/server-groups", group(w))),
    "GET /v1/providers/{name}/images": Row(lambda w: Call("/v1/providers/nimbus/images"), elsewhere=(200,)),
    "GET /v1/providers/{name}/nodes": Row(
        lambda w: Call("/v1/providers/nimbus/nodes", params={"tenant_id": w.tenant.id}), PLATFORM
    ),
    "GET /v1/migrations": Row(lambda w: Call("/v1/migrations"), PLATFORM),
    "GET /v1/migrations/{id}": Row(
        lambda w: Call(f"/v1/migrations/{w.once('migration', lambda: migration(w))}"), PLATFORM
    ),
    "GET /v1/hosts": Row(lambda w: Call("/v1/hosts"), PLATFORM),
    "GET /v1/hosts/{id}": Row(lambda w: of("/v1/hosts", host(w)), PLATFORM),
    "GET /v1/drills/faults": Row(lambda w: Call("/v1/drills/faults"), PLATFORM),
    "POST /v1/instances": Row(lambda w: Call("/v1/instances", order(w, deferred_start=True))),
    "PATCH /v1/instances/{id}": Row(lambda w: of("/v1/instances", pending(w), json={"name": w.name("renamed")})),
    "DELETE /v1/instances/{id}": Row(lambda w: of("/v1/instances", pending(w))),
    "POST /v1/instances/{id}/transitions": Row(
        lambda w: moved(w, pending(w), "transitions", {"target": "provisioning"})
    ),
    "POST /v1/instances/{id}/stop": Row(lambda w: moved(w, active(w), "stop")),
    "POST /v1/instances/{id}/start": Row(lambda w: moved(w, stopped(w), "start")),
    "POST /v1/instances/{id}/resize": Row(lambda w: moved(w, active(w), "resize", {"flavor": "micro"})),
    "POST /v1/instances/{id}/reset-state": Row(
        lambda w: moved(w, active(w), "reset-state", {"state": "active"}), PLATFORM
    ),
    "POST /v1/instances/{id}/live-migrate": Row(lambda w: moved(w, active(w), "live-migrate", {}), PLATFORM),
    "POST /v1/instances/{id}/migrate": Row(lambda w: moved(w, stopped(w), "migrate", {}), PLATFORM),
    "POST /v1/instances/{id}/evacuate": Row(lambda w: moved(w, on_a_dead_host(w), "evacuate", {}), PLATFORM),
    "POST /v1/server-groups": Row(
        lambda w: Call("/v1/server-groups", {"name": w.name("g"), "policy": "anti-affinity"})
    ),
    "DELETE /v1/server-groups/{id}": Row(lambda w: of("/v1/server-groups", group(w))),
    "POST /v1/usage/flush": Row(lambda w: Call("/v1/usage/flush")),
    "POST /v1/hosts": Row(lambda w: Call("/v1/hosts", new_host()), PLATFORM),
    "PATCH /v1/hosts/{id}": Row(lambda w: of("/v1/hosts", host(w), json={"enabled": False}), PLATFORM),
    "DELETE /v1/hosts/{id}": Row(lambda w: of("/v1/hosts", host(w)), PLATFORM),
    "POST /v1/hosts/{id}/evacuate": Row(to_evacuate, PLATFORM),
    "POST /v1/drills/faults": Row(lambda w: Call("/v1/drills/faults", fault()), PLATFORM),
    "DELETE /v1/drills/faults/{id}": Row(lambda w: of("/v1/drills/faults", planned_fault(w)), PLATFORM),
}
