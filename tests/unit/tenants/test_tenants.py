"""The life of a tenant."""

import itertools

import pytest

from services.tenants.domain.tenants import (
    Action,
    InvalidTransition,
    State,
    check_active,
    next_state,
)
from shared.errors import TenantNotActive

ALLOWED = {
    ("active", "suspend"): "suspended",
    ("suspended", "resume"): "active",
    ("active", "close"): "closed",
    ("suspended", "close"): "closed",
}


@pytest.mark.parametrize(("state", "action"), list(itertools.product(State, Action)))
def test_exactly_the_listed_transitions_are_possible(state: State, action: Action) -> None:
    if (state, action) in ALLOWED:
        assert next_state(state, action) == ALLOWED[state, action]
    else:
        with pytest.raises(InvalidTransition) as refused:
            next_state(state, action)
        assert refused.value.extra == {"state": state, "action": action}


@pytest.mark.parametrize("action", list(Action))
def test_nothing_leads_out_of_closed(action: Action) -> None:
    with pytest.raises(InvalidTransition):
        next_state(State.CLOSED, action)


@pytest.mark.parametrize("state", [State.SUSPENDED, State.CLOSED])
def test_only_an_active_tenant_gets_anything_new(state: State) -> None:
    check_active(State.ACTIVE)
    with pytest.raises(TenantNotActive):
        check_active(state)
