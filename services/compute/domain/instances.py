"""The life of an instance, on the life cycle that every resource of the platform has.

A claim is held from `pending` until the provider can no longer have a node for it: a failed build returns it, a
failed delete keeps it, because the node may still be there.
"""

from __future__ import annotations

from shared.infra.state_machine import RESOURCE_LIFE_CYCLE, ResourceState

LIFE_CYCLE = RESOURCE_LIFE_CYCLE

METERED = frozenset({ResourceState.ACTIVE})
"""States that are charged for."""

AT_REQUEST = frozenset(
    {
        ResourceState.PROVISIONING,
        ResourceState.ACTIVE,
        ResourceState.STOPPING,
        ResourceState.STARTING,
        ResourceState.DELETING,
    }
)
"""Targets that a caller may name. `active` settles work in progress whose provider answer was lost; the others start
work. What only the platform can know (stopped, failed, deleted) isn't a caller's to say."""

UNSETTLED = frozenset(
    {
        ResourceState.PROVISIONING,
        ResourceState.STARTING,
        ResourceState.STOPPING,
        ResourceState.UPDATING,
    }
)
"""States that a provider's answer ends soon; what is to be done to every instance of a tenant waits for it."""

IN_PROGRESS = UNSETTLED | {ResourceState.DELETING}
"""States in which the platform has work to do."""


def node_name(tenant_id: str, instance_id: str) -> str:
    """What an instance's node is called at its provider: whose it is shows in front."""
    return f"{tenant_id}/{instance_id}"


def tenant_of(name: str) -> str:
    """The tenant in a node's name."""
    return name.partition("/")[0]
