"""What instances are charged by, while they run."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from services.compute.domain.resources import Resources

VCPU_SECONDS = "compute.vcpu_seconds"
MEMORY_MIB_SECONDS = "compute.memory_mib_seconds"


def rates(resources: Resources) -> Mapping[str, Decimal]:
    """Units a second by meter of an active instance of that size."""
    return {VCPU_SECONDS: resources.vcpus, MEMORY_MIB_SECONDS: Decimal(resources.memory_mib)}
