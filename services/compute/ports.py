"""What compute needs from outside: time, clouds, quotas and policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import ROUND_CEILING
from typing import Any

from services.compute.domain.errors import PolicyDenied
from services.compute.domain.resources import Resources
from services.compute.providers import Clouds
from shared.clients.compliance import ComplianceClient
from shared.clients.tenants import TenantsClient
from shared.errors import NotFound, OmniCloudError
from shared.kernel.logs import logger
from shared.utils.clock import Clock

log = logger("services.compute")


class Quotas:
    """Quota of instances, vCPUs and memory, kept by the tenants service.

    The count of instances is reserved under the instance's id, its size under a key that changes with each resize.
    """

    def __init__(self, tenants: TenantsClient) -> None:
        self._tenants = tenants

    @contextmanager
    def reserved(self, reservations: Mapping[str, tuple[str, int]]) -> Iterator[None]:
        """Reserve for the block and give back when it fails. Raises QuotaExceeded or ServiceUnavailable."""
        try:
            for reservation_id, (resource, amount) in reservations.items():
                self._tenants.reserve(resource, amount, reservation_id)
            yield
        except BaseException:
            self._give_back(reservations)
            raise

    def commit(self, reservation_ids: Iterable[str]) -> None:
        """What was reserved exists."""
        for reservation_id in reservation_ids:
            self._tenants.commit(reservation_id)

    def release(self, reservation_ids: Iterable[str]) -> None:
        """What was reserved is gone. Releasing twice is once; a reservation that was never made is left alone."""
        for reservation_id in reservation_ids:
            with suppress(NotFound):
                self._tenants.release(reservation_id)

    def _give_back(self, reservation_ids: Iterable[str]) -> None:
        """Release on the way out of a failure, which is the one to be told about."""
        try:
            self.release(reservation_ids)
        except OmniCloudError as error:
            log.warning("a reservation could not be given back", reservations=list(reservation_ids), error=error.detail)


def instance_reservation(instance_id: str) -> dict[str, tuple[str, int]]:
    """What counts the instance itself: (resource, amount) by reservation id."""
    return {f"{instance_id}.instances": ("instances", 1)}


def size_reservations(key: str, resources: Resources) -> dict[str, tuple[str, int]]:
    """What counts its size. Quota has whole vCPUs: a fraction counts as one."""
    vcpus = int(resources.vcpus.to_integral_value(ROUND_CEILING))
    return {f"{key}.vcpus": ("vcpus", vcpus), f"{key}.memory_mib": ("memory_mib", resources.memory_mib)}


class Policies:
    """The tenant's policies, kept by the compliance service."""

    def __init__(self, compliance: ComplianceClient) -> None:
        self._compliance = compliance

    def check(self, action: str, resource: Mapping[str, Any]) -> None:
        """Raise PolicyDenied when a policy denies the action, ServiceUnavailable when nobody can say: fails closed."""
        decision = self._compliance.evaluate(f"compute.instances.{action}", "instance", resource)
        if not decision.allowed:
            raise PolicyDenied(f"a policy denies to {action} this instance", violations=list(decision.violations))


@dataclass(frozen=True)
class Ports:
    """Made once in the composition root and handed to every operation."""

    clock: Clock
    clouds: Clouds
    quotas: Quotas = field(repr=False)
    policies: Policies = field(repr=False)
