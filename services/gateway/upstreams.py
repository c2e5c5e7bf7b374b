"""What the gateway knows of the services: instances in routing, and a circuit breaker for each."""

from __future__ import annotations

from services.gateway.settings import Settings
from shared import services
from shared.clients.breaker import CircuitBreaker
from shared.infra.registry import Instance, ServiceRegistry, ServiceView


class Upstreams:
    """Keeps a live view of every service's passing instances by Consul's blocking queries."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._views: dict[str, ServiceView] = {}
        self._breakers: dict[str, CircuitBreaker] = {}

    def start(self) -> None:
        """Begin to watch."""
        registry = ServiceRegistry.from_settings(self._settings)
        self._views = {service: registry.watch(service) for service in services.ROUTED}
        for view in self._views.values():
            view.start()

    def stop(self) -> None:
        """End all watches."""
        for view in self._views.values():
            view.stop()

    def instances(self, service: str) -> tuple[Instance, ...]:
        """The instances of a service that pass all their checks, as of now."""
        return self._views[service].instances()

    def breaker(self, instance: Instance) -> CircuitBreaker:
        """The breaker of an instance; it begins closed."""
        if instance.id not in self._breakers:
            self._breakers[instance.id] = CircuitBreaker(
                failure_threshold=self._settings.breaker_failures,
                open_seconds=self._settings.breaker_open_seconds,
            )
        return self._breakers[instance.id]
