"""A counter only grows: what is seen to fall began at zero again."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.monitor.domain.expressions import Aggregation, Expression, Series, evaluate
from services.monitor.domain.series import Sample, increase, rate

T0 = datetime(2025, 3, 1, tzinfo=UTC)
RUNS = st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=5), min_size=1, max_size=4)
"""How much a counter grows from sample to sample, from one start of its process to the next."""


def counter(runs: list[list[int]]) -> list[Sample]:
    """Samples once a minute. Each run begins at zero, and below what the one before it came to."""
    values: list[int] = []
    for run in runs:
        total = 0
        for grown in run:
            total += grown
            values.append(total)
    return [Sample(T0 + timedelta(minutes=place), float(value)) for place, value in enumerate(values)]


@settings(derandomize=True, deadline=None, max_examples=150)
@given(RUNS)
def test_neither_an_increase_nor_a_rate_is_negative(runs: list[list[int]]) -> None:
    samples = counter(runs)
    at, length = samples[-1].at, timedelta(hours=1)
    grown = increase(samples, at, length)
    if len(samples) < 2:
        assert grown is None
        return
    seen = sum(
        after.value - before.value if after.value >= before.value else after.value
        for before, after in pairwise(samples)
    )
    assert grown is not None
    assert grown >= seen >= 0
    assert rate(samples, at, length) == grown / 3600


@pytest.mark.parametrize(
    ("values", "increased"), [((50, 60, 4, 14), 24.0), ((10, 0, 10, 0, 10), 20.0), ((7, 3, 2), 5.0), ((9, 0), 0.0)]
)
def test_every_reset_counts_in_full(values: tuple[float, ...], increased: float) -> None:
    """Samples at both borders, so that nothing is extrapolated."""
    samples = [Sample(T0 + timedelta(minutes=place), value) for place, value in enumerate(values)]
    length = timedelta(minutes=len(values) - 1)
    assert increase(samples, samples[-1].at, length) == pytest.approx(increased)


def test_what_is_computed_of_increases_survives_resets() -> None:
    def series(metric: str, *values: float, **labels: str) -> Series:
        return Series(metric, labels, [Sample(T0 + timedelta(minutes=n), value) for n, value in enumerate(values)])

    at = T0 + timedelta(minutes=3)
    fast = [series("d", *values, le=le) for le, values in (("1", (90, 99, 9, 18)), ("+Inf", (100, 110, 10, 20)))]
    found = evaluate(Expression("d", {}, Aggregation.HISTOGRAM_QUANTILE, quantile=0.5), fast, at)
    assert found[0].value == pytest.approx(0.5 / 0.9)
    burning = [series("e", 40, 50, 10, 20), series("t", 900, 1000, 100, 200)]
    expression = Expression("e", {}, Aggregation.BURN_RATE, total_metric="t", objective=0.99)
    assert evaluate(expression, burning, at)[0].value == pytest.approx(10.0)
