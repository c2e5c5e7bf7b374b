"""How to make, list and change one of each kind of resource that policies bind, through the public API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.api import Api
from tests.support.balancing import BALANCERS, POOLS
from tests.support.clock import clock
from tests.support.deploying import DEPLOY
from tests.support.monitoring import RULES, SILENCES, at
from tests.support.networking import ACLS, GROUPS, NAT, PEERINGS, ROUTE_TABLES, SUBNETS, TUNNELS, VPCS, ZONE
from tests.support.storing import STORAGE
from tests.support.zones import ZONES

SECRETS, CONFIG, PROJECTS = "/api/secrets/v1", "/api/config/v1", "/api/tenants/v1/projects"
Known = Mapping[str, Any]


@dataclass(frozen=True)
class Governed:
    """A kind of resource: the request that makes one, the list that shows it, and the request that changes it.

    Paths and bodies are functions of what was made before, by type.
    """

    service: str
    type: str
    make: Callable[[Known], tuple[str, str, dict[str, Any]]]
    listed: Callable[[Known], str] | None = None
    change: Callable[[Known], tuple[str, str, dict[str, Any]]] | None = None
    below: tuple[str, ...] = ()
    """Types of which one has to be there before."""

    def shown(self, api: Api, known: Known) -> list[dict[str, Any]]:
        """What the kind's list shows; without a list, nothing."""
        return list(api.items(self.listed(known))) if self.listed else []


def _silence(**fields: Any) -> dict[str, Any]:
    return {"matchers": {"host": "a"}, "starts_at": at(0), "ends_at": clock.now().isoformat(), **fields}


def _in_vpc(path: str, **fields: Any) -> Callable[[Known], tuple[str, str, dict[str, Any]]]:
    return lambda known: ("POST", path, {"vpc_id": known["vpc"]["id"], "name": "one", **fields})


def _by_id(path: str, type: str, method: str = "PATCH", tail: str = "", **body: Any) -> Any:
    return lambda known: (method, f"{path}/{known[type]['id']}{tail}", body)


