"""What network needs from outside: time, and quotas kept by the tenants service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache

from shared.clients.tenants import TenantsClient
from shared.errors import NotFound, OmniCloudError
from shared.kernel.logs import logger
from shared.utils.clock import Clock, system_clock
from shared.web.django import service_settings

log = logger("services.network")


class Quotas:
    """One reservation a resource, named by the resource's id."""

    def __init__(self, tenants: TenantsClient) -> None:
        self._tenants = tenants

    @contextmanager
    def reserved(self, resource: str, reservation_id: str) -> Iterator[None]:
        """Reserve one for the block and give it back when it fails. Raises QuotaExceeded or ServiceUnavailable."""
        self._tenants.reserve(resource, 1, reservation_id)
        try:
            yield
        except BaseException:
            self._give_back(reservation_id)
            raise

    def commit(self, reservation_id: str) -> None:
        """What was reserved exists."""
        self._tenants.commit(reservation_id)

    def release(self, reservation_id: str) -> None:
        """What was reserved is gone. Releasing twice is once."""
        with suppress(NotFound):
            self._tenants.release(reservation_id)

    def _give_back(self, reservation_id: str) -> None:
        """Release on the way out of a failure, which is the one to be told about."""
        try:
            self.release(reservation_id)
        except OmniCloudError as error:
            log.warning("a reservation could not be given back", reservation=reservation_id, error=error.detail)


@dataclass(frozen=True)
class Ports:
    """Made once a process."""

    clock: Clock
    quotas: Quotas


@cache
def ports() -> Ports:
    """The ports of this process."""
    settings = service_settings()
    clock = system_clock(settings.clock_file)
    return Ports(clock, Quotas(TenantsClient.connect(settings, clock)))
