"""Block volumes: sizes, attachment and their life cycle."""

from __future__ import annotations

from enum import StrEnum

from shared.errors import Conflict, ValidationFailed
from shared.infra.state_machine import StateMachine

SIZE_LIMITS_GIB: dict[str, tuple[int, int]] = {
    "general": (1, 16_384),
    "provisioned": (4, 16_384),
    "throughput": (125, 16_384),
    "cold": (125, 16_384),
}
"""Smallest and largest volume of each class in GiB: Amazon EBS gp3, io1, st1 and sc1."""


class InvalidVolumeSize(ValidationFailed):
    """A size outside its class's limits."""

    code = "invalid_volume_size"


class UnknownVolumeClass(ValidationFailed):
    """No such class of volumes."""

    code = "unknown_volume_class"


class VolumesOnlyGrow(ValidationFailed):
    """A volume can't be made smaller: the file system on it would lose its end."""

    code = "volumes_only_grow"


class UnknownZone(ValidationFailed):
    """The zone isn't in the platform's catalogue."""

    code = "unknown_volume_zone"


class ZoneMismatch(Conflict):
    """A volume can only be attached inside its own zone."""

    code = "zone_mismatch"


class VolumeState(StrEnum):
    """Where a volume stands (the names are those of OpenStack Cinder, in full)."""

    PENDING = "pending"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    ATTACHING = "attaching"
    IN_USE = "in_use"
    DETACHING = "detaching"
    DELETING = "deleting"
    DELETED = "deleted"
    FAILED = "failed"


VOLUME_LIFE_CYCLE = StateMachine(
    {
        VolumeState.PENDING: (VolumeState.PROVISIONING, VolumeState.FAILED),
        VolumeState.PROVISIONING: (VolumeState.ACTIVE, VolumeState.FAILED),
        VolumeState.ACTIVE: (VolumeState.ATTACHING, VolumeState.DELETING),
        VolumeState.ATTACHING: (VolumeState.IN_USE, VolumeState.ACTIVE),
        VolumeState.IN_USE: (VolumeState.DETACHING,),
        VolumeState.DETACHING: (VolumeState.ACTIVE, VolumeState.IN_USE),
        VolumeState.DELETING: (VolumeState.DELETED, VolumeState.FAILED),
        VolumeState.FAILED: (VolumeState.DELETING,),
        VolumeState.DELETED: (),
    }
)


def valid_size(volume_class: str, size_gib: int) -> int:
    """The size itself. Raises UnknownVolumeClass or InvalidVolumeSize."""
    if volume_class not in SIZE_LIMITS_GIB:
        raise UnknownVolumeClass(f"{volume_class!r} is none of {', '.join(SIZE_LIMITS_GIB)}")
    smallest, largest = SIZE_LIMITS_GIB[volume_class]
    if not smallest <= size_gib <= largest:
        raise InvalidVolumeSize(f"a {volume_class} volume has {smallest} to {largest} GiB, not {size_gib}")
    return size_gib


def resized(volume_class: str, present_gib: int, wanted_gib: int) -> int:
    """The new size. Raises VolumesOnlyGrow, or what `valid_size` raises."""
    if wanted_gib < present_gib:
        raise VolumesOnlyGrow(f"the volume has {present_gib} GiB and can't shrink to {wanted_gib}")
    return valid_size(volume_class, wanted_gib)


def ensure_same_zone(volume_zone: str, instance_zone: str) -> None:
    """Raises ZoneMismatch."""
    if volume_zone != instance_zone:
        raise ZoneMismatch(f"the volume is in {volume_zone}, the instance in {instance_zone}")
