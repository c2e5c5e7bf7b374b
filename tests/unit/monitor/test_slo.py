"""Error budgets and how fast they burn."""

import sys

import pytest

from services.monitor.domain import slo


@pytest.mark.parametrize(
    ("errors", "total", "objective", "expected"),
    [(1, 1000, 0.999, 1.0), (14.4, 1000, 0.999, 14.4), (1, 100, 0.99, 1.0), (0, 10, 0.9, 0.0), (5, 10, 0.5, 1.0)],
)
def test_burn_rates(errors: float, total: float, objective: float, expected: float) -> None:
    assert slo.burn_rate(errors, total, objective) == pytest.approx(expected)


@pytest.mark.parametrize("factor", [1, 10 / 9, 1.0333333333333334, 3600 / 3540])
@pytest.mark.parametrize(("errors", "objective", "expected"), [(144, 0.999, 14.4), (600, 0.99, 6.0), (144, 0.9, 0.144)])
def test_a_rate_that_is_the_threshold_equals_it(
    errors: float, objective: float, expected: float, factor: float
) -> None:
    """1 - 0.999 isn't a thousandth in binary, and extrapolated counts aren't whole."""
    assert slo.burn_rate(errors * factor, 10_000 * factor, objective) == expected


@pytest.mark.parametrize(("errors", "sign"), [(9e15, 1), (-9e15, -1)])
def test_a_rate_that_no_double_holds_is_the_largest_there_is(errors: float, sign: int) -> None:
    """An event could not tell of infinity, and neither it nor the others of the evaluation would come to be."""
    assert slo.burn_rate(errors, 1e-300, 0.999) == sign * sys.float_info.max


def test_without_events_there_is_no_burn_rate() -> None:
    assert slo.burn_rate(0, 0, 0.999) is None


@pytest.mark.parametrize(
    ("long", "short", "expected"), [(20.0, 15.0, 15.0), (20.0, 1.0, 1.0), (None, 20.0, None), (20.0, None, None)]
)
def test_both_windows_must_burn(long: float | None, short: float | None, expected: float | None) -> None:
    assert slo.multiwindow(long, short) == expected


def test_the_page_threshold_is_two_percent_of_thirty_days_in_an_hour() -> None:
    assert pytest.approx(0.02 * 30 * 24) == slo.PAGE_BURN_RATE
