"""Every node comes after all that it needs, and what goes round in circles is refused wherever it is."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.infra.graph import DependencyCycle, DependencyGraph

FEW = settings(max_examples=60, phases=[Phase.generate], derandomize=True, deadline=None)

NAMES = "abcdefgh"


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Graphs without a circle, whose names say nothing of their order."""
    names = draw(st.permutations(NAMES[: draw(st.integers(1, 8))]))
    return {
        name: draw(st.lists(st.sampled_from(names[:position]), unique=True)) if position else []
        for position, name in enumerate(names)
    }


@FEW
@given(graphs())
def test_a_node_is_in_the_first_wave_after_all_that_it_needs(needs: dict[str, list[str]]) -> None:
    waves = DependencyGraph(needs).waves()
    when = {node: number for number, wave in enumerate(waves) for node in wave}
    assert sorted(when) == sorted(needs)
    for node, before in needs.items():
        assert when[node] == max((when[each] + 1 for each in before), default=0)
    assert all(list(wave) == sorted(wave) for wave in waves)


@FEW
@given(graphs(), st.integers(1, 5), st.booleans(), st.data())
def test_a_circle_is_named_whatever_stands_before_and_behind_it(
    needs: dict[str, list[str]], length: int, behind: bool, data: st.DataObject
) -> None:
    ring = [f"ring-{number}" for number in range(length)]
    entry = data.draw(st.sampled_from(sorted(needs)))
    wanted = {node: list(before) for node, before in needs.items()}
    for number, node in enumerate(ring):
        wanted[node] = [ring[(number + 1) % length], *([entry] if number == 0 else [])]
    if behind:
        wanted["tail"] = [ring[-1], entry]
    with pytest.raises(DependencyCycle) as refused:
        DependencyGraph(wanted)
    cycle = refused.value.extra["cycle"]
    assert cycle[0] == cycle[-1]
    assert set(cycle) == set(ring)
