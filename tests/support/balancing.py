"""Pools, backends and load balancers for tests, made through the public API."""

from __future__ import annotations

from typing import Any

from tests.support.api import Api

POOLS = "/api/loadbalancer/v1/pools"
BALANCERS = "/api/loadbalancer/v1/load-balancers"


def make_pool(api: Api, *weights: int, name: str = "web", **fields: Any) -> tuple[str, list[str]]:
    """A new pool with one backend a weight; its path and the ids of the backends."""
    pool = api.ok("POST", POOLS, 201, json={"name": name, **fields})
    path = f"{POOLS}/{pool['id']}"
    return path, [add_backend(api, path, f"10.0.0.{place + 1}", weight) for place, weight in enumerate(weights)]


def add_backend(api: Api, pool: str, address: str, weight: int = 1) -> str:
    """A new backend; its id."""
    body = {"address": address, "port": 8080, "weight": weight}
    made: str = api.ok("POST", f"{pool}/backends", 201, json=body)["id"]
    return made


def pick(api: Api, pool: str, **body: Any) -> str:
    """The id of the backend that a new connection goes to."""
    chosen: str = api.ok("POST", f"{pool}/pick", json=body)["backend"]["id"]
    return chosen


def picks(api: Api, pool: str, backends: list[str], count: int) -> str:
    """New connections one after the other, as letters: the first backend is a."""
    return "".join(chr(ord("a") + backends.index(pick(api, pool))) for _ in range(count))


def check(api: Api, pool: str, backend: str, results: str) -> bool:
    """Report checks (+ passed, - failed); whether the backend is healthy after them."""
    for result in results:
        answer = api.ok("POST", f"{pool}/checks", json={"backend_id": backend, "healthy": result == "+"})
    healthy: bool = answer["healthy"]
    return healthy


def make_balancer(api: Api, pool: str, name: str = "front", port: int = 80) -> dict[str, Any]:
    """A new load balancer with one listener."""
    listener = {"port": port, "protocol": "http", "pool_id": pool.rpartition("/")[2]}
    made: dict[str, Any] = api.ok("POST", BALANCERS, 201, json={"name": name, "listeners": [listener]})
    return made
