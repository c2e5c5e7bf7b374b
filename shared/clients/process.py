"""What a process shares between all its clients. A child never uses what it inherited over a fork."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import httpx
from prometheus_client import Gauge

from shared.clients.discovery import Away, Upstream
from shared.infra.registry import SCHEME, ServiceRegistry
from shared.settings import ServiceSettings
from shared.utils.clock import Clock
from shared.utils.tls import context_for

T = TypeVar("T")

IDLE_SECONDS = 2.0
"""How long an unused connection is kept: less than servers do (uvicorn 5 s), so that none is used as it closes."""
MAX_CONNECTIONS = 64


class PerProcess(Generic[T]):
    """A value that is made on first use, once in each process."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: tuple[int, T] | None = None

    def get(self) -> T:
        """The value of this process."""
        with self._lock:
            if self._made is None or self._made[0] != os.getpid():
                self._made = (os.getpid(), self._make())
            return self._made[1]


def new_http(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """An HTTP client as services use it: no redirects, and no proxy of the environment."""
    limits = httpx.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=IDLE_SECONDS)
    tls = context_for(SCHEME)
    return httpx.Client(transport=transport, limits=limits, verify=tls, trust_env=False, follow_redirects=False)


circuit_pause = Gauge(
    "client_circuit_pause_seconds", "Time until the upstream is called again; 0 with a closed circuit", ["upstream"]
)
process_http = PerProcess(new_http)
_upstreams: PerProcess[dict[tuple[str, str], Upstream]] = PerProcess(dict)
_away: PerProcess[Away] = PerProcess(Away)
_upstreams_lock = threading.Lock()


def upstream_of(service: str, settings: ServiceSettings, clock: Clock) -> Upstream:
    """The process's one view of a service in the registry that these settings name; by the process's one clock."""
    with _upstreams_lock:
        upstreams = _upstreams.get()
        key = (settings.consul_http_addr, service)
        if key not in upstreams:
            registry = ServiceRegistry.from_settings(settings)
            upstreams[key] = Upstream(service, registry.instances, clock, _away.get())
            circuit_pause.labels(service).set_function(upstreams[key].pause)
        return upstreams[key]
