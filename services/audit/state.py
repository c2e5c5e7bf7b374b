"""What the audit process holds beside its database: the checkpoint store, made on first use."""

from __future__ import annotations

from functools import lru_cache

from services.audit.checkpoints import CheckpointStore
from shared.infra.object_store import ObjectStore
from shared.utils.clock import system_clock
from shared.web.django import service_settings


@lru_cache(maxsize=1)
def checkpoint_store() -> CheckpointStore:
    """The process's checkpoint store."""
    settings = service_settings()
    return CheckpointStore(settings, ObjectStore.from_settings(settings), system_clock(settings.clock_file))
