"""The part of the Compose specification that the local fleet runs. Times are seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Condition(StrEnum):
    """What a dependency must have reached before the dependent starts."""

    STARTED = "service_started"
    HEALTHY = "service_healthy"
    COMPLETED = "service_completed_successfully"


@dataclass(frozen=True)
class HealthCheck:
    """How to ask whether a container is healthy, and how patiently."""

    test: tuple[str, ...]
    """First word CMD or CMD-SHELL."""
    interval: float = 30.0
    timeout: float = 30.0
    retries: int = 3
    start_period: float = 0.0


@dataclass(frozen=True)
class Port:
    """A port of the container; `published` is the host's port, None when compose picks or none is asked for."""

    target: int
    published: int | None = None


@dataclass(frozen=True)
class Mount:
    """A named volume or a path of the project (`source`), seen in the container at `target`."""

    source: str
    target: str


@dataclass(frozen=True)
class Service:
    """One entry below `services:`."""

    name: str
    image: str | None = None
    built: bool = False
    """True: the project's own code. False: infrastructure, for which a local server stands in."""
    command: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[Port, ...] = ()
    expose: tuple[int, ...] = ()
    mounts: tuple[Mount, ...] = ()
    depends_on: Mapping[str, Condition] = field(default_factory=dict)
    healthcheck: HealthCheck | None = None
    stop_grace: float = 10.0

    def container_ports(self) -> list[int]:
        """Published and exposed ports, published ones first."""
        return list(dict.fromkeys([*(port.target for port in self.ports), *self.expose]))


@dataclass(frozen=True)
class ComposeFile:
    """All services, in the file's order."""

    path: Path
    services: Mapping[str, Service]

    def is_job(self, name: str) -> bool:
        """Whether the service is expected to end: something waits for its completion."""
        return any(service.depends_on.get(name) is Condition.COMPLETED for service in self.services.values())
