"""What audit needs from outside."""

from __future__ import annotations

from dataclasses import dataclass

from services.audit.ports.checkpoints import CheckpointStore
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """A place for checkpoints that isn't the database, and the time."""

    clock: Clock
    checkpoints: CheckpointStore
