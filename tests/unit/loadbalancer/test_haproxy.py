"""The configuration that HAProxy gets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.loadbalancer.domain.algorithms import Algorithm
from services.loadbalancer.domain.backends import AdminState
from services.loadbalancer.domain.errors import InvalidHashKey
from services.loadbalancer.domain.haproxy import (
    HashKey,
    ListenerConfig,
    PoolConfig,
    Protocol,
    Server,
    check_hash_key,
    render,
)
from services.loadbalancer.domain.probes import ActiveCheck


def pool(
    algorithm: Algorithm = Algorithm.ROUND_ROBIN, *servers: Server, sticky: bool = False, slow: int = 0
) -> PoolConfig:
    return PoolConfig("pool-1", algorithm, 2, 3, 2, slow, sticky, servers)


def section(text: str, head: str) -> list[str]:
    lines = [*text.splitlines(), ""]
    start = lines.index(head)
    return [line.strip() for line in lines[start + 1 : lines.index("", start)]]


A = Server("be-1", "10.0.0.5", 8080, 3, AdminState.ACTIVE)
B = Server("be-2", "2001:db8::5", 8080, 3, AdminState.DRAINING)


def test_a_listener_is_a_frontend_before_its_own_backend_section() -> None:
    text = render("lb-1", [ListenerConfig(80, Protocol.HTTP, "pool-1")], {"pool-1": pool(Algorithm.ROUND_ROBIN, A, B)})
    assert section(text, "frontend listener-80") == ["mode http", "bind :80", "default_backend pool-1-80"]
    assert section(text, "backend pool-1-80") == [
        "mode http",
        "balance roundrobin",
        "server be-1 10.0.0.5:8080 weight 3 check inter 2s rise 2 fall 3",
        "server be-2 [2001:db8::5]:8080 weight 0 check inter 2s rise 2 fall 3",
    ]


@pytest.mark.parametrize(
    ("algorithm", "lines"),
    [
        (Algorithm.ROUND_ROBIN, ["balance roundrobin"]),
        (Algorithm.LEAST_CONNECTIONS, ["balance leastconn"]),
        (Algorithm.CONSISTENT_HASH, ["balance source", "hash-type consistent"]),
    ],
)
def test_algorithms_by_their_names_at_haproxy(algorithm: Algorithm, lines: list[str]) -> None:
    text = render("lb-1", [ListenerConfig(80, Protocol.TCP, "pool-1")], {"pool-1": pool(algorithm)})
    assert section(text, "backend pool-1-80") == ["mode tcp", *lines]


def test_sessions_stick_by_cookie_over_http_and_by_address_over_tcp() -> None:
    sticky = pool(Algorithm.ROUND_ROBIN, A, sticky=True, slow=10)
    text = render(
        "lb-1",
        [ListenerConfig(n, p, "pool-1") for n, p in ((80, Protocol.HTTP), (25, Protocol.TCP))],
        {"pool-1": sticky},
    )
    http, tcp = section(text, "backend pool-1-80"), section(text, "backend pool-1-25")
    assert http[2] == "cookie OMNICLOUD insert indirect nocache"
    assert http[3].endswith("slowstart 10s cookie be-1")
    assert tcp[2:4] == ["stick-table type ipv6 size 100k expire 30m", "stick on src"]
    assert "cookie" not in tcp[4]


def test_names_may_fail_to_resolve_and_listeners_may_be_missing() -> None:
    text = render("lb-1", [], {})
    assert section(text, "global") == ["maxconn 10000", "stats socket abns@lb-1 level user"]
    assert "default-server init-addr last,libc,none resolvers system" in section(text, "defaults")
    assert section(text, "resolvers system") == ["parse-resolv-conf"]


def test_frontends_are_in_order_of_ports() -> None:
    listeners = [ListenerConfig(port, Protocol.HTTP, "pool-1") for port in (8080, 80, 443)]
    text = render("lb-1", listeners, {"pool-1": pool()})
    assert [line for line in text.splitlines() if line.startswith("frontend")] == [
        "frontend listener-80",
        "frontend listener-443",
        "frontend listener-8080",
    ]


@pytest.mark.parametrize(
    ("key", "name", "line"),
    [
        (HashKey.SOURCE, None, "balance source"),
        (HashKey.HEADER, "X-Tenant", "balance hdr(X-Tenant)"),
        (HashKey.COOKIE, "session", "balance hash req.cook(session)"),
        (HashKey.QUERY, "user", "balance url_param user"),
        (HashKey.PATH, None, "balance uri path-only"),
    ],
)
def test_a_hash_goes_by_the_pools_key_over_http_and_by_the_source_over_tcp(
    key: HashKey, name: str | None, line: str
) -> None:
    hashed = replace(pool(Algorithm.CONSISTENT_HASH, A), hash_key=key, hash_name=name)
    listeners = [ListenerConfig(n, p, "pool-1") for n, p in ((80, Protocol.HTTP), (25, Protocol.TCP))]
    text = render("lb-1", listeners, {"pool-1": hashed})
    assert section(text, "backend pool-1-80")[1:3] == [line, "hash-type consistent"]
    assert section(text, "backend pool-1-25")[1:3] == ["balance source", "hash-type consistent"]


@pytest.mark.parametrize(
    ("key", "name"),
    [(HashKey.SOURCE, "x"), (HashKey.PATH, "x"), (HashKey.HEADER, None), (HashKey.COOKIE, None), (HashKey.QUERY, None)],
)
def test_a_hash_key_has_a_name_exactly_where_its_kind_has_one(key: HashKey, name: str | None) -> None:
    with pytest.raises(InvalidHashKey):
        check_hash_key(key, name)


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        (ActiveCheck.NONE, []),
        (ActiveCheck.TCP, ["timeout check 500ms"]),
        (ActiveCheck.HTTP, ["option httpchk GET /up?full=1", "timeout check 500ms"]),
    ],
)
def test_checks_ask_what_the_pool_says(kind: ActiveCheck, lines: list[str]) -> None:
    checked = replace(pool(), active_check=kind, check_path="/up?full=1", check_timeout_seconds=0.5)
    text = render("lb-1", [ListenerConfig(80, Protocol.HTTP, "pool-1")], {"pool-1": checked})
    assert section(text, "backend pool-1-80") == ["mode http", "balance roundrobin", *lines]
