"""What billing needs from outside."""

from __future__ import annotations

from dataclasses import dataclass

from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """The time, which decides what usage is too late, which periods are over, and what is spent by now."""

    clock: Clock
