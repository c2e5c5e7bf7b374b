"""The life of a tenant: active, suspended, closed. Closed is for good."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from shared.errors import TenantNotActive
from shared.infra.state_machine import IllegalTransition


class State(StrEnum):
    """Where a tenant is in its life."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Action(StrEnum):
    """What can be done to it."""

    SUSPEND = "suspend"
    RESUME = "resume"
    CLOSE = "close"


TRANSITIONS: Mapping[tuple[State, Action], State] = {
    (State.ACTIVE, Action.SUSPEND): State.SUSPENDED,
    (State.SUSPENDED, Action.RESUME): State.ACTIVE,
    (State.ACTIVE, Action.CLOSE): State.CLOSED,
    (State.SUSPENDED, Action.CLOSE): State.CLOSED,
}
"""Everything that isn't here is refused."""


class InvalidTransition(IllegalTransition):
    """The tenant's state doesn't allow the action."""


def next_state(state: State, action: Action) -> State:
    """The state after an action. Raises InvalidTransition."""
    try:
        return TRANSITIONS[state, action]
    except KeyError as error:
        raise InvalidTransition(f"a tenant that is {state} can't {action}", state=state, action=action) from error


def check_active(state: State) -> None:
    """Raise TenantNotActive unless the tenant is active."""
    if state is not State.ACTIVE:
        raise TenantNotActive(f"the tenant is {state}", state=state)
