"""Which instance may be moved in which way (Nova's pre-checks)."""

from __future__ import annotations

import pytest

from services.compute.domain.errors import HostDown, HostNotDown, NotMovable
from services.compute.domain.instances import LIFE_CYCLE
from services.compute.domain.migrations import WHILE_MOVING, MigrationKind, state_while_moving
from shared.infra.state_machine import ResourceState

S = ResourceState
LIVE, COLD, EVACUATION = MigrationKind.LIVE_MIGRATION, MigrationKind.MIGRATION, MigrationKind.EVACUATION


@pytest.mark.parametrize(
    ("kind", "state", "down", "meanwhile"),
    [
        (LIVE, S.ACTIVE, False, S.MIGRATING),
        (COLD, S.STOPPED, False, S.UPDATING),
        (EVACUATION, S.ACTIVE, True, S.MIGRATING),
        (EVACUATION, S.STOPPED, True, S.UPDATING),
    ],
)
def test_each_way_has_its_states(
    kind: MigrationKind, state: ResourceState, down: bool, meanwhile: ResourceState
) -> None:
    assert state_while_moving(kind, state, host_is_down=down) is meanwhile


@pytest.mark.parametrize(
    ("kind", "state"),
    [(LIVE, S.STOPPED), (LIVE, S.MIGRATING), (LIVE, S.PROVISIONING), (COLD, S.ACTIVE), (COLD, S.FAILED)],
)
def test_any_other_state_is_refused(kind: MigrationKind, state: ResourceState) -> None:
    with pytest.raises(NotMovable):
        state_while_moving(kind, state, host_is_down=False)


def test_a_dead_host_is_left_by_evacuation_and_a_living_one_is_not() -> None:
    with pytest.raises(HostNotDown):
        state_while_moving(EVACUATION, S.ACTIVE, host_is_down=False)
    for kind in (LIVE, COLD):
        with pytest.raises(HostDown):
            state_while_moving(kind, S.ACTIVE, host_is_down=True)


def test_the_life_cycle_leads_into_every_move_and_back() -> None:
    for ways in WHILE_MOVING.values():
        for state, meanwhile in ways.items():
            assert LIFE_CYCLE.is_allowed(state, meanwhile)
            assert LIFE_CYCLE.is_allowed(meanwhile, state)
