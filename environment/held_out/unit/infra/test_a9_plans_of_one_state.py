"""A plan holds for the state that it was made against, and for no other one, however alike they are."""

from itertools import product

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.infra.state_store import SavedPlan, StalePlan, StateVersion, ensure_plan_is_current

STATES = [None, *product(("L-1", "L-2", "l-1"), (1, 2, 11))]


def version(lineage: str, serial: int) -> StateVersion:
    return StateVersion("t1", "prod", serial, lineage, "0" * 64, "t1/prod/x.json", 2, "2025-01-01T00:00:00+00:00", 1)


@settings(derandomize=True, phases=[Phase.generate], max_examples=200, deadline=None)
@given(planned=st.sampled_from(STATES), present=st.sampled_from(STATES))
def test_a_plan_is_taken_for_its_own_state_alone(
    planned: tuple[str, int] | None, present: tuple[str, int] | None
) -> None:
    lineage, serial = planned or ("", 0)
    plan = SavedPlan(lineage=lineage, serial=serial)
    state = None if present is None else version(*present)
    if planned == present:
        ensure_plan_is_current(plan, state)
        return
    with pytest.raises(StalePlan) as refused:
        ensure_plan_is_current(plan, state)
    assert refused.value.extra == {"planned_serial": serial, "current_serial": state.serial if state else 0}
