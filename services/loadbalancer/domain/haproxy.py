"""The configuration that an HAProxy would run a load balancer with; `haproxy -c` accepts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.loadbalancer.domain.algorithms import Algorithm
from services.loadbalancer.domain.backends import AdminState


class Protocol(StrEnum):
    """What a listener speaks."""

    HTTP = "http"
    TCP = "tcp"


@dataclass(frozen=True)
class Server:
    """A backend's line."""

    id: str
    address: str
    port: int
    weight: int
    state: AdminState


@dataclass(frozen=True)
class PoolConfig:
    """A pool's section."""

    id: str
    algorithm: Algorithm
    rise: int
    fall: int
    check_interval_seconds: int
    slow_start_seconds: int
    sticky: bool
    servers: Sequence[Server]


@dataclass(frozen=True)
class ListenerConfig:
    """A listener's section."""

    port: int
    protocol: Protocol
    pool_id: str


HEAD = """\
global
    maxconn 10000
    stats socket abns@{id} level user

defaults
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    option redispatch
    default-server init-addr last,libc,none resolvers system

resolvers system
    parse-resolv-conf
"""
BALANCE = {
    Algorithm.ROUND_ROBIN: ["balance roundrobin"],
    Algorithm.LEAST_CONNECTIONS: ["balance leastconn"],
    Algorithm.CONSISTENT_HASH: ["balance source", "hash-type consistent"],
}


def render(id: str, listeners: Sequence[ListenerConfig], pools: Mapping[str, PoolConfig]) -> str:
    """The configuration of the load balancer with this id: frontends by port, each with a backend section of its own.

    A section has one mode, a pool may have two. A name that doesn't resolve leaves its server down until it does, and
    without any listener there still is the statistics' socket, so that HAProxy starts. Only identifiers, numbers and
    checked addresses are written, so that no text of a tenant becomes a directive.
    """
    sections = [HEAD.format(id=id)]
    for listener in sorted(listeners, key=lambda each: each.port):
        sections.append(_frontend(listener))
        sections.append(_backend(listener, pools[listener.pool_id]))
    return "\n".join(sections)


def _section_name(listener: ListenerConfig) -> str:
    return f"{listener.pool_id}-{listener.port}"


def _frontend(listener: ListenerConfig) -> str:
    return _section(
        f"frontend listener-{listener.port}",
        [f"mode {listener.protocol}", f"bind :{listener.port}", f"default_backend {_section_name(listener)}"],
    )


def _backend(listener: ListenerConfig, pool: PoolConfig) -> str:
    lines = [f"mode {listener.protocol}", *BALANCE[pool.algorithm]]
    cookies = pool.sticky and listener.protocol is Protocol.HTTP
    if cookies:
        lines.append("cookie OMNICLOUD insert indirect nocache")
    elif pool.sticky:
        lines += ["stick-table type ipv6 size 100k expire 30m", "stick on src"]
    lines += [_server(server, pool, cookies=cookies) for server in pool.servers]
    return _section(f"backend {_section_name(listener)}", lines)


def _server(server: Server, pool: PoolConfig, *, cookies: bool) -> str:
    weight = 0 if server.state is AdminState.DRAINING else server.weight
    host = f"[{server.address}]" if ":" in server.address else server.address
    words = [
        f"server {server.id} {host}:{server.port}",
        f"weight {weight}",
        f"check inter {pool.check_interval_seconds}s rise {pool.rise} fall {pool.fall}",
    ]
    if pool.slow_start_seconds:
        words.append(f"slowstart {pool.slow_start_seconds}s")
    if cookies:
        words.append(f"cookie {server.id}")
    return " ".join(words)


def _section(head: str, lines: Sequence[str]) -> str:
    return "\n".join([head, *(f"    {line}" for line in lines), ""])
