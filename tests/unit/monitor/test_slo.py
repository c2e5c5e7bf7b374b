"""Error budgets and how fast they burn."""

import pytest

from services.monitor.domain import slo


@pytest.mark.parametrize(
    ("errors", "total", "objective", "expected"),
    [(1, 1000, 0.999, 1.0), (14.4, 1000, 0.999, 14.4), (1, 100, 0.99, 1.0), (0, 10, 0.9, 0.0), (5, 10, 0.5, 1.0)],
)
def test_burn_rates(errors: float, total: float, objective: float, expected: float) -> None:
    assert slo.burn_rate(errors, total, objective) == pytest.approx(expected)


def test_without_events_there_is_no_burn_rate() -> None:
    assert slo.burn_rate(0, 0, 0.999) is None


@pytest.mark.parametrize(
    ("long", "short", "expected"), [(20.0, 15.0, 15.0), (20.0, 1.0, 1.0), (None, 20.0, None), (20.0, None, None)]
)
def test_both_windows_must_burn(long: float | None, short: float | None, expected: float | None) -> None:
    assert slo.multiwindow(long, short) == expected


def test_the_page_threshold_is_two_percent_of_thirty_days_in_an_hour() -> None:
    assert pytest.approx(0.02 * 30 * 24) == slo.PAGE_BURN_RATE
