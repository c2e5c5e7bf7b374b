"""What an instance counts as, and under which names its quota is reserved.

The instance itself counts under its id. Its size counts under a key that every resize makes anew, so that both sizes
are held while the provider works.
"""

from __future__ import annotations

from decimal import ROUND_CEILING

from services.compute.domain.resources import Resources
from shared.quotas.claims import Claim, claim

SIZE = ("vcpus", "memory_mib")
RESOURCES = ("instances", *SIZE)
"""Everything of compute that is counted."""


def instance_claim(instance_id: str) -> Claim:
    """One more instance, whatever its size."""
    return claim(instance_id, "instances")


def size_claims(key: str, resources: Resources) -> tuple[Claim, ...]:
    """An instance's size. Quota has whole vCPUs: a fraction counts as one."""
    amounts = (int(resources.vcpus.to_integral_value(ROUND_CEILING)), resources.memory_mib)
    return tuple(claim(key, resource, amount) for resource, amount in zip(SIZE, amounts, strict=True))


def size_reservations(key: str) -> list[str]:
    """The reservations of a size by its key."""
    return [f"{key}.{resource}" for resource in SIZE]


def reservations(instance_id: str, *size_keys: str) -> list[str]:
    """All reservations of an instance that holds sizes under these keys: two of them during a resize."""
    return [f"{instance_id}.instances", *(name for key in size_keys for name in size_reservations(key))]
