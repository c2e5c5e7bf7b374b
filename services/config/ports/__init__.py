"""What config needs from outside."""

from __future__ import annotations

from dataclasses import dataclass

from services.config.ports.documents import PublishedDocuments
from shared.clients.secrets import SecretsClient
from shared.infra.cache import Cache
from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """Consul for documents, Redis for flags, the secrets service, and the time."""

    clock: Clock
    documents: PublishedDocuments
    cache: Cache
    secrets: SecretsClient
