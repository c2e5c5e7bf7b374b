"""The service registry on Consul: who serves what, and is it healthy.

An instance is routed to only when it has a check of its own and every check of it passes. Consul itself probes
`/healthz`, so a process that hangs leaves routing although it can't say so.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.infra.consul import ConsulRefused, ConsulUnavailable, connect, next_index, translated
from shared.settings import ServiceSettings, split_address

log = logging.getLogger(__name__)

SCHEME = "http://"
"""Services call each other within one network, under signed identities."""
PROBE_TIMEOUT_SECONDS = 2.0
DEREGISTER_AFTER = "1m"
"""How long an instance may be critical before Consul forgets it; one minute is the least that Consul takes."""
WATCH_SECONDS = 60
"""How long a blocking query waits for a change. It costs nothing meanwhile, and a change is told at once."""
STOP_SECONDS = 1.0
"""How long a stopped registration waits for its blocking query to end, which leaving the registry makes it do."""
RETRY_SECONDS = 0.5


@dataclass(frozen=True)
class Registration:
    """An instance as it wants to be known. `address` is host:port; `interval` of the probe is in seconds."""

    name: str
    instance_id: str
    address: str
    health_url: str
    interval: float


@dataclass(frozen=True, order=True)
class Instance:
    """An instance that may be called."""

    id: str
    service: str
    address: str

    @property
    def url(self) -> str:
        """Base URL."""
        return f"{SCHEME}{self.address}"


def service_definition(registration: Registration) -> dict[str, Any]:
    """The arguments of Consul's registration: name, id, address, and the HTTP check without which nothing passes."""
    host, port = split_address(registration.address)
    check = {
        "name": f"{registration.name} /healthz",
        "http": registration.health_url,
        "interval": f"{registration.interval:g}s",
        "timeout": f"{PROBE_TIMEOUT_SECONDS:g}s",
        "DeregisterCriticalServiceAfter": DEREGISTER_AFTER,
    }
    return {
        "name": registration.name,
        "service_id": registration.instance_id,
        "address": host,
        "port": port,
        "check": check,
    }


def passing_instances(entries: Iterable[Mapping[str, Any]]) -> tuple[Instance, ...]:
    """The routable instances of a health answer, in id order."""
    return tuple(sorted(_instance(entry) for entry in entries if _passes(entry["Checks"])))


def _passes(checks: Iterable[Mapping[str, Any]]) -> bool:
    """Whether there is a check of the service itself, and all checks (of the node too) pass."""
    checks = list(checks)
    return any(check["ServiceID"] for check in checks) and all(check["Status"] == "passing" for check in checks)


def _instance(entry: Mapping[str, Any]) -> Instance:
    service = entry["Service"]
    host = service["Address"] or entry["Node"]["Address"]
    return Instance(service["ID"], service["Service"], f"{host}:{service['Port']}")


class ServiceRegistry:
    """Registration and discovery. Methods raise ConsulUnavailable or ConsulRefused."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def from_settings(cls, settings: ServiceSettings) -> ServiceRegistry:
        """The registry these settings point at."""
        return cls(connect(settings))

    def register(self, registration: Registration) -> None:
        """Make an instance known; registering again replaces what was known of it."""
        with translated():
            self._client.agent.service.register(**service_definition(registration))

    def deregister(self, instance_id: str) -> None:
        """Take an instance out of routing at once."""
        with translated():
            self._client.agent.service.deregister(instance_id)

    def registered(self, instance_id: str) -> bool:
        """Whether Consul knows the instance."""
        with translated():
            return instance_id in self._client.agent.services()

    def instances(self, name: str) -> tuple[Instance, ...]:
        """The routable instances of a service, in id order; empty when there are none."""
        with translated():
            _, entries = self._client.health.service(name)
        return passing_instances(entries)

    def instances_after(self, name: str, index: int) -> tuple[int, tuple[Instance, ...]]:
        """Wait until something changes after `index` (0: don't wait); the new index and the routable instances."""
        with translated():
            returned, entries = self._client.health.service(name, index=index, wait=f"{WATCH_SECONDS}s")
        return next_index(index, int(returned)), passing_instances(entries)

    def watch(self, name: str) -> ServiceView:
        """A view of a service that follows changes by itself, once started."""
        return ServiceView(self, name)


class ServiceView:
    """The routable instances of one service, kept up to date by a thread; the last known ones while Consul is away."""

    def __init__(self, registry: ServiceRegistry, name: str) -> None:
        self.name = name
        self._registry = registry
        self._instances: tuple[Instance, ...] = ()
        self._seen = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def instances(self) -> tuple[Instance, ...]:
        """The routable instances as they were heard of last. It waits for nobody, so that it may be asked in an event
        loop."""
        return self._instances

    def wait_seen(self, seconds: float) -> bool:
        """Wait until Consul has answered for the first time; whether it has."""
        return self._seen.wait(seconds)

    def start(self) -> None:
        """Begin following."""
        self._thread = threading.Thread(target=self._run, name=f"discovery-{self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Follow no more; a query under way is left to time out."""
        self._stop.set()

    def _run(self) -> None:
        index = 0
        while not self._stop.is_set():
            try:
                index, self._instances = self._registry.instances_after(self.name, index)
                self._seen.set()
            except (ConsulUnavailable, ConsulRefused) as error:
                log.warning("discovery of %s: %s", self.name, error)
                index = 0
                self._stop.wait(RETRY_SECONDS)


class KeepRegistered:
    """Keeps one instance registered for the life of a process: registers again when Consul has lost it.

    It hears of that from Consul, by the same blocking query that discovery waits with; a Consul that comes back empty
    has broken the query off before.
    """

    def __init__(self, registry: ServiceRegistry, registration: Registration) -> None:
        self._registry = registry
        self._registration = registration
        self._registering = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Register, from a thread: a process starts although Consul isn't up yet."""
        self._thread = threading.Thread(target=self._run, name="registration", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Leave routing. What is under way ends first, and nothing registers the instance afterwards."""
        self._stop.set()
        with self._registering:
            try:
                self._registry.deregister(self._registration.instance_id)
            except (ConsulUnavailable, ConsulRefused) as error:
                log.warning("%s could not deregister: %s", self._registration.instance_id, error)
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def ensure(self) -> bool:
        """Register unless Consul knows the instance, or `stop` was called; whether it had to be done."""
        with self._registering:
            if self._stop.is_set() or self._registry.registered(self._registration.instance_id):
                return False
            self._registry.register(self._registration)
        log.info("registered %s as %s", self._registration.address, self._registration.instance_id)
        return True

    def _run(self) -> None:
        index = 0
        while not self._stop.is_set():
            try:
                self.ensure()
                index, _ = self._registry.instances_after(self._registration.name, index)
            except (ConsulUnavailable, ConsulRefused) as error:
                log.warning("%s not registered: %s", self._registration.instance_id, error)
                index = 0
                self._stop.wait(RETRY_SECONDS)
