"""What loadbalancer needs from outside: time, and quotas kept by the tenants service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from shared.clients.tenants import TenantsClient
from shared.errors import NotFound, OmniCloudError
from shared.kernel.logs import logger
from shared.utils.clock import Clock

RESOURCE = "load_balancers"

log = logger("services.loadbalancer")


class Quotas:
    """One reservation a load balancer, named by its id."""

    def __init__(self, tenants: TenantsClient) -> None:
        self._tenants = tenants

    @contextmanager
    def reserved(self, load_balancer_id: str) -> Iterator[None]:
        """Reserve one for the block and give it back when it fails. Raises QuotaExceeded or ServiceUnavailable."""
        self._tenants.reserve(RESOURCE, 1, load_balancer_id)
        try:
            yield
        except BaseException:
            try:
                self.release(load_balancer_id)
            except OmniCloudError as error:
                log.warning("a reservation could not be given back", reservation=load_balancer_id, error=error.detail)
            raise

    def commit(self, load_balancer_id: str) -> None:
        """The load balancer exists."""
        self._tenants.commit(load_balancer_id)

    def release(self, load_balancer_id: str) -> None:
        """The load balancer is gone. Releasing twice is once."""
        with suppress(NotFound):
            self._tenants.release(load_balancer_id)


@dataclass(frozen=True)
class Ports:
    """Made once in the composition root."""

    clock: Clock
    quotas: Quotas
