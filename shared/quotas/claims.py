"""What a resource claims of its tenant's quotas, and under which name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """An amount of a counted resource. The same `reservation_id` twice is one claim."""

    resource: str
    """The quota: `dns_zones`, `vcpus`."""
    amount: int
    reservation_id: str


def claim(key: str, resource: str, amount: int = 1) -> Claim:
    """What the thing with this key claims of one quota, as `<key>.<resource>`. The key begins with the thing's id."""
    return Claim(resource, amount, f"{key}.{resource}")
