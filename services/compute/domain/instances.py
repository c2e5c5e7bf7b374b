"""The life of an instance, on the life cycle that every resource of the platform has.

A claim is held from `pending` until the provider can no longer have a node for it: a failed build returns it, a
failed delete keeps it, because the node may still be there.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.infra.state_machine import RESOURCE_LIFE_CYCLE, ResourceState

LIFE_CYCLE = RESOURCE_LIFE_CYCLE

METERED = frozenset({ResourceState.ACTIVE})
"""States that are charged for."""

AT_REQUEST = frozenset(
    {
        ResourceState.PROVISIONING,
        ResourceState.STOPPING,
        ResourceState.STARTING,
        ResourceState.DELETING,
    }
)
"""Targets that a caller may name: each starts work. What only the platform can know (active, stopped, failed, deleted)
isn't a caller's to say; an operator may set a state right (`RESETTABLE`)."""

RESETTABLE = frozenset({ResourceState.ACTIVE, ResourceState.FAILED})
"""States that an operator may say an instance is in (Nova's `os-resetState`: active or error). No node is changed."""

PREEMPTIBLE = (ResourceState.PENDING, ResourceState.ACTIVE, ResourceState.STOPPED)
"""States in which a preemptible instance gives way: nobody is at work on it, and it can be deleted."""

UNSETTLED = frozenset(
    {
        ResourceState.PROVISIONING,
        ResourceState.STARTING,
        ResourceState.STOPPING,
        ResourceState.UPDATING,
        ResourceState.MIGRATING,
    }
)
"""States that a provider's answer ends soon; what a tenant's standing does to its instances follows on that."""

ENDS: Mapping[str, tuple[frozenset[ResourceState], ResourceState]] = {
    "suspended": (frozenset({ResourceState.ACTIVE}), ResourceState.STOPPING),
    "closed": (
        frozenset({ResourceState.PENDING, ResourceState.ACTIVE, ResourceState.STOPPED, ResourceState.FAILED}),
        ResourceState.DELETING,
    ),
}
"""What a tenant's standing brings to an end: which states, and what follows on them. What a provider is at work on
follows as soon as that has ended."""

IN_PROGRESS = UNSETTLED | {ResourceState.DELETING}
"""States in which the platform has work to do."""


def node_name(tenant_id: str, instance_id: str) -> str:
    """What an instance's node is called at its provider: whose it is shows in front."""
    return f"{tenant_id}/{instance_id}"


def tenant_of(name: str) -> str:
    """The tenant in a node's name."""
    return name.partition("/")[0]
