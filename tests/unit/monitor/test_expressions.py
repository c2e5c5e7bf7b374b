"""What rules and queries compute."""

from datetime import UTC, datetime, timedelta

import pytest

from services.monitor.domain.errors import InvalidQuery
from services.monitor.domain.expressions import Aggregation, Expression, Series, Value, check, evaluate
from services.monitor.domain.series import Sample

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def series(labels: dict[str, str], *values: float, name: str = "m", every: int = 60) -> Series:
    return Series(name, labels, [Sample(T0 + timedelta(seconds=every * n), v) for n, v in enumerate(values)])


A, B = series({"i": "a"}, 1, 2, 4), series({"i": "b"}, 10, 20, 40)
STALE = series({"i": "c"}, 1000, every=1)
END = T0 + timedelta(seconds=120)
LATER = END + timedelta(seconds=181)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Aggregation.SUM, 44.0),
        (Aggregation.AVG, 22.0),
        (Aggregation.MIN, 4.0),
        (Aggregation.MAX, 40.0),
        (Aggregation.COUNT, 2.0),
    ],
)
def test_over_series_only_fresh_values_count(kind: Aggregation, expected: float) -> None:
    assert evaluate(Expression("m", {}, kind), [A, B, STALE], LATER) == [Value({}, expected)]


def test_last_gives_every_series_and_says_where_data_is_missing() -> None:
    found = evaluate(Expression("m", {}), [A, STALE], LATER)
    assert found == [Value({"i": "a"}, 4), Value({"i": "c"}, None)]


def test_a_rate_is_per_series() -> None:
    """Both began within the window: half a distance between samples is added to what was seen."""
    found = evaluate(Expression("m", {}, Aggregation.RATE), [A, B], END)
    assert found == [Value({"i": "a"}, 3.75 / 300), Value({"i": "b"}, 37.5 / 300)]


def test_matchers_and_names_select() -> None:
    assert evaluate(Expression("m", {"i": "b"}), [A, B, series({"i": "b"}, 1, name="n")], END) == [
        Value({"i": "b"}, 40)
    ]


def test_the_quantile_over_series() -> None:
    assert evaluate(Expression("m", {}, Aggregation.QUANTILE, quantile=0.5), [A, B], END) == [Value({}, 22.0)]


def test_nothing_at_all_is_no_data() -> None:
    assert evaluate(Expression("m", {}, Aggregation.SUM), [], END) == [Value({}, None)]
    assert evaluate(Expression("m", {}), [], END) == []


def test_the_histogram_quantile_is_over_all_observations() -> None:
    def bucket(instance: str, bound: str, count: float) -> Series:
        return series({"i": instance, "le": bound}, 0, count)

    found = [bucket("a", "1", 98), bucket("a", "10", 98), bucket("a", "+Inf", 98)]
    found += [bucket("b", "1", 0), bucket("b", "10", 2), bucket("b", "+Inf", 2)]
    expression = Expression("m", {}, Aggregation.HISTOGRAM_QUANTILE, quantile=0.99)
    [value] = evaluate(expression, found, T0 + timedelta(seconds=60))
    assert value.value == pytest.approx(5.5)


def test_a_burn_rate_needs_both_windows() -> None:
    errors, total = series({}, 0, 144, 144, name="e", every=60), series({}, 0, 10_000, 20_000, name="t", every=60)
    expression = Expression("e", {}, Aggregation.BURN_RATE, total_metric="t", objective=0.999)
    [value] = evaluate(expression, [errors, total], END)
    assert value.value == pytest.approx(7.2)


@pytest.mark.parametrize(
    "expression",
    [
        Expression("m", {}, Aggregation.QUANTILE),
        Expression("m", {}, Aggregation.SUM, quantile=0.5),
        Expression("m", {}, Aggregation.BURN_RATE, total_metric="t"),
        Expression("m", {}, total_metric="t", objective=0.9),
    ],
    ids=lambda each: each.aggregation.value,
)
def test_parts_that_do_not_fit_are_refused(expression: Expression) -> None:
    with pytest.raises(InvalidQuery):
        check(expression)


@pytest.mark.parametrize(
    ("expression", "minutes"),
    [
        (Expression("m", {}), 5),
        (Expression("m", {}, Aggregation.RATE, timedelta(minutes=1)), 5),
        (Expression("m", {}, Aggregation.RATE, timedelta(minutes=7)), 7),
        # Google SRE Workbook, chapter 5: the long window of the page, whatever window the rule names
        (Expression("e", {}, Aggregation.BURN_RATE, total_metric="t", objective=0.999), 60),
        (Expression("e", {}, Aggregation.BURN_RATE, timedelta(hours=3), total_metric="t", objective=0.999), 60),
    ],
)
def test_as_much_is_read_as_the_longest_window_needs(expression: Expression, minutes: int) -> None:
    assert expression.lookback == timedelta(minutes=minutes)
