"""The configuration that an HAProxy would run a load balancer with; `haproxy -c` accepts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.loadbalancer.domain.algorithms import Algorithm
from services.loadbalancer.domain.backends import AdminState
from services.loadbalancer.domain.errors import InvalidHashKey
from services.loadbalancer.domain.probes import ActiveCheck


class Protocol(StrEnum):
    """What a listener speaks."""

    HTTP = "http"
    TCP = "tcp"


class HashKey(StrEnum):
    """What consistent hashing goes by at an HAProxy (`pick` is given its key). Header, cookie, parameter have names."""

    SOURCE = "source"
    HEADER = "header"
    COOKIE = "cookie"
    QUERY = "query"
    PATH = "path"


NAMED = frozenset({HashKey.HEADER, HashKey.COOKIE, HashKey.QUERY})


def check_hash_key(key: HashKey, name: str | None) -> None:
    """Whether there is a name exactly where the kind of key has one. Raises InvalidHashKey."""
    if (key in NAMED) != (name is not None):
        raise InvalidHashKey(f"a hash key of the kind {key} {'needs a' if key in NAMED else 'has no'} name")


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
    hash_key: HashKey = HashKey.SOURCE
    hash_name: str | None = None
    active_check: ActiveCheck = ActiveCheck.NONE
    check_path: str = "/"
    check_timeout_seconds: float = 1.0


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
}
HASH = {
    HashKey.SOURCE: "balance source",
    HashKey.HEADER: "balance hdr({name})",
    HashKey.COOKIE: "balance hash req.cook({name})",
    HashKey.QUERY: "balance url_param {name}",
    HashKey.PATH: "balance uri path-only",
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
    lines = [f"mode {listener.protocol}", *_balance(listener, pool), *_checks(pool)]
    cookies = pool.sticky and listener.protocol is Protocol.HTTP
    if cookies:
        lines.append("cookie OMNICLOUD insert indirect nocache")
    elif pool.sticky:
        lines += ["stick-table type ipv6 size 100k expire 30m", "stick on src"]
    lines += [_server(server, pool, cookies=cookies) for server in pool.servers]
    return _section(f"backend {_section_name(listener)}", lines)


def _balance(listener: ListenerConfig, pool: PoolConfig) -> list[str]:
    """How a section chooses. A plain connection has nothing to hash but its source."""
    if pool.algorithm is not Algorithm.CONSISTENT_HASH:
        return BALANCE[pool.algorithm]
    key = pool.hash_key if listener.protocol is Protocol.HTTP else HashKey.SOURCE
    return [HASH[key].format(name=pool.hash_name), "hash-type consistent"]


def _checks(pool: PoolConfig) -> list[str]:
    """What a check asks, and how long it waits.

    Where the platform doesn't check, HAProxy still does by a connection, for no report reaches it: without `check` it
    would take every server to be up.
    """
    if pool.active_check is ActiveCheck.NONE:
        return []
    asked = [f"option httpchk GET {pool.check_path}"] if pool.active_check is ActiveCheck.HTTP else []
    return [*asked, f"timeout check {round(pool.check_timeout_seconds * 1000)}ms"]


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
