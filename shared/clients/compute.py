"""The compute service: instances."""

from __future__ import annotations

from typing import Any

from shared.clients.facade import Facade, segment


class ComputeClient(Facade):
    """Typed calls to compute."""

    service = "compute"

    def instance(self, instance_id: str, *, tenant_id: str | None = None) -> dict[str, Any]:
        """An instance of the tenant with its state, size and place. Raises NotFound."""
        answer: dict[str, Any] = self._client.get(f"/v1/instances/{segment(instance_id)}", tenant_id=tenant_id)
        return answer
