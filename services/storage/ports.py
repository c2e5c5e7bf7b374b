"""What storage needs from outside: time, the object store, quotas and compute."""

from __future__ import annotations

from dataclasses import dataclass

from services.storage.settings import Settings
from shared.clients.compute import ComputeClient
from shared.infra.bulkhead import Bulkhead
from shared.infra.multipart import MultipartUploads
from shared.infra.object_store import ObjectStore
from shared.quotas import Quotas
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Made once in the composition root and handed to every operation."""

    settings: Settings
    clock: Clock
    store: ObjectStore
    store_rooms: Bulkhead
    """What end points enter around their calls of the object store, so that volumes are served while it is silent."""
    multipart: MultipartUploads
    quotas: Quotas
    compute: ComputeClient
