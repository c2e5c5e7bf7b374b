"""The owners of resources: which service makes which kind, and how it is asked to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Protocol

from shared.clients.compute import ComputeClient
from shared.clients.storage import StorageClient
from shared.errors import Busy, Conflict, NotFound, OmniCloudError, ValidationFailed
from shared.infra.state_machine import ResourceState
from shared.settings import ServiceSettings
from shared.utils.clock import Clock

Attributes = Mapping[str, Any]


DELETION_IN_PROGRESS = "deletion_in_progress"
"""Compute's code for an instance that is being deleted already."""
NEVER_VERSIONED, SUSPENDED = "disabled", "suspended"
"""Storage's words for a bucket that keeps no versions: a bucket comes from the second to the first no more."""
LOOK_SECONDS = 0.1
"""How often to look whether something has come up or gone."""
PATIENCE_SECONDS = 1.0
"""How long to look at once. The worker's threads are everybody's, so a step that takes longer makes room and is taken
again a little later."""


class ResourceBroken(Exception):
    """The resource is there, but it failed to come up or to go; the message is its owner's reason."""

    def __init__(self, resource_id: str, reason: str) -> None:
        super().__init__(reason)
        self.resource_id = resource_id


class StillUnderway(Exception):
    """The resource is there and its owner still at it, or, for this reason, not to be asked now: look again."""

    def __init__(self, resource_id: str, reason: str | None = None) -> None:
        super().__init__(f"{resource_id} is still underway")
        self.resource_id = resource_id
        self.reason = reason


class ChangeFailed(Conflict):
    """The resource's owner took a change in place and couldn't carry it out: the resource is what it was."""


class Provider(Protocol):
    """Makes resources of one kind. `key` makes a repeated call have one effect.

    An attribute of an update that is None was taken out of the configuration: what it was must not stay.

    A call returns when its effect is complete. Raises ResourceBroken, ChangeFailed, StillUnderway, or the
    owner's error.
    """

    def read(self, id: str) -> Attributes | None:
        """What it is now, by those of its attributes that can be seen; None when it is gone."""

    def create(self, address: str, attributes: Attributes, key: str) -> str:
        """Make it; its id."""

    def update(self, id: str, address: str, attributes: Attributes, key: str) -> None:
        """Change it in place."""

    def delete(self, id: str, key: str) -> None:
        """Remove it; one that is gone already is well."""


class NullProvider:
    """Resources without any effect elsewhere, as Terraform's null resource: they carry order and triggers."""

    def read(self, id: str) -> Attributes | None:
        """Nothing of it can be seen elsewhere."""
        return {}

    def create(self, address: str, attributes: Attributes, key: str) -> str:
        """An id of its own."""
        return key

    def update(self, id: str, address: str, attributes: Attributes, key: str) -> None:
        """Nothing to do."""

    def delete(self, id: str, key: str) -> None:
        """Nothing to do."""


class InstanceProvider:
    """`compute.instance`."""

    def __init__(self, compute: ComputeClient) -> None:
        self._compute = compute

    def read(self, id: str) -> Attributes | None:
        """An instance that is being deleted is gone: what follows on it needn't wait for its end."""
        try:
            instance = self._compute.instance(id)
        except NotFound:
            return None
        if instance["state"] in (ResourceState.DELETING, ResourceState.DELETED):
            return None
        seen = {name: instance[name] for name in ("name", "labels", "flavor", "image", "tenancy", "group_id")}
        size = {name: instance[name] for name in ("vcpus", "memory_mib", "disk_gib")}
        place = {name: instance["placement"][name] for name in ("provider", "region", "zone")}
        return {**seen, **place, "size": size, "preemptible": instance["preemptible"]}

    def create(self, address: str, attributes: Attributes, key: str) -> str:
        """Place an instance, named after its address unless it has a name, and wait until it is built."""
        id = self._compute.create_instance(_named(address, attributes), idempotency_key=key)
        if not attributes.get("deferred_start"):
            with _made(id):
                _wait(id, self._built)
        return id

    def update(self, id: str, address: str, attributes: Attributes, key: str) -> None:
        """Resize, and wait until that has ended; then rename or relabel.

        First what may fail for want of room: where it does, the instance stays as it was. Raises
        ChangeFailed where its provider couldn't resize it, ValidationFailed for what no instance could be made of.
        """
        attributes = _given(attributes)
        flavor = attributes.get("flavor")
        if (flavor is None) == ("size" not in attributes):
            raise ValidationFailed("name either a flavor or a size")
        if flavor is not None and self._compute.instance(id)["flavor"] != flavor:
            self._compute.resize_instance(id, flavor, idempotency_key=f"{key}:resize")
            _wait(id, partial(self._resized, flavor))
        wanted = {"labels": {}, **_named(address, attributes)}
        self._compute.change_instance(id, {name: wanted[name] for name in ("name", "labels")}, idempotency_key=key)

    def delete(self, id: str, key: str) -> None:
        """Delete it, unless somebody has begun to, and wait until its provider has confirmed that it is gone."""
        with suppress(NotFound):
            try:
                self._compute.delete_instance(id, idempotency_key=key)
            except Conflict as refused:
                if refused.code != DELETION_IN_PROGRESS:
                    raise
            _wait(id, self._gone)

    def _built(self, id: str) -> bool:
        instance = self._compute.instance(id)
        match instance["state"]:
            case ResourceState.PENDING | ResourceState.PROVISIONING:
                return False
            case ResourceState.FAILED | ResourceState.DELETING | ResourceState.DELETED:
                raise ResourceBroken(id, instance["last_error"] or f"the instance is {instance['state']}")
        return True

    def _resized(self, flavor: str, id: str) -> bool:
        instance = self._compute.instance(id)
        if instance["state"] == ResourceState.UPDATING:
            return False
        if instance["flavor"] != flavor:
            raise ChangeFailed(
                f"it was not resized to {flavor}: {instance['last_error'] or 'it is ' + instance['state']}"
            )
        return True

    def _gone(self, id: str) -> bool:
        instance = self._compute.instance(id)
        if instance["state"] == ResourceState.FAILED:
            raise ResourceBroken(id, instance["last_error"] or "the instance could not be deleted")
        return bool(instance["state"] == ResourceState.DELETED)


