"""What monitor needs from outside, made once in the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from services.monitor.settings import Settings
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Settings and time."""

    settings: Settings
    clock: Clock
