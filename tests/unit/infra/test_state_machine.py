"""The table of the resource life cycle, and state machines in general."""

import pytest

from shared.infra.state_machine import RESOURCE_LIFE_CYCLE, IllegalTransition, ResourceState, StateMachine

S = ResourceState


def test_a_pending_resource_becomes_active_only_through_provisioning() -> None:
    assert RESOURCE_LIFE_CYCLE.transition(S.PENDING, S.PROVISIONING) is S.PROVISIONING
    assert RESOURCE_LIFE_CYCLE.transition(S.PROVISIONING, S.ACTIVE) is S.ACTIVE
    with pytest.raises(IllegalTransition) as refused:
        RESOURCE_LIFE_CYCLE.transition(S.PENDING, S.ACTIVE)
    assert (refused.value.status, refused.value.code) == (409, "illegal_transition")
    assert refused.value.extra == {
        "current": "pending",
        "target": "active",
        "allowed": ["provisioning", "deleting", "failed"],
    }


def test_nothing_comes_back_from_deleted() -> None:
    assert RESOURCE_LIFE_CYCLE.is_final(S.DELETED)
    for target in S:
        with pytest.raises(IllegalTransition):
            RESOURCE_LIFE_CYCLE.transition(S.DELETED, target)


def test_a_resource_is_deleted_only_after_the_provider_was_asked_to() -> None:
    can_become_deleted = {state for state in S if RESOURCE_LIFE_CYCLE.is_allowed(state, S.DELETED)}
    assert can_become_deleted == {S.DELETING}


def test_staying_put_is_not_a_transition() -> None:
    for state in S:
        assert not RESOURCE_LIFE_CYCLE.is_allowed(state, state)


def test_active_is_reached_from_exactly_these_states() -> None:
    sources = {state for state in S if RESOURCE_LIFE_CYCLE.is_allowed(state, S.ACTIVE)}
    assert sources == {S.PROVISIONING, S.UPDATING, S.MIGRATING, S.STARTING}


def test_a_failed_resource_can_be_tried_again_or_removed() -> None:
    assert RESOURCE_LIFE_CYCLE.allowed(S.FAILED) == (S.PROVISIONING, S.DELETING)


def test_a_table_with_a_target_that_has_no_row_is_refused() -> None:
    with pytest.raises(ValueError, match="states without a row: closed"):
        StateMachine({"open": ("closed",)})


def test_an_unknown_state_allows_nothing() -> None:
    machine = StateMachine({"open": ("closed",), "closed": ()})
    assert machine.allowed("ajar") == ()
    with pytest.raises(IllegalTransition, match="ajar can't become open; allowed: nothing"):
        machine.transition("ajar", "open")
