"""What compute refuses, with permanent machine codes."""

from __future__ import annotations

from shared.errors import Conflict, NotFound, ServiceUnavailable, ValidationFailed


class InvalidResources(ValidationFailed):
    """An amount of CPU, memory or disk that can't be asked for."""

    code = "invalid_resources"


class InvalidInventory(ValidationFailed):
    """An inventory whose numbers contradict each other."""

    code = "invalid_inventory"


class NoValidHost(Conflict):
    """Every host was filtered out; `rejected_by` names the filter that refused the last ones."""

    code = "no_valid_host"


class HostInUse(Conflict):
    """A host that still holds claims can't be removed."""

    code = "host_in_use"


class InventoryInUse(Conflict):
    """An inventory that instances hold claims on can't be taken away."""

    code = "inventory_in_use"


class HostDown(Conflict):
    """The host is marked as down: nothing moves from it but by evacuation."""

    code = "host_down"


class HostNotDown(Conflict):
    """The host isn't marked as down, so it can't be evacuated."""

    code = "host_not_down"


class HostNotFound(NotFound):
    """No such host."""

    code = "host_not_found"


class UnknownZone(ValidationFailed):
    """The zone isn't in the catalogue, or is closed for new hosts and instances."""

    code = "unknown_zone"


class UnknownFlavor(ValidationFailed):
    """The flavor isn't in the catalogue."""

    code = "unknown_flavor"


class UnknownImage(ValidationFailed):
    """The provider has no such image."""

    code = "unknown_image"


class UnknownProvider(NotFound):
    """No such provider."""

    code = "unknown_provider"


class TargetNotRequestable(ValidationFailed):
    """A state that only the platform can find out; callers can't ask for it."""

    code = "target_not_requestable"


class NotMovable(Conflict):
    """An instance in this state can't be moved in this way."""

    code = "not_movable"


class DiskShrink(ValidationFailed):
    """A flavor with a smaller disk than the instance has: what is on the disk would be cut off."""

    code = "disk_shrink"


class NothingToReset(Conflict):
    """An instance without capacity or without a node can't be said to be active."""

    code = "nothing_to_reset"


class InstanceBusy(Conflict):
    """The platform is at work on the instance at this moment."""

    code = "instance_busy"


class DeletionInProgress(Conflict):
    """The instance is being deleted already."""

    code = "deletion_in_progress"


class GroupInUse(Conflict):
    """A server group that still has members can't be removed."""

    code = "group_in_use"


class PlacementContended(ServiceUnavailable):
    """Other placements were faster on every attempt; nothing was claimed."""

    code = "placement_contended"
