"""What loadbalancer needs from outside: time, and the quotas that the tenants service keeps; what it remembers."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.loadbalancer.domain.algorithms import Rings
from shared.quotas import Quotas
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Made once, in the composition root."""

    clock: Clock
    quotas: Quotas
    rings: Rings = field(default_factory=Rings)
