"""The sweep that compares reservations with what exists, for what no event settled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shared.clients.tenants import TenantsClient
from shared.errors import Conflict, OmniCloudError, ServiceUnavailable
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work
from shared.quotas.reservations import Quotas
from shared.utils.clock import Clock

GRACE_SECONDS = 300
"""A younger reservation may belong to a request or an event that is still under way."""

log = logger("shared.quotas")


@dataclass(frozen=True)
class Swept:
    """What one sweep put right."""

    committed: int
    released: int


class QuotaSweep:
    """Looks through the reservations of one service's resources, of all tenants.

    `held` says which of some reservation ids stand for something that exists, whoever's it is.
    """

    def __init__(
        self,
        service: str,
        tenants: TenantsClient,
        clock: Clock,
        resources: Sequence[str],
        held: Callable[[Collection[str]], Collection[str]],
    ) -> None:
        self._service = service
        self._tenants = tenants
        self._quotas = Quotas(tenants)
        self._clock = clock
        self._resources = resources
        self._held = held

    def run(self) -> Swept:
        """One pass. What exists is committed, what doesn't is released; what is right already stays untouched."""
        committed = released = 0
        for resource in self._resources:
            for page in self._tenants.reservation_pages(resource, unchanged_for_seconds=GRACE_SECONDS):
                held = set(self._held([item["reservation_id"] for item in page]))
                for item in page:
                    exists = item["reservation_id"] in held
                    if self._settled(item, exists):
                        committed += exists and item["state"] != "committed"
                        released += not exists
        if committed or released:
            log.warning("reservations put right", committed=committed, released=released)
        return Swept(committed, released)

    def _settled(self, item: dict[str, Any], exists: bool) -> bool:
        """Settle one; whether it could be. One that is refused delays no other. Raises ServiceUnavailable."""
        try:
            self._settle(item, exists)
        except ServiceUnavailable:
            raise
        except OmniCloudError as error:
            log.warning("a reservation could not be settled", reservation=item["reservation_id"], error=error.detail)
            return False
        return True

    def _settle(self, item: dict[str, Any], exists: bool) -> None:
        with service_context(self._service, item["tenant_id"], self._clock, work=Work("settle a reservation")):
            if not exists:
                self._quotas.release([item["reservation_id"]])
            elif item["state"] != "committed":
                with suppress(Conflict):  # released since the page was read: what it stood for is gone, too
                    self._quotas.commit([item["reservation_id"]])
