"""The instance state table, and what nodes are called."""

from __future__ import annotations

from itertools import pairwise

import pytest

from services.compute.domain.instances import AT_REQUEST, LIFE_CYCLE, METERED, node_name, tenant_of
from shared.infra.state_machine import IllegalTransition, ResourceState

S = ResourceState


def before(target: ResourceState) -> set[ResourceState]:
    return {state for state in ResourceState if LIFE_CYCLE.is_allowed(state, target)}


def test_nothing_becomes_active_that_a_provider_has_not_worked_on() -> None:
    assert before(S.ACTIVE) == {S.PROVISIONING, S.STARTING, S.UPDATING, S.MIGRATING}


def test_a_pending_instance_can_not_be_declared_active() -> None:
    with pytest.raises(IllegalTransition) as refused:
        LIFE_CYCLE.transition(S.PENDING, S.ACTIVE)

    assert refused.value.extra["allowed"] == ["provisioning", "deleting", "failed"]


@pytest.mark.parametrize(
    ("current", "target"),
    [
        (S.PENDING, S.STOPPED),
        (S.PROVISIONING, S.STOPPING),
        (S.STOPPED, S.ACTIVE),
        (S.ACTIVE, S.PENDING),
        (S.ACTIVE, S.DELETED),
        (S.FAILED, S.ACTIVE),
        (S.DELETING, S.ACTIVE),
        (S.DELETED, S.PROVISIONING),
        (S.ACTIVE, S.ACTIVE),
    ],
)
def test_transitions_outside_of_the_life_cycle_are_refused(current: ResourceState, target: ResourceState) -> None:
    with pytest.raises(IllegalTransition):
        LIFE_CYCLE.transition(current, target)


def test_an_ordinary_life_is_allowed_step_by_step() -> None:
    life = [S.PENDING, S.PROVISIONING, S.ACTIVE, S.STOPPING, S.STOPPED, S.STARTING, S.ACTIVE, S.DELETING, S.DELETED]

    assert [LIFE_CYCLE.transition(current, target) for current, target in pairwise(life)] == life[1:]


def test_only_a_confirmed_delete_ends_in_deleted_and_stays_there() -> None:
    assert before(S.DELETED) == {S.DELETING}
    assert LIFE_CYCLE.is_final(S.DELETED)


def test_active_is_the_only_state_that_is_charged_for() -> None:
    assert set(METERED) == {S.ACTIVE}


def test_callers_never_say_what_only_the_platform_can_know() -> None:
    assert AT_REQUEST.isdisjoint({S.PENDING, S.STOPPED, S.FAILED, S.DELETED})


def test_a_nodes_name_tells_whose_it_is() -> None:
    name = node_name("t-1", "i-1")

    assert (name, tenant_of(name)) == ("t-1/i-1", "t-1")
