"""What the gateway knows of the services: instances in routing, and a circuit breaker for each."""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection

from services.gateway.domain.routing import rotate
from services.gateway.settings import Settings
from shared import services
from shared.clients.breaker import CircuitBreaker
from shared.clients.discovery import Target
from shared.errors import ServiceUnavailable
from shared.infra.registry import Instance, ServiceRegistry, ServiceView
from shared.utils.clock import Clock

FIRST_LOOK_SECONDS = 2.0


class Upstreams:
    """Keeps a live view of every service's passing instances by Consul's blocking queries."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._views: dict[str, ServiceView] = {}
        self._breakers: dict[str, CircuitBreaker] = {}
        self._turns = itertools.count()

    def start(self) -> None:
        """Begin to watch. Waits a moment for the first answers: who asks at once is to be routed."""
        registry = ServiceRegistry.from_settings(self._settings)
        self._views = {service: registry.watch(service) for service in services.ROUTED}
        for view in self._views.values():
            view.start()
        deadline = time.monotonic() + FIRST_LOOK_SECONDS
        for view in self._views.values():
            view.wait_seen(max(0.0, deadline - time.monotonic()))

    def stop(self) -> None:
        """End all watches."""
        for view in self._views.values():
            view.stop()

    def instances(self, service: str) -> tuple[Instance, ...]:
        """The instances of a service that pass all their checks, as of now."""
        return self._views[service].instances()

    def choose(self, service: str, caller: str = "", tried: Collection[str] = ()) -> Target:
        """The next instance in turn whose circuit isn't open to a request of `caller`; those whose ids are among
        `tried` come last. Raises ServiceUnavailable when there is none."""
        in_turn = rotate(self.instances(service), next(self._turns))
        for instance in sorted(in_turn, key=lambda each: each.id in tried):
            if (call := self._breaker(instance).allow(caller)) is not None:
                return Target(instance, call)
        raise ServiceUnavailable(f"no instance of {service} is healthy now", retry_after=1)

    def _breaker(self, instance: Instance) -> CircuitBreaker:
        """The breaker of an instance; it begins closed."""
        if instance.id not in self._breakers:
            self._breakers[instance.id] = CircuitBreaker(
                failure_threshold=self._settings.breaker_failures,
                open_seconds=self._settings.breaker_open_seconds,
                monotonic=self._clock.monotonic,
            )
        return self._breakers[instance.id]
