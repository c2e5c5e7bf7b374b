"""Rates over counter resets, staleness, quantiles."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from services.monitor.domain.series import Sample, increase, quantile, rate, value_at, window

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def samples(*values: float, every: int = 60) -> list[Sample]:
    return [Sample(at(place * every), value) for place, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0, 10, 30), 30),
        ((5, 5, 5), 0),
        ((100, 110, 5, 15), 25),
        ((100, 0, 0), 0),
        ((100, 40), 40),
        ((10, 3, 10, 3), 13),
        ((7,), None),
        ((), None),
    ],
)
def test_growth_survives_counter_resets(values: tuple[float, ...], expected: float | None) -> None:
    assert increase(samples(*values)) == expected


@pytest.mark.parametrize(("values", "expected"), [((0, 60, 120), 1.0), ((100, 130, 30), 0.5), ((1,), None)])
def test_a_rate_is_growth_per_second_and_never_negative(values: tuple[float, ...], expected: float | None) -> None:
    assert rate(samples(*values)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-1, None), (0, 1), (59, 1), (60, 2), (60 + 299, 2), (60 + 300, None), (9999, None)]
)
def test_a_value_is_stale_after_five_minutes(seconds: float, expected: float | None) -> None:
    assert value_at(samples(1, 2), at(seconds)) == expected


@pytest.mark.parametrize(
    ("end", "length", "values"), [(120, 60, [3]), (120, 61, [2, 3]), (119, 120, [1, 2]), (500, 60, [])]
)
def test_windows_are_open_at_their_begin(end: float, length: float, values: list[float]) -> None:
    assert [each.value for each in window(samples(1, 2, 3), at(end), timedelta(seconds=length))] == values


@pytest.mark.parametrize(
    ("q", "values", "expected"),
    [
        (0.5, [1, 2, 3], 2),
        (0.5, [4, 1, 3, 2], 2.5),
        (0, [5, 1], 1),
        (1, [5, 1], 5),
        (0.9, list(range(1, 11)), 9.1),
        (0.25, [10, 20], 12.5),
        (0.99, [7], 7),
        (0.5, [], None),
        (-1, [1], -math.inf),
        (2, [1], math.inf),
    ],
)
def test_quantiles_are_interpolated(q: float, values: list[float], expected: float | None) -> None:
    assert quantile(q, values) == (expected if expected is None else pytest.approx(expected))
