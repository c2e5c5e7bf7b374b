"""Moving an instance to another host, in Nova's terms.

While a move runs the instance holds claims on both hosts, so that it can stay or arrive; when it ends exactly one host
keeps them: the one on which the provider has the node.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from services.compute.domain.errors import HostDown, HostNotDown, NotMovable
from shared.infra.state_machine import ResourceState

S = ResourceState


class MigrationKind(StrEnum):
    """Why and how an instance moves (Nova's `migration_type`)."""

    LIVE_MIGRATION = "live-migration"
    """A running instance moves and runs on."""
    MIGRATION = "migration"
    """A stopped instance moves with its disk (cold migration)."""
    RESIZE = "resize"
    """A new size that the old host has no room for."""
    EVACUATION = "evacuation"
    """The host is dead: the instance is rebuilt from its image on another."""


class MigrationStatus(StrEnum):
    """How far a move has come (Nova's statuses, as far as a caller sees a difference)."""

    RUNNING = "running"
    COMPLETED = "completed"
    ERROR = "error"
    """The instance is where it was."""


WHILE_MOVING: Mapping[MigrationKind, Mapping[ResourceState, ResourceState]] = {
    MigrationKind.LIVE_MIGRATION: {S.ACTIVE: S.MIGRATING},
    MigrationKind.MIGRATION: {S.STOPPED: S.UPDATING},
    MigrationKind.EVACUATION: {S.ACTIVE: S.MIGRATING, S.STOPPED: S.UPDATING},
}
"""From which states an instance can be moved in which way, and the state it has meanwhile."""

EVACUABLE = (*WHILE_MOVING[MigrationKind.EVACUATION], S.PENDING)
"""States in which an instance leaves a dead host. A pending one has no node: only its claims move."""


def state_while_moving(kind: MigrationKind, state: ResourceState, *, host_is_down: bool) -> ResourceState:
    """The state of an instance while it moves.

    Raises HostNotDown for the evacuation of a host that is up, where the instance may still run (Nova's
    `ComputeServiceInUse`), HostDown for any other move from a dead one, NotMovable where the state doesn't allow it.
    """
    if kind is MigrationKind.EVACUATION and not host_is_down:
        raise HostNotDown("the instance's host isn't marked as down: what runs there would run twice")
    if kind is not MigrationKind.EVACUATION and host_is_down:
        raise HostDown("the instance's host is down: evacuate it")
    ways = WHILE_MOVING[kind]
    if state not in ways:
        raise NotMovable(f"{kind} needs an instance that is {' or '.join(ways)}, not {state}", current=str(state))
    return ways[state]
