"""The one list of services. A new one is added here, as a folder under `services/`, and to the compose file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Framework = Literal["fastapi", "django"]


@dataclass(frozen=True)
class Service:
    """What the platform has to know of a service before it runs."""

    name: str
    framework: Framework
    has_database: bool = True
    """Whether it owns a schema, and with that an outbox and an inbox."""
    members_write: bool = False
    """Whether every member of a tenant may change what is in it; elsewhere it takes an administrator."""
    metered: bool = False
    """Whether what exists in it is billed: it publishes `<name>.usage.recorded`."""


ALL: tuple[Service, ...] = (
    Service("gateway", "fastapi", has_database=False),
    Service("auth", "django"),
    Service("tenants", "django"),
    Service("compute", "fastapi", members_write=True, metered=True),
    Service("network", "django", members_write=True, metered=True),
    Service("storage", "fastapi", members_write=True, metered=True),
    Service("dns", "django", members_write=True, metered=True),
    Service("loadbalancer", "fastapi", members_write=True, metered=True),
    Service("secrets", "django", members_write=True),
    Service("config", "django", members_write=True),
    Service("deploy", "fastapi", members_write=True),
    Service("monitor", "fastapi", members_write=True),
    Service("billing", "django"),
    Service("audit", "django"),
    Service("compliance", "django"),
)

GATEWAY = "gateway"
BY_NAME = {service.name: service for service in ALL}
NAMES: tuple[str, ...] = tuple(BY_NAME)
ROUTED: tuple[str, ...] = tuple(name for name in NAMES if name != GATEWAY)
"""The services behind the gateway."""
METERED: tuple[str, ...] = tuple(service.name for service in ALL if service.metered)
