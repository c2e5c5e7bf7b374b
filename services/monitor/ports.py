"""What monitor needs from outside."""

from __future__ import annotations

from dataclasses import dataclass

from services.monitor.settings import Settings
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Limits, and the time."""

    settings: Settings
    clock: Clock
