"""The storage service: volumes and buckets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.clients.facade import Facade, segment


class StorageClient(Facade):
    """Typed calls to storage."""

    service = "storage"

    def volume(self, volume_id: str) -> dict[str, Any]:
        """A volume of the tenant. Raises NotFound."""
        answer: dict[str, Any] = self._client.get(f"/v1/volumes/{segment(volume_id)}")
        return answer

    def bucket(self, name: str) -> dict[str, Any]:
        """A bucket of the tenant with its versioning and its lifecycle rules. Raises NotFound."""
        answer: dict[str, Any] = self._client.get(f"/v1/buckets/{segment(name)}")
        return answer

    def create_volume(self, attributes: Mapping[str, Any], *, idempotency_key: str) -> str:
        """Create a volume; its id. The same key again is the same volume."""
        created = self._client.post("/v1/volumes", json=dict(attributes), idempotency_key=idempotency_key)
        return str(created["id"])

    def change_volume(self, volume_id: str, attributes: Mapping[str, Any], *, idempotency_key: str) -> None:
        """Rename or grow a volume. Raises NotFound."""
        path = f"/v1/volumes/{segment(volume_id)}"
        self._client.patch(path, json=dict(attributes), idempotency_key=idempotency_key)

    def delete_volume(self, volume_id: str, *, idempotency_key: str) -> None:
        """Delete a volume. Raises NotFound."""
        self._client.delete(f"/v1/volumes/{segment(volume_id)}", idempotency_key=idempotency_key)

    def create_bucket(self, attributes: Mapping[str, Any], *, idempotency_key: str) -> str:
        """Create a bucket; its name, by which it is addressed."""
        created = self._client.post("/v1/buckets", json=dict(attributes), idempotency_key=idempotency_key)
        return str(created["name"])

    def change_bucket(self, name: str, attributes: Mapping[str, Any], *, idempotency_key: str) -> None:
        """Change a bucket's versioning or lifecycle rules. Raises NotFound."""
        path = f"/v1/buckets/{segment(name)}"
        self._client.patch(path, json=dict(attributes), idempotency_key=idempotency_key)

    def delete_bucket(self, name: str, *, idempotency_key: str) -> None:
        """Delete an empty bucket. Raises NotFound."""
        self._client.delete(f"/v1/buckets/{segment(name)}", idempotency_key=idempotency_key)
