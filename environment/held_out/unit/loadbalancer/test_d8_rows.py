"""Health changes by as many equal results in a row as it takes, whatever came before the row."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.loadbalancer.domain.health import Health, observe


@settings(derandomize=True, deadline=None)
@given(
    results=st.lists(st.booleans(), max_size=40),
    healthy=st.booleans(),
    rise=st.integers(1, 5),
    fall=st.integers(1, 5),
)
def test_only_the_last_row_counts(results: list[bool], healthy: bool, rise: int, fall: int) -> None:
    health = Health(healthy)
    for end in range(1, len(results) + 1):
        before, passed = health.healthy, results[end - 1]
        health = observe(health, passed, rise, fall)

        needed = rise if passed else fall
        row = results[max(0, end - needed) : end]
        turned = passed != before and len(row) == needed and set(row) == {passed}
        assert health.healthy is (passed if turned else before)


@settings(derandomize=True, deadline=None)
@given(rise=st.integers(2, 6), fall=st.integers(3, 6), times=st.integers(2, 12))
def test_rows_that_are_one_short_never_add_up(rise: int, fall: int, times: int) -> None:
    up, down = Health(healthy=True), Health(healthy=False)
    for _ in range(times):
        for passed in [False] * (fall - 1) + [True]:
            up = observe(up, passed, rise, fall)
            assert up.healthy
        for passed in [True] * (rise - 1) + [False]:
            down = observe(down, passed, rise, fall)
            assert not down.healthy