KINDS: tuple[Governed, ...] = (
    Governed(
        "network",
        "vpc",
        lambda known: ("POST", VPCS, {"name": "one", "cidr": "10.0.0.0/16"}),
        lambda known: VPCS,
        _by_id(VPCS, "vpc", name="another"),
    ),
    Governed(
        "network",
        "subnet",
        _in_vpc(SUBNETS, cidr="10.0.1.0/24", zone=ZONE),
        lambda known: SUBNETS,
        _by_id(SUBNETS, "subnet", name="another"),
        ("vpc",),
    ),
    Governed(
        "network",
        "acl",
        _in_vpc(ACLS),
        lambda known: ACLS,
        _by_id(ACLS, "acl", "POST", "/rules", number=100, direction="ingress", action="allow", cidr="0.0.0.0/0"),
        ("vpc",),
    ),
    Governed(
        "network",
        "security_group",
        _in_vpc(GROUPS),
        lambda known: GROUPS,
        _by_id(GROUPS, "security_group", "POST", "/rules", direction="ingress", protocol="tcp", cidr="0.0.0.0/0"),
        ("vpc",),
    ),
    Governed(
        "network",
        "route_table",
        _in_vpc(ROUTE_TABLES),
        lambda known: ROUTE_TABLES,
        _by_id(ROUTE_TABLES, "route_table", name="another"),
        ("vpc",),
    ),
    Governed(
        "network",
        "route",
        _by_id(ROUTE_TABLES, "route_table", "POST", "/routes", destination="0.0.0.0/0", target_kind="internet_gateway"),
        lambda known: f"{ROUTE_TABLES}/{known['route_table']['id']}/routes",
        None,
        ("vpc", "route_table"),
    ),
    Governed(
        "network",
        "nat_gateway",
        lambda known: ("POST", NAT, {"subnet_id": known["subnet"]["id"], "name": "one"}),
        lambda known: NAT,
        None,
        ("vpc", "subnet"),
    ),
    Governed(
        "network", "vpn_tunnel", _in_vpc(TUNNELS, peer_address="203.0.113.9"), lambda known: TUNNELS, None, ("vpc",)
    ),
    Governed(
        "network",
        "peering",
        lambda known: ("POST", PEERINGS, {"vpc_id": known["vpc"]["id"], "peer_vpc_id": known["other_vpc"]["id"]}),
        lambda known: PEERINGS,
        _by_id(PEERINGS, "peering", "POST", "/accept"),
        ("vpc", "other_vpc"),
    ),
    Governed(
        "storage",
        "bucket",
        lambda known: ("POST", f"{STORAGE}/buckets", {"name": "one-bucket"}),
        lambda known: f"{STORAGE}/buckets",
        lambda known: ("PATCH", f"{STORAGE}/buckets/one-bucket", {"versioning": "enabled"}),
    ),
    Governed(
        "storage",
        "volume",
        lambda known: ("POST", f"{STORAGE}/volumes", {"name": "one", "size_gib": 1, "zone": ZONE}),
        lambda known: f"{STORAGE}/volumes",
        _by_id(f"{STORAGE}/volumes", "volume", name="another"),
    ),
    Governed(
        "storage",
        "snapshot",
        lambda known: ("POST", f"{STORAGE}/volumes/{known['volume']['id']}/snapshots", {"name": "one"}),
        lambda known: f"{STORAGE}/snapshots",
        None,
        ("volume",),
    ),
    Governed(
        "dns",
        "zone",
        lambda known: ("POST", ZONES, {"name": "one.example"}),
        lambda known: ZONES,
        _by_id(ZONES, "zone", refresh=7_000),
    ),
    Governed(
        "dns",
        "record_set",
        lambda known: (
            "POST",
            f"{ZONES}/{known['zone']['id']}/records",
            {"name": "www", "type": "A", "ttl": 60, "values": ["192.0.2.1"]},
        ),
        lambda known: f"{ZONES}/{known['zone']['id']}/records",
        lambda known: (
            "PUT",
            f"{ZONES}/{known['zone']['id']}/records/{known['record_set']['id']}",
            {"ttl": 60, "values": ["192.0.2.2"]},
        ),
        ("zone",),
    ),
    Governed(
        "loadbalancer",
        "pool",
        lambda known: ("POST", POOLS, {"name": "one"}),
        lambda known: POOLS,
        _by_id(POOLS, "pool", algorithm="least_connections"),
    ),
    Governed(
        "loadbalancer",
        "backend",
        _by_id(POOLS, "pool", "POST", "/backends", address="10.0.0.1", port=8080, weight=1),
        None,
        lambda known: ("PATCH", f"{POOLS}/{known['pool']['id']}/backends/{known['backend']['id']}", {"weight": 2}),
        ("pool",),
    ),
    Governed(
        "loadbalancer",
        "load_balancer",
        lambda known: (
            "POST",
            BALANCERS,
            {"name": "one", "listeners": [{"port": 80, "protocol": "http", "pool_id": known["pool"]["id"]}]},
        ),
        lambda known: BALANCERS,
        lambda known: (
            "PUT",
            f"{BALANCERS}/{known['load_balancer']['id']}/listeners",
            {"listeners": [{"port": 81, "protocol": "http", "pool_id": known["pool"]["id"]}]},
        ),
        ("pool",),
    ),
    Governed(
        "secrets",
        "secret",
        lambda known: ("PUT", f"{SECRETS}/secrets/app/one", {"data": {"password": "first"}}),
        lambda known: f"{SECRETS}/secrets",
        lambda known: ("PUT", f"{SECRETS}/secrets/app/one", {"data": {"password": "second"}}),
    ),
    Governed(
        "secrets",
        "key",
        lambda known: ("POST", f"{SECRETS}/keys", {"name": "one"}),
        lambda known: f"{SECRETS}/keys",
        lambda known: ("POST", f"{SECRETS}/keys/one/rotate", {}),
    ),
    Governed(
        "secrets",
        "path_policy",
        lambda known: (
            "POST",
            f"{SECRETS}/path-policies",
            {"pattern": "elsewhere/*", "subjects": ["nobody"], "capabilities": ["read"]},
        ),
        lambda known: f"{SECRETS}/path-policies",
    ),
    Governed("secrets", "lease_token", lambda known: ("POST", f"{SECRETS}/lease-tokens", {"name": "one"})),
    Governed(
        "config",
        "layer",
        lambda known: ("PUT", f"{CONFIG}/layers/prod/default", {"values": {"a": 1}}),
        None,
        lambda known: ("PUT", f"{CONFIG}/layers/prod/default", {"values": {"a": 2}}),
    ),
    Governed(
        "config",
        "flag",
        lambda known: ("PUT", f"{CONFIG}/flags/one", {"enabled": True, "percentage": 10}),
        lambda known: f"{CONFIG}/flags",
        lambda known: ("PUT", f"{CONFIG}/flags/one", {"enabled": True, "percentage": 20}),
    ),
    Governed(
        "deploy",
        "environment",
        lambda known: ("POST", f"{DEPLOY}/environments", {"name": "prod"}),
        lambda known: f"{DEPLOY}/environments",
        lambda known: ("PUT", f"{DEPLOY}/environments/prod/protection", {"protected": True}),
    ),
    Governed(
        "deploy",
        "deployment",
        lambda known: (
            "POST",
            f"{DEPLOY}/environments/prod/deployments",
            {"release": {"image": "web:1"}, "replicas": 1, "progress_deadline_seconds": 60},
        ),
        lambda known: f"{DEPLOY}/environments/prod/deployments",
        None,
        ("environment",),
    ),
    Governed(
        "monitor",
        "rule",
        lambda known: ("POST", RULES, {"name": "one", "metric": "load", "operator": ">", "threshold": 5}),
        lambda known: RULES,
        _by_id(RULES, "rule", threshold=6),
    ),
    Governed("monitor", "silence", lambda known: ("POST", SILENCES, _silence()), lambda known: SILENCES),
    Governed(
        "tenants",
        "project",
        lambda known: ("POST", PROJECTS, {"name": "one"}),
        lambda known: PROJECTS,
        _by_id(PROJECTS, "project", name="another"),
    ),
    Governed(
        "compute",
        "server_group",
        lambda known: ("POST", "/api/compute/v1/server-groups", {"name": "one", "policy": "affinity"}),
        lambda known: "/api/compute/v1/server-groups",
    ),
)
"""Instances, which need a host, have stories of their own."""
HELPERS: Mapping[str, Callable[[Known], tuple[str, str, dict[str, Any]]]] = {
    "other_vpc": lambda known: ("POST", VPCS, {"name": "other", "cidr": "10.1.0.0/16"}),
}
BY_TYPE: Mapping[str, Governed] = {kind.type: kind for kind in KINDS if kind.service != "config"}


def made(api: Api, *types: str, known: dict[str, Any] | None = None) -> dict[str, Any]:
    """One of each of these types, in this order; by type."""
    found = {} if known is None else known
    for type in types:
        method, path, body = (HELPERS.get(type) or BY_TYPE[type].make)(found)
        answer = api.request(method, path, json=body)
        assert answer.status_code in (200, 201), (path, answer.status_code, answer.text)
        found[type] = answer.json() if answer.content else {}
    return found
