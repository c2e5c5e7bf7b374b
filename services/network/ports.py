"""What network needs from outside: time, and the quotas that the tenants service keeps."""

from __future__ import annotations

from dataclasses import dataclass

from shared.quotas import Quotas
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Made once, in the composition root."""

    clock: Clock
    quotas: Quotas