class VolumeProvider:
    """`storage.volume`."""

    def __init__(self, storage: StorageClient) -> None:
        self._storage = storage

    def read(self, id: str) -> Attributes | None:
        """The volume as storage has it."""
        try:
            volume = self._storage.volume(id)
        except NotFound:
            return None
        return {name: volume[name] for name in ("name", "size_gib", "zone", "volume_class", "snapshot_id")}

    def create(self, address: str, attributes: Attributes, key: str) -> str:
        """Create a volume, named after its address unless it has a name."""
        return self._storage.create_volume(_named(address, attributes), idempotency_key=key)

    def update(self, id: str, address: str, attributes: Attributes, key: str) -> None:
        """Rename or grow. Raises ValidationFailed for no size, unless it has that of the snapshot it was made from."""
        named = _named(address, _given(attributes))
        if "size_gib" not in named and "snapshot_id" not in named:
            raise ValidationFailed("name a size_gib")
        changeable: dict[str, Any] = {name: named[name] for name in ("name", "size_gib") if name in named}
        self._storage.change_volume(id, changeable, idempotency_key=key)

    def delete(self, id: str, key: str) -> None:
        """Delete it."""
        with suppress(NotFound):
            try:
                self._storage.delete_volume(id, idempotency_key=key)
            except Conflict as refused:
                if refused.extra.get("current") != "in_use":
                    raise
                # The instance that has it may be going, in the same apply or elsewhere, and storage hears it a moment
                # later: no refusal, but an error that passes (Terraform waits for AWS's `VolumeInUse`, too).
                raise Busy(refused.detail) from refused


class BucketProvider:
    """`storage.bucket`; its id is its name."""

    def __init__(self, storage: StorageClient) -> None:
        self._storage = storage

    def read(self, id: str) -> Attributes | None:
        """The bucket as storage has it, without what is in it."""
        try:
            bucket = self._storage.bucket(id)
        except NotFound:
            return None
        return {name: bucket[name] for name in ("name", "versioning", "lifecycle")}

    def create(self, address: str, attributes: Attributes, key: str) -> str:
        """Create a bucket, named after its address unless it has a name, and give it its lifecycle rules."""
        wanted = _named(address, attributes)
        lifecycle = wanted.pop("lifecycle", None)
        id = self._storage.create_bucket(wanted, idempotency_key=key)
        if lifecycle is not None:
            with _made(id):
                self._storage.change_bucket(id, {"lifecycle": lifecycle}, idempotency_key=f"{key}:lifecycle")
        return id

    def update(self, id: str, address: str, attributes: Attributes, key: str) -> None:
        """Change versioning or lifecycle rules. Versioning that was taken out is suspended, as it can't be undone."""
        wanted = {"lifecycle": [], **_given(attributes)}
        unversioned = "versioning" in attributes and "versioning" not in wanted
        # Also where it is suspended already: the same call again has to say the same.
        if unversioned and self._storage.bucket(id)["versioning"] != NEVER_VERSIONED:
            wanted["versioning"] = SUSPENDED
        changeable: dict[str, Any] = {name: wanted[name] for name in ("versioning", "lifecycle") if name in wanted}
        self._storage.change_bucket(id, changeable, idempotency_key=key)

    def delete(self, id: str, key: str) -> None:
        """Delete it; it must be empty."""
        with suppress(NotFound):
            self._storage.delete_bucket(id, idempotency_key=key)


def passes(error: OmniCloudError) -> bool:
    """Whether an error is of the surroundings, and the same call may succeed later."""
    return error.status >= 500 or error.status == 429


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


def _given(attributes: Attributes) -> dict[str, Any]:
    """What the configuration says."""
    return {name: value for name, value in attributes.items() if value is not None}


@contextmanager
def _made(id: str) -> Iterator[None]:
    """What fails from here on fails for a resource that is there: whoever hears of it learns its id."""
    try:
        yield
    except OmniCloudError as error:
        if passes(error):
            raise StillUnderway(id, error.detail) from error
        raise ResourceBroken(id, error.detail) from error


def _wait(id: str, done: Callable[[str], bool]) -> None:
    """Look until it is done. Raises StillUnderway when that takes longer than `PATIENCE_SECONDS`."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not done(id):
        if time.monotonic() >= until:
            raise StillUnderway(id)
        time.sleep(LOOK_SECONDS)
