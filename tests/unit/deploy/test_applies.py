"""The life cycle of an apply."""

import pytest

from services.deploy.domain.applies import APPLY_LIFE_CYCLE, ApplyState
from shared.infra.state_machine import IllegalTransition


def test_an_apply_that_ended_stays_ended() -> None:
    assert APPLY_LIFE_CYCLE.is_final(ApplyState.SUCCEEDED)
    assert APPLY_LIFE_CYCLE.is_final(ApplyState.FAILED)
    assert not APPLY_LIFE_CYCLE.is_final(ApplyState.RUNNING)
    with pytest.raises(IllegalTransition):
        APPLY_LIFE_CYCLE.transition(ApplyState.SUCCEEDED, ApplyState.RUNNING)
