"""What can be done now, in any graph and at any time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.infra.graph import DependencyGraph

NODES = [f"n{number}" for number in range(8)]


@settings(derandomize=True, max_examples=300)
@given(data=st.data())
def test_a_node_is_ready_when_all_that_it_needs_is_done(data: st.DataObject) -> None:
    # Whoever is drawn needs only earlier ones: no cycle.
    needs = {
        node: data.draw(st.sets(st.sampled_from(NODES[:place]), max_size=3)) if place else set()
        for place, node in enumerate(NODES)
    }
    done = data.draw(st.sets(st.sampled_from(NODES)))
    started = data.draw(st.sets(st.sampled_from(NODES)))
    expected = [node for node in NODES if node not in done | started and needs[node] <= done]
    assert list(DependencyGraph(needs).ready(done, started)) == expected
