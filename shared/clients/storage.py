"""The storage service: volumes."""

from __future__ import annotations

from typing import Any

from shared.clients.facade import Facade, segment


class StorageClient(Facade):
    """Typed calls to storage."""

    service = "storage"

    def volume(self, volume_id: str, *, tenant_id: str | None = None) -> dict[str, Any]:
        """A volume of the tenant with its state and size. Raises NotFound."""
        answer: dict[str, Any] = self._client.get(f"/v1/volumes/{segment(volume_id)}", tenant_id=tenant_id)
        return answer
