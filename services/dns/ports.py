"""What dns needs from outside: time, chance, and the quotas that the tenants service keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.dns.settings import Settings
from shared.quotas import Quotas
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Made once, in the composition root. `draw` gives a number from 0 up to, not including, its argument."""

    settings: Settings
    clock: Clock
    quotas: Quotas
    draw: Callable[[int], int]
