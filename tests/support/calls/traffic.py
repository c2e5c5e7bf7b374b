"""Calls of dns and loadbalancer."""

from __future__ import annotations

from typing import Any

from tests.support.calls.accounts import of
from tests.support.calls.world import Call, Row, Table, World

ZONES = "dns/v1/zones"


def new_zone(w: World) -> dict[str, Any]:
    return {"name": f"{w.name('zone')}-{w.tenant.id.lower().replace('_', '-')}.example"}


def zone(w: World) -> dict[str, Any]:
    return w.make(ZONES, new_zone(w))


def new_record(made: dict[str, Any]) -> dict[str, Any]:
    return {"name": f"www.{made['name']}", "type": "A", "ttl": 60, "values": ["192.0.2.1"]}


def in_zone(w: World, what: str, body: Any = None) -> Call:
    made = zone(w)
    return Call(f"/v1/zones/{made['id']}/{what}", body, tag=made["etag"])


def with_record(w: World) -> Call:
    made = zone(w)
    return Call(f"/v1/zones/{made['id']}/records", new_record(made), tag=made["etag"])


def record(w: World, what: str = "", body: Any = None) -> Call:
    made = zone(w)
    found = w.make(f"{ZONES}/{made['id']}/records", new_record(made))
    return Call(f"/v1/zones/{made['id']}/records/{found['id']}{what}", body, tag=found["etag"])


def resolved(w: World) -> Call:
    return Call("/v1/resolve", params={"name": f"www.{zone(w)['name']}"})


FILE = {"zonefile": "www 60 IN A 192.0.2.1\n"}
ANSWERS = {"ttl": 61, "values": ["192.0.2.9"]}
HEALTH = {"value": "192.0.2.1", "healthy": False}

DNS: Table = {
    "GET /v1/resolve": Row(resolved),
    "GET /v1/zones": Row(lambda w: Call("/v1/zones")),
    "GET /v1/zones/{id}": Row(lambda w: of("/v1/zones", zone(w))),
    "GET /v1/zones/{id}/records": Row(lambda w: in_zone(w, "records")),
    "GET /v1/zones/{id}/records/{record_id}": Row(lambda w: record(w)),
    "GET /v1/zones/{id}/zonefile": Row(lambda w: in_zone(w, "zonefile")),
    "POST /v1/usage/flush": Row(lambda w: Call("/v1/usage/flush")),
    "POST /v1/zones": Row(lambda w: Call("/v1/zones", new_zone(w))),
    "PATCH /v1/zones/{id}": Row(lambda w: of("/v1/zones", zone(w), json={"minimum": 61})),
    "DELETE /v1/zones/{id}": Row(lambda w: of("/v1/zones", zone(w))),
    "POST /v1/zones/{id}/records": Row(with_record),
    "PUT /v1/zones/{id}/records/{record_id}": Row(lambda w: record(w, body=ANSWERS)),
    "DELETE /v1/zones/{id}/records/{record_id}": Row(lambda w: record(w)),
    "POST /v1/zones/{id}/records/{record_id}/health": Row(lambda w: record(w, "/health", HEALTH)),
    "PUT /v1/zones/{id}/zonefile": Row(lambda w: in_zone(w, "zonefile", FILE)),
}

POOLS = "loadbalancer/v1/pools"


def pool(w: World) -> dict[str, Any]:
    return w.make(POOLS, {"name": w.name("pool")})


def backend(w: World, what: str = "", body: Any = None) -> Call:
    path = f"{POOLS}/{pool(w)['id']}/backends"
    made = w.make(path, {"address": "10.0.0.1", "port": 80})
    return Call(f"/{path.partition('/')[2]}/{made['id']}{what}", body, tag=str(made["version"]))


def of_pool(w: World, what: str, body: Any) -> Call:
    made = pool(w)
    return Call(f"/v1/pools/{made['id']}/{what}", body, tag=made["etag"])


def traffic(w: World, what: str, **body: Any) -> Call:
    """A report on the backend of a new pool, or a new connection to it: its version is that of the backend."""
    path = f"{POOLS}/{pool(w)['id']}"
    made = w.make(f"{path}/backends", {"address": "10.0.0.1", "port": 80})
    target = f"/{path.partition('/')[2]}/{what}"
    if what == "pick":
        return Call(target, {}, tag=w.read(path)["etag"])
    if what == "release":
        made = w.make(f"{path}/pick", {})["backend"]
    return Call(target, {"backend_id": made["id"], **body}, tag=str(made["version"]))


def listeners(w: World) -> dict[str, Any]:
    return {"listeners": [{"port": 80, "pool_id": w.once("pool", lambda: pool(w))["id"]}]}


def balancer(w: World, what: str = "", body: Any = None) -> Call:
    made = w.make("loadbalancer/v1/load-balancers", {"name": w.name("lb"), **listeners(w)})
    return Call(f"/v1/load-balancers/{made['id']}{what}", body, tag=made["etag"])


LOADBALANCER: Table = {
    "GET /v1/pools": Row(lambda w: Call("/v1/pools")),
    "GET /v1/pools/{id}": Row(lambda w: of("/v1/pools", pool(w))),
    "GET /v1/load-balancers": Row(lambda w: Call("/v1/load-balancers")),
    "GET /v1/load-balancers/{id}": Row(lambda w: balancer(w)),
    "GET /v1/load-balancers/{id}/haproxy.cfg": Row(lambda w: balancer(w, "/haproxy.cfg")),
    "POST /v1/pools": Row(lambda w: Call("/v1/pools", {"name": w.name("pool")})),
    "PATCH /v1/pools/{id}": Row(lambda w: of("/v1/pools", pool(w), json={"rise": 5})),
    "DELETE /v1/pools/{id}": Row(lambda w: of("/v1/pools", pool(w))),
    "POST /v1/pools/{id}/backends": Row(lambda w: of_pool(w, "backends", {"address": "10.0.0.2", "port": 80})),
    "PATCH /v1/pools/{id}/backends/{backend_id}": Row(lambda w: backend(w, body={"weight": 7})),
    "DELETE /v1/pools/{id}/backends/{backend_id}": Row(lambda w: backend(w)),
    "POST /v1/pools/{id}/pick": Row(lambda w: traffic(w, "pick")),
    "POST /v1/pools/{id}/release": Row(lambda w: traffic(w, "release")),
    "POST /v1/pools/{id}/checks": Row(lambda w: traffic(w, "checks", healthy=True)),
    "POST /v1/pools/{id}/outcomes": Row(lambda w: traffic(w, "outcomes", succeeded=True)),
    "POST /v1/load-balancers": Row(lambda w: Call("/v1/load-balancers", {"name": w.name("lb"), **listeners(w)})),
    "DELETE /v1/load-balancers/{id}": Row(lambda w: balancer(w)),
    "PUT /v1/load-balancers/{id}/listeners": Row(lambda w: balancer(w, "/listeners", {"listeners": []})),
    "POST /v1/usage/flush": Row(lambda w: Call("/v1/usage/flush")),
}
