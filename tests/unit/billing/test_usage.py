"""Metering rules."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.billing.domain.usage import MAX_AHEAD_OF_EVENTS, Usage, UsageRefused, ensure_acceptable, ensure_countable

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def usage(
    ended: datetime = NOW, quantity: str = "1", meter: str = "m", length: timedelta = timedelta(hours=1)
) -> Usage:
    return Usage("compute", "u-1", meter, Decimal(quantity), ended - length, ended)


def test_usage_is_accepted_up_to_35_days_late() -> None:
    ensure_acceptable(usage(NOW - timedelta(days=35)), NOW)
    with pytest.raises(UsageRefused, match="35 days"):
        ensure_acceptable(usage(NOW - timedelta(days=35, seconds=1)), NOW)


def test_clock_skew_of_five_minutes_is_tolerated() -> None:
    ensure_acceptable(usage(NOW + timedelta(minutes=5)), NOW)
    with pytest.raises(UsageRefused, match="future"):
        ensure_acceptable(usage(NOW + timedelta(minutes=5, seconds=1)), NOW)


def test_usage_that_an_event_tells_of_may_be_a_day_ahead() -> None:
    ensure_acceptable(usage(NOW + timedelta(days=1)), NOW, MAX_AHEAD_OF_EVENTS)
    with pytest.raises(UsageRefused, match="future"):
        ensure_acceptable(usage(NOW + timedelta(days=1, seconds=1)), NOW, MAX_AHEAD_OF_EVENTS)


def test_negative_and_backward_usage_is_refused() -> None:
    with pytest.raises(UsageRefused, match="negative"):
        ensure_acceptable(usage(quantity="-1"), NOW)
    with pytest.raises(UsageRefused, match="after"):
        ensure_acceptable(usage(length=timedelta(hours=-1)), NOW)


@pytest.mark.parametrize("quantity", ["0.0000000000001", "1" + "0" * 26, "NaN", "Infinity"])
def test_what_could_not_be_kept_digit_by_digit_is_refused(quantity: str) -> None:
    """Twelve places and 26 digits before the point: PostgreSQL would round the one and refuse the other."""
    with pytest.raises(UsageRefused, match="12"):
        ensure_countable(Decimal(quantity))


@pytest.mark.parametrize("quantity", ["0.000000000001", "9" * 26 + "." + "9" * 12, "0", "-5"])
def test_what_can_be_kept_is_countable(quantity: str) -> None:
    ensure_countable(Decimal(quantity))
