"""Any table: what it has is taken, and what it hasn't is refused, from every state to every state."""

from itertools import product

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.infra.state_machine import RESOURCE_LIFE_CYCLE, IllegalTransition, ResourceState, StateMachine

STATES = "abcdef"
TABLES = st.fixed_dictionaries(
    {state: st.lists(st.sampled_from(STATES.replace(state, "")), unique=True) for state in STATES}
)


@settings(derandomize=True, phases=[Phase.generate], max_examples=150, deadline=None)
@given(table=TABLES)
def test_a_machine_goes_where_its_table_leads_and_nowhere_else(table: dict[str, list[str]]) -> None:
    machine = StateMachine(table)
    for current, target in product(STATES, STATES):
        if target in table[current]:
            assert machine.transition(current, target) == target
            continue
        with pytest.raises(IllegalTransition) as refused:
            machine.transition(current, target)
        assert refused.value.extra == {"current": current, "target": target, "allowed": table[current]}


@pytest.mark.parametrize("current", ResourceState)
def test_no_resource_skips_a_step_of_its_life(current: ResourceState) -> None:
    taken = []
    for target in ResourceState:
        try:
            taken.append(RESOURCE_LIFE_CYCLE.transition(current, target))
        except IllegalTransition:
            continue
    assert sorted(taken) == sorted(RESOURCE_LIFE_CYCLE.allowed(current))
    assert current not in taken
