"""Quantiles between the nearest ranks: the first value is that of 0, the last that of 1, evenly spread in between."""

import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.monitor.domain.series import quantile

VALUES = st.lists(st.integers(-1000, 1000).map(float), min_size=2, max_size=30)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(VALUES)
def test_they_are_those_of_a_whole_population(values: list[float]) -> None:
    """`statistics.quantiles`, method "inclusive"."""
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    assert [quantile(place / 20, values) for place in range(1, 20)] == pytest.approx(cuts)
    assert quantile(0.5, values) == pytest.approx(statistics.median(values))


@settings(derandomize=True, deadline=None, max_examples=100)
@given(VALUES)
def test_each_value_is_a_quantile_of_its_own_place(values: list[float]) -> None:
    ordered = sorted(values)
    found = [quantile(place / (len(values) - 1), values) for place in range(len(values))]
    assert found == pytest.approx(ordered)


@pytest.mark.parametrize("q", [0.0, 0.1, 0.5, 1.0])
def test_of_one_value_or_of_equal_ones_every_quantile_is_that_one(q: float) -> None:
    assert [quantile(q, [7.0] * count) for count in (1, 2, 5)] == [7.0, 7.0, 7.0]
