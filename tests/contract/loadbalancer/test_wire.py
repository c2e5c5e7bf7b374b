"""What loadbalancer says over the wire."""

from __future__ import annotations

from decimal import Decimal

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
