"""What compute refuses, with permanent machine codes."""

from __future__ import annotations

from shared.errors import Conflict, NotFound, ServiceUnavailable, ValidationFailed


class InvalidResources(ValidationFailed):
    """An amount of CPU, memory or disk that can't be asked for."""

    code = "invalid_resources"


class InvalidInventory(ValidationFailed):
    """An inventory whose numbers contradict each other."""

    code = "invalid_inventory"


class UnitRuleViolated(ValidationFailed):
    """An amount outside an inventory's minimum, maximum or step."""

    code = "unit_rule_violated"


class NoValidHost(Conflict):
    """Every host was filtered out; `rejected_by` names the filter that refused the last ones."""

    code = "no_valid_host"


class StaleGeneration(Conflict):
    """The host changed since it was read: read it again, decide again."""

    code = "stale_generation"


class HostInUse(Conflict):
    """A host that still holds claims can't be removed."""

    code = "host_in_use"


class HostNotFound(NotFound):
    """No such host."""

    code = "host_not_found"


class ZoneNotFound(NotFound):
    """No such zone in the catalogue."""

    code = "zone_not_found"


class FlavorNotFound(NotFound):
    """No such flavor."""

    code = "flavor_not_found"


class InstanceNotFound(NotFound):
    """No such instance in the caller's tenant."""

    code = "instance_not_found"


class ServerGroupNotFound(NotFound):
    """No such server group in the caller's tenant."""

    code = "server_group_not_found"


class PlacementContended(ServiceUnavailable):
    """Other placements were faster on every attempt; nothing was claimed."""

    code = "placement_contended"
