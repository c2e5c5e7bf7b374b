"""histogram_quantile as Prometheus computes it; worked examples of its documentation and tests."""

import math

import pytest

from services.monitor.domain.histograms import Bucket, histogram_quantile, merged, over_series, parse_bound

INF = math.inf


def buckets(*pairs: tuple[float, float]) -> list[Bucket]:
    return [Bucket(bound, count) for bound, count in pairs]


LATENCY = buckets((0.1, 50), (0.2, 80), (0.5, 100), (INF, 100))


@pytest.mark.parametrize(
    ("q", "expected"), [(0, 0.0), (0.25, 0.05), (0.5, 0.1), (0.65, 0.15), (0.8, 0.2), (0.9, 0.35), (1, 0.5)]
)
def test_observations_are_evenly_spread_in_their_bucket(q: float, expected: float) -> None:
    assert histogram_quantile(q, LATENCY) == pytest.approx(expected)


def test_beyond_the_last_bound_the_last_bound_is_the_answer() -> None:
    assert histogram_quantile(0.99, buckets((1, 10), (2, 20), (INF, 100))) == 2


def test_the_order_of_buckets_does_not_matter() -> None:
    assert histogram_quantile(0.9, LATENCY[::-1]) == pytest.approx(0.35)


def test_a_lowest_bucket_that_is_not_positive_answers_with_its_bound() -> None:
    assert histogram_quantile(0.1, buckets((-1, 50), (1, 60), (INF, 100))) == -1


@pytest.mark.parametrize("broken", [[], buckets((INF, 5)), buckets((1, 5), (2, 9)), buckets((1, 0), (INF, 0))], ids=str)
def test_no_answer_without_observations_or_infinity(broken: list[Bucket]) -> None:
    assert math.isnan(histogram_quantile(0.5, broken))


@pytest.mark.parametrize(("q", "expected"), [(-0.1, -INF), (1.1, INF)])
def test_outside_of_zero_to_one(q: float, expected: float) -> None:
    assert histogram_quantile(q, LATENCY) == expected


def test_counts_that_fall_are_taken_as_they_were_before() -> None:
    assert histogram_quantile(0.5, buckets((1, 60), (2, 50), (INF, 100))) == pytest.approx(50 / 60)


def test_a_rank_in_an_empty_bucket_has_no_answer() -> None:
    assert math.isnan(histogram_quantile(0, buckets((1, 0), (2, 4), (INF, 4))))
    assert histogram_quantile(0.5, buckets((1, 0), (2, 4), (INF, 4))) == 1.5


def test_errors_of_floating_point_move_no_quantile() -> None:
    """Extrapolated counts of equal buckets may differ in the last digit (prometheus/prometheus#12451)."""
    noisy = buckets((1, 10), (2, 10.000000000000002), (5, 10.000000000000004), (INF, 10.000000000000004))
    assert histogram_quantile(1, noisy) == 1


def test_histograms_are_added_before_the_quantile_is_taken() -> None:
    fast = buckets((0.1, 99), (1, 99), (10, 99), (INF, 99))
    slow = buckets((0.1, 0), (1, 0), (10, 1), (INF, 1))
    assert merged([fast, slow]) == buckets((0.1, 99), (1, 99), (10, 100), (INF, 100))
    assert over_series(0.5, {"fast": fast, "slow": slow}) == pytest.approx(0.1 * 50 / 99)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5", 0.5),
        ("+Inf", INF),
        ("-1e-3", -0.001),
        ("", None),
        ("x", None),
        ("NaN", None),
        ("1_0", None),
        ("１", None),
    ],
)
def test_bounds(text: str, expected: float | None) -> None:
    assert parse_bound(text) == expected
