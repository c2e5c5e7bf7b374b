"""What compute needs from outside: time, clouds, quotas, and transactions and threads for its own work."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.compute.ports.clouds import Clouds
from shared.events.processing import TransactionRunner
from shared.infra.workers import Workers
from shared.quotas import Quotas
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Made once in the composition root and handed to every operation."""

    clock: Clock
    clouds: Clouds
    quotas: Quotas = field(repr=False)
    transactions: TransactionRunner = field(repr=False)
    """For what runs outside of requests."""
    workers: Workers = field(repr=False)
    """Threads that may wait for a provider."""
