"""What compute needs from outside: time, clouds and quotas."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.compute.ports.clouds import Clouds
from shared.quotas import Quotas
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Made once in the composition root and handed to every operation."""

    clock: Clock
    clouds: Clouds
    quotas: Quotas = field(repr=False)
