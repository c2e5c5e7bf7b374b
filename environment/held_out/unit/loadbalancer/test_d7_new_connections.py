"""Of any backends those that drain and those without weight get no new connection, in panic or not."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from services.loadbalancer.domain.backends import AdminState, Backend, begins_slowly, candidates

NOW = datetime(2027, 5, 1, tzinfo=UTC)
KIND = st.tuples(st.integers(0, 3), st.sampled_from(AdminState), st.booleans())


@settings(derandomize=True, deadline=None)
@given(kinds=st.lists(KIND, max_size=9), threshold=st.integers(0, 100))
def test_only_active_backends_with_weight_are_candidates(
    kinds: list[tuple[int, AdminState, bool]], threshold: int
) -> None:
    backends = [
        Backend(str(place), weight=weight, state=state, healthy=healthy)
        for place, (weight, state, healthy) in enumerate(kinds)
    ]
    wanted = [each for each in backends if each.state == "active" and each.weight]
    healthy = [each for each in wanted if each.healthy]
    panic = 100 * len(healthy) < threshold * len(wanted)

    choice = candidates(backends, NOW, threshold)

    assert (choice.candidates, choice.panic) == (wanted if panic else healthy, panic)


@settings(derandomize=True, deadline=None)
@given(kinds=st.lists(KIND, max_size=6))
def test_who_gets_no_connections_carries_no_load_for_a_new_one(kinds: list[tuple[int, AdminState, bool]]) -> None:
    others = [
        Backend(str(place), weight=weight, state=state, healthy=healthy)
        for place, (weight, state, healthy) in enumerate(kinds)
    ]

    carrying = any(weight and state == "active" and healthy for weight, state, healthy in kinds)
    assert begins_slowly(others, NOW, 60) is carrying
