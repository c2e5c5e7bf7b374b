"""The life of an instance.

A claim is held from `pending` until the provider can no longer have a node for it: a failed build returns it, a
failed delete keeps it, because the node may still be there.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class InstanceState(StrEnum):
    """States in the order of a normal life."""

    PENDING = "pending"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    STOPPING = "stopping"
    STOPPED = "stopped"
    STARTING = "starting"
    RESIZING = "resizing"
    FAILED = "failed"
    DELETING = "deleting"
    DELETE_FAILED = "delete_failed"
    DELETED = "deleted"


S = InstanceState

TRANSITIONS: Mapping[InstanceState, frozenset[InstanceState]] = {
    S.PENDING: frozenset({S.PROVISIONING, S.FAILED, S.DELETING}),
    S.PROVISIONING: frozenset({S.ACTIVE, S.FAILED, S.DELETING}),
    S.ACTIVE: frozenset({S.STOPPING, S.RESIZING, S.DELETING}),
    S.STOPPING: frozenset({S.STOPPED, S.ACTIVE}),
    S.STOPPED: frozenset({S.STARTING, S.RESIZING, S.DELETING}),
    S.STARTING: frozenset({S.ACTIVE, S.STOPPED}),
    S.RESIZING: frozenset({S.ACTIVE, S.STOPPED}),
    S.FAILED: frozenset({S.DELETING}),
    S.DELETING: frozenset({S.DELETED, S.DELETE_FAILED}),
    S.DELETE_FAILED: frozenset({S.DELETING}),
    S.DELETED: frozenset(),
}
"""What may follow what. Nothing becomes active that a provider hasn't built."""

METERED = frozenset({S.ACTIVE})
"""States that are charged for."""

HOLDS_CLAIM = frozenset(InstanceState) - {S.FAILED, S.DELETED}
"""States in which a host keeps the instance's resources."""

AT_REQUEST = frozenset({S.PROVISIONING, S.STOPPING, S.STARTING, S.DELETING})
"""Targets that a caller may ask for; the others are reached by what the provider confirms."""
