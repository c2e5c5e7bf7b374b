"""What the operations of storage need from outside, made once in the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from services.storage.settings import Settings
from shared.clients.compute import ComputeClient
from shared.clients.tenants import TenantsClient
from shared.infra.multipart import MultipartUploads
from shared.infra.object_store import ObjectStore
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Object store, other services and the clock."""

    settings: Settings
    clock: Clock
    store: ObjectStore
    multipart: MultipartUploads
    tenants: TenantsClient
    compute: ComputeClient
