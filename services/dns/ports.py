"""What dns needs from outside: time, chance, and quotas kept by the tenants service."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache

from services.dns.settings import Settings
from shared.clients.tenants import TenantsClient
from shared.errors import NotFound, OmniCloudError
from shared.kernel.logs import logger
from shared.utils.clock import Clock, system_clock
from shared.web.django import service_settings

RESOURCE = "dns_zones"

log = logger("services.dns")


class Quotas:
    """One reservation a zone, named by its id."""

    def __init__(self, tenants: TenantsClient) -> None:
        self._tenants = tenants

    @contextmanager
    def reserved(self, zone_id: str) -> Iterator[None]:
        """Reserve one for the block and give it back when it fails. Raises QuotaExceeded or ServiceUnavailable."""
        self._tenants.reserve(RESOURCE, 1, zone_id)
        try:
            yield
        except BaseException:
            try:
                self.release(zone_id)
            except OmniCloudError as error:
                log.warning("a reservation could not be given back", reservation=zone_id, error=error.detail)
            raise

    def commit(self, zone_id: str) -> None:
        """The zone exists."""
        self._tenants.commit(zone_id)

    def release(self, zone_id: str) -> None:
        """The zone is gone. Releasing twice is once."""
        with suppress(NotFound):
            self._tenants.release(zone_id)


@dataclass(frozen=True)
class Ports:
    """Made once a process. `draw` gives a number from 0 up to, not including, its argument."""

    settings: Settings
    clock: Clock
    quotas: Quotas
    draw: Callable[[int], int]


@cache
def ports() -> Ports:
    """The ports of this process."""
    settings = service_settings()
    assert isinstance(settings, Settings)
    clock = system_clock(settings.clock_file)
    return Ports(settings, clock, Quotas(TenantsClient.connect(settings, clock)), secrets.randbelow)
