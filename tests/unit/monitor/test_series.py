"""Rates over counter resets, staleness, quantiles."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from services.monitor.domain.series import Sample, growth, increase, quantile, rate, value_at, window

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
    ],
)
def test_growth_survives_counter_resets(values: tuple[float, ...], expected: float) -> None:
    assert growth(samples(*values)) == expected


def grown(counter: list[Sample], end: float, length: float) -> tuple[float | None, float | None]:
    """Increase and rate over the window that ends then, rounded."""
    within = timedelta(seconds=length)
    found = window(counter, at(end), within)
    increased, per_second = increase(found, at(end), within), rate(found, at(end), within)
    return increased and round(increased, 9), per_second and round(per_second, 9)


@pytest.mark.parametrize(
    ("counter", "end", "length", "increased"),
    [
        pytest.param(samples(0, 10, 20, 30, 40, 50, 60), 300, 300, 50, id="ten-a-minute"),
        pytest.param([Sample(at(15 * n), 5 * n) for n in range(41)], 600, 60, 20, id="a-sample-at-each-border"),
        pytest.param([Sample(at(7 + 15 * n), 100 + 15 * n) for n in range(20)], 300, 300, 300, id="between-borders"),
        pytest.param([Sample(at(3540 + 15 * n), 15 * n) for n in range(5)], 3600, 3600, 60, id="begins-at-zero"),
        pytest.param([Sample(at(3540 + 15 * n), 90 + 15 * n) for n in range(5)], 3600, 3600, 67.5, id="begins-within"),
        pytest.param([Sample(at(3540 + 15 * n), 3 + 15 * n) for n in range(5)], 3600, 3600, 63, id="never-below-zero"),
        pytest.param(samples(0, 60, 120), 300, 300, 150, id="ended-within"),
        pytest.param(samples(100, 110, 5, 15), 180, 240, 25 * 240 / 180, id="reset"),
        pytest.param(samples(5, 5, 5), 120, 300, 0, id="flat"),
        pytest.param(samples(-10, 20), 60, 100, 30 * 100 / 60, id="negative-first"),
    ],
)
def test_what_was_seen_to_grow_is_extrapolated_to_the_windows_borders(
    counter: list[Sample], end: float, length: float, increased: float
) -> None:
    """Expected values from Prometheus 3's `extrapolatedRate`; issues 581, 1161 and 3746 of its tracker."""
    assert grown(counter, end, length) == (round(increased, 9), round(increased / length, 9))


@pytest.mark.parametrize("values", [(), (7,)])
def test_growth_needs_two_samples(values: tuple[float, ...]) -> None:
    assert grown(samples(*values), 0, 60) == (None, None)


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
