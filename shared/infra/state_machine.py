"""State machines as tables, and the life cycle every cloud resource shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from shared.errors import Conflict

S = TypeVar("S", bound=str)


class IllegalTransition(Conflict):
    """The table has no way from the present state to the one asked for; `allowed` lists those it has."""

    code = "illegal_transition"


class StateMachine(Generic[S]):
    """A table of allowed transitions. A state that leads nowhere is final; staying put is not a transition."""

    def __init__(self, table: Mapping[S, Iterable[S]]) -> None:
        """Raises ValueError when a target isn't itself a row of the table."""
        self._table: dict[S, tuple[S, ...]] = {state: tuple(targets) for state, targets in table.items()}
        unknown = {target for targets in self._table.values() for target in targets} - self._table.keys()
        if unknown:
            raise ValueError(f"states without a row: {', '.join(sorted(unknown))}")

    def allowed(self, current: S) -> tuple[S, ...]:
        """The states that may follow, in table order."""
        return self._table.get(current, ())

    def is_allowed(self, current: S, target: S) -> bool:
        """Whether `target` may follow `current`."""
        return target in self.allowed(current)

    def is_final(self, state: S) -> bool:
        """Whether nothing follows."""
        return not self.allowed(state)

    def transition(self, current: S, target: S) -> S:
        """The new state. Raises IllegalTransition for anything that isn't in the table."""
        if not self.is_allowed(current, target):
            allowed = [str(state) for state in self.allowed(current)]
            raise IllegalTransition(
                f"{current} can't become {target}; allowed: {', '.join(allowed) or 'nothing'}",
                current=str(current),
                target=str(target),
                allowed=allowed,
            )
        return target


class ResourceState(StrEnum):
    """The life cycle of anything that a provider makes for us."""

    PENDING = "pending"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    UPDATING = "updating"
    MIGRATING = "migrating"
    STOPPING = "stopping"
    STOPPED = "stopped"
    STARTING = "starting"
    DELETING = "deleting"
    DELETED = "deleted"
    FAILED = "failed"


_R = ResourceState

RESOURCE_LIFE_CYCLE: StateMachine[ResourceState] = StateMachine(
    {
        # Accepted, nothing made yet. It can't become active without having been provisioned.
        _R.PENDING: (_R.PROVISIONING, _R.DELETING, _R.FAILED),
        # The provider is making it.
        _R.PROVISIONING: (_R.ACTIVE, _R.FAILED, _R.DELETING),
        # In use, and billed.
        _R.ACTIVE: (_R.UPDATING, _R.MIGRATING, _R.STOPPING, _R.DELETING, _R.FAILED),
        # The provider is changing it.
        _R.UPDATING: (_R.ACTIVE, _R.STOPPED, _R.FAILED),
        _R.MIGRATING: (_R.ACTIVE, _R.FAILED),
        _R.STOPPING: (_R.STOPPED, _R.FAILED),
        _R.STOPPED: (_R.STARTING, _R.UPDATING, _R.DELETING, _R.FAILED),
        _R.STARTING: (_R.ACTIVE, _R.FAILED),
        # The record stays until the provider confirms: a resource without a record is an orphan that is still billed.
        _R.DELETING: (_R.DELETED, _R.FAILED),
        _R.DELETED: (),
        # A failed resource can be tried again or removed.
        _R.FAILED: (_R.PROVISIONING, _R.DELETING),
    }
)
