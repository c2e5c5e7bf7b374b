"""The compute service: instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.clients.facade import Facade, segment


class ComputeClient(Facade):
    """Typed calls to compute."""

    service = "compute"

    def instance(self, instance_id: str, *, tenant_id: str | None = None) -> dict[str, Any]:
        """An instance of the tenant with its state, size and place. Raises NotFound."""
        answer: dict[str, Any] = self._client.get(f"/v1/instances/{segment(instance_id)}", tenant_id=tenant_id)
        return answer

    def create_instance(self, attributes: Mapping[str, Any], *, idempotency_key: str) -> str:
        """Place an instance; its id. The same key again is the same instance."""
        created = self._client.post("/v1/instances", json=dict(attributes), idempotency_key=idempotency_key)
        return str(created["id"])

    def change_instance(self, instance_id: str, attributes: Mapping[str, Any], *, idempotency_key: str) -> None:
        """Rename or relabel an instance. Raises NotFound."""
        path = f"/v1/instances/{segment(instance_id)}"
        self._client.patch(path, json=dict(attributes), idempotency_key=idempotency_key)

    def resize_instance(self, instance_id: str, flavor: str, *, idempotency_key: str) -> None:
        """Begin to give an instance another flavor. Raises NotFound."""
        path = f"/v1/instances/{segment(instance_id)}/resize"
        self._client.post(path, json={"flavor": flavor}, idempotency_key=idempotency_key)

    def delete_instance(self, instance_id: str, *, idempotency_key: str) -> None:
        """Begin to delete an instance. Raises NotFound."""
        self._client.delete(f"/v1/instances/{segment(instance_id)}", idempotency_key=idempotency_key)
