"""The owners of resources: which service makes which kind, and how it is asked to."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from shared.clients.compute import ComputeClient
from shared.clients.storage import StorageClient
from shared.errors import NotFound
from shared.settings import ServiceSettings
from shared.utils.clock import Clock

Attributes = Mapping[str, Any]


class Provider(Protocol):
    """Makes resources of one kind. `key` makes a repeated call have one effect."""

    def create(self, address: str, attributes: Attributes, key: str) -> str:
        """Make it; its id."""

    def update(self, id: str, attributes: Attributes, key: str) -> None:
        """Change it in place."""

    def delete(self, id: str, key: str) -> None:
        """Remove it; one that is gone already is well."""


class NullProvider:
    """Resources without any effect elsewhere, as Terraform's null resource: they carry order and triggers."""

    def create(self, address: str, attributes: Attributes, key: str) -> str:
        """An id of its own."""
        return key

    def update(self, id: str, attributes: Attributes, key: str) -> None:
        """Nothing to do."""

    def delete(self, id: str, key: str) -> None:
        """Nothing to do."""


class InstanceProvider:
    """`compute.instance`."""

    def __init__(self, compute: ComputeClient) -> None:
        self._compute = compute

    def create(self, address: str, attributes: Attributes, key: str) -> str:
        """Place an instance, named after its address unless it has a name."""
        return self._compute.create_instance(_named(address, attributes), idempotency_key=key)

    def update(self, id: str, attributes: Attributes, key: str) -> None:
        """Rename or relabel."""
        changeable = {name: attributes[name] for name in ("name", "labels") if name in attributes}
        self._compute.change_instance(id, changeable, idempotency_key=key)

    def delete(self, id: str, key: str) -> None:
        """Begin to delete it."""
        with suppress(NotFound):
            self._compute.delete_instance(id, idempotency_key=key)


class VolumeProvider:
    """`storage.volume`."""

    def __init__(self, storage: StorageClient) -> None:
        self._storage = storage

    def create(self, address: str, attributes: Attributes, key: str) -> str:
        """Create a volume, named after its address unless it has a name."""
        return self._storage.create_volume(_named(address, attributes), idempotency_key=key)

    def update(self, id: str, attributes: Attributes, key: str) -> None:
        """Rename or grow."""
        changeable = {name: attributes[name] for name in ("name", "size_gib") if name in attributes}
        self._storage.change_volume(id, changeable, idempotency_key=key)

    def delete(self, id: str, key: str) -> None:
        """Delete it."""
        with suppress(NotFound):
            self._storage.delete_volume(id, idempotency_key=key)


class BucketProvider:
    """`storage.bucket`; its id is its name."""

    def __init__(self, storage: StorageClient) -> None:
        self._storage = storage

    def create(self, address: str, attributes: Attributes, key: str) -> str:
        """Create a bucket, named after its address unless it has a name."""
        return self._storage.create_bucket(_named(address, attributes), idempotency_key=key)

    def update(self, id: str, attributes: Attributes, key: str) -> None:
        """Change versioning or lifecycle rules."""
        changeable = {name: attributes[name] for name in ("versioning", "lifecycle") if name in attributes}
        self._storage.change_bucket(id, changeable, idempotency_key=key)

    def delete(self, id: str, key: str) -> None:
        """Delete it; it must be empty."""
        with suppress(NotFound):
            self._storage.delete_bucket(id, idempotency_key=key)


def make_providers(settings: ServiceSettings, clock: Clock) -> Mapping[str, Provider]:
    """The provider of each kind."""
    storage = StorageClient.connect(settings, clock)
    return {
        "null": NullProvider(),
        "compute.instance": InstanceProvider(ComputeClient.connect(settings, clock)),
        "storage.volume": VolumeProvider(storage),
        "storage.bucket": BucketProvider(storage),
    }


def _named(address: str, attributes: Attributes) -> dict[str, Any]:
    return {"name": address.rpartition(".")[2], **attributes}
