"""What loadbalancer says over the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.balancing import BALANCERS, POOLS, check, make_balancer, make_pool
from tests.support.bus import Bus
from tests.support.identities import Tenant
from tests.support.metering import usage_of


def test_a_haproxy_configuration_is_plain_text(tenant: Tenant) -> None:
    pool, [first, second] = make_pool(tenant.api, 3, 1)
    tenant.api.ok("PATCH", f"{pool}/backends/{second}", json={"state": "draining"})
    balancer = make_balancer(tenant.api, pool)
    answer = tenant.api.get(f"{BALANCERS}/{balancer['id']}/haproxy.cfg")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    lines = [line.strip() for line in answer.text.splitlines()]
    assert f"server {first} 10.0.0.1:8080 weight 3 check inter 2s rise 2 fall 3" in lines
    assert f"server {second} 10.0.0.2:8080 weight 0 check inter 2s rise 2 fall 3" in lines
    assert {"frontend listener-80", "bind :80", "balance roundrobin"} <= set(lines)


def test_only_a_change_of_health_is_an_event(tenant: Tenant, bus: Bus) -> None:
    pool, [backend] = make_pool(tenant.api, 1, fall=2, rise=1)
    check(tenant.api, pool, backend, "-+--++")
    told = bus.of_subject("loadbalancer.events", backend, count=3)
    assert [(event["type"].rpartition(".")[2], event["sequence"], event["data"]["healthy"]) for event in told] == [
        ("created", 1, True),
        ("health_changed", 2, False),
        ("health_changed", 3, True),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"algorithm": "least_connections"},
        {"rise": 7},
        {"fall": 7},
        {"check_interval_seconds": 7},
        {"panic_threshold_percent": 7},
        {"max_ejected_percent": 7},
        {"slow_start_seconds": 7},
        {"sticky": True},
        {"active_check": "tcp"},
        {"check_path": "/up"},
        {"check_timeout_seconds": 1.5},
        {"hash_key": "header", "hash_name": "X-Key"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_whatever_changes_of_a_pool_is_told(tenant: Tenant, bus: Bus, changed: dict[str, Any]) -> None:
    pool, _ = make_pool(tenant.api)
    tenant.api.ok("PATCH", pool, json=changed)
    told = bus.of_subject("loadbalancer.events", pool.rpartition("/")[2], count=2)[-1]
    assert changed.items() <= told["data"].items()


@pytest.mark.usefixtures("same_day")
def test_the_end_of_a_load_balancer_is_metered(tenant: Tenant, bus: Bus) -> None:
    balancer = make_balancer(tenant.api, make_pool(tenant.api)[0])
    tenant.api.ok("DELETE", f"{BALANCERS}/{balancer['id']}", 204)
    told = bus.of_subject("loadbalancer.events", balancer["id"], count=2)
    assert [event["type"].removeprefix("loadbalancer.load_balancer.") for event in told] == ["created", "deleted"]
    [event] = usage_of(bus, "loadbalancer", balancer)
    usage = event["data"]
    assert (usage["meter"], usage["source"]) == ("loadbalancer.seconds", "loadbalancer")
    assert (event["subject"], event["sequence"]) == (f"{balancer['id']}/{usage['meter']}/{usage['started_at']}", 1)
    assert Decimal(0) < Decimal(usage["quantity"]) < Decimal(60)


def test_a_misspelt_field_is_refused_by_name(tenant: Tenant) -> None:
    body = {"name": "web", "algoritm": "least_connections"}
    problem = tenant.api.refused("POST", POOLS, 422, "validation_failed", json=body)
    assert problem["errors"][0]["field"] == "body.algoritm"
    assert list(tenant.api.items(POOLS)) == []


def test_the_openapi_document_names_the_end_points(tenant: Tenant) -> None:
    paths = tenant.api.ok("GET", "/api/loadbalancer/openapi.json")["paths"]
    assert {"/v1/pools/{id}/pick", "/v1/pools/{id}/checks", "/v1/load-balancers/{id}/haproxy.cfg"} <= set(paths)


def test_no_change_and_no_end_of_anything_ignores_a_stale_tag(tenant: Tenant) -> None:
    pool, [backend] = make_pool(tenant.api, 1)
    free, _ = make_pool(tenant.api, name="free")
    balancer = f"{BALANCERS}/{make_balancer(tenant.api, pool)['id']}"
    one = f"{pool}/backends/{backend}"
    for method, path, body in (
        ("PATCH", pool, {"fall": 5}),
        ("DELETE", free, None),
        ("POST", f"{pool}/backends", {"address": "10.0.0.9", "port": 80}),
        ("PATCH", one, {"weight": 2}),
        ("DELETE", one, None),
        ("POST", f"{pool}/pick", {}),
        ("POST", f"{pool}/release", {"backend_id": backend}),
        ("POST", f"{pool}/checks", {"backend_id": backend, "healthy": False}),
        ("POST", f"{pool}/outcomes", {"backend_id": backend, "succeeded": False}),
        ("PUT", f"{balancer}/listeners", {"listeners": []}),
        ("DELETE", balancer, None),
    ):
        tenant.api.refused(method, path, 412, "version_conflict", json=body, headers={"If-Match": '"99"'})

    [left] = tenant.api.ok("GET", pool)["backends"]
    assert (left["version"], left["connections"], left["healthy"]) == (1, 0, True)
    assert len(tenant.api.ok("GET", balancer)["listeners"]) == 1
    tenant.api.ok("DELETE", free, 204, headers={"If-Match": '"1"'})


def test_a_pool_is_hashed_at_haproxy_by_what_it_says(tenant: Tenant) -> None:
    pool, _ = make_pool(tenant.api, 1, algorithm="consistent_hash", hash_key="header", hash_name="X-User")
    balancer = make_balancer(tenant.api, pool)
    text = tenant.api.get(f"{BALANCERS}/{balancer['id']}/haproxy.cfg").text
    assert "    balance hdr(X-User)\n    hash-type consistent\n" in text
    tenant.api.refused("PATCH", pool, 422, "invalid_hash_key", json={"hash_key": "source"})
    for name in ("a b", "x)\n    bind :1", "", "x" * 65):
        body = {"hash_key": "header", "hash_name": name}
        tenant.api.refused("PATCH", pool, 422, "validation_failed", json=body)


def test_values_of_another_type_are_refused_and_not_made_to_fit(tenant: Tenant) -> None:
    for field, value in (
        ("rise", "3"),
        ("rise", True),
        ("sticky", "yes"),
        ("sticky", 1),
        ("check_timeout_seconds", "1"),
    ):
        tenant.api.refused("POST", POOLS, 422, "validation_failed", json={"name": "web", field: value})
    assert list(tenant.api.items(POOLS)) == []
