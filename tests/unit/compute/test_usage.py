"""What running instances are charged by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from services.compute.domain.resources import Resources
from services.compute.domain.usage import MEMORY_MIB_SECONDS, VCPU_SECONDS, rates
from shared.metering import seconds_between, usage_between, windows

NOON = datetime(2026, 2, 28, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("delta", "seconds"),
    [
        (timedelta(seconds=90), "90"),
        (timedelta(microseconds=1), "0.000001"),
        (timedelta(milliseconds=100), "0.1"),
        (timedelta(days=31, microseconds=300_000), "2678400.3"),
        (timedelta(0), "0"),
    ],
)
def test_seconds_are_exact_decimals(delta: timedelta, seconds: str) -> None:
    assert seconds_between(NOON, NOON + delta) == Decimal(seconds)


def test_usage_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="can't end"):
        seconds_between(NOON, NOON - timedelta(microseconds=1))


def test_usage_is_cut_at_utc_midnight_so_that_no_piece_spans_two_periods() -> None:
    start = datetime(2026, 2, 28, 23, 59, 30, tzinfo=UTC)
    march = datetime(2026, 3, 1, tzinfo=UTC)

    assert list(windows(start, start + timedelta(seconds=90))) == [
        (start, march),
        (march, march + timedelta(seconds=60)),
    ]


def test_an_end_at_midnight_makes_no_empty_piece() -> None:
    march = datetime(2026, 3, 1, tzinfo=UTC)

    assert list(windows(NOON, march)) == [(NOON, march)]
    assert list(windows(march, march)) == []


def test_midnight_is_utc_whatever_zone_the_times_are_written_in() -> None:
    tokyo = timezone(timedelta(hours=9))
    start = datetime(2026, 3, 1, 8, 59, 50, tzinfo=tokyo)

    pieces = list(windows(start, start + timedelta(seconds=20)))

    assert [(end - begin).seconds for begin, end in pieces] == [10, 10]
    assert pieces[0][1] == datetime(2026, 3, 1, tzinfo=UTC)


def test_vcpu_and_memory_seconds_are_metered_exactly() -> None:
    records = usage_between(rates(Resources(Decimal("0.1"), 128, 1)), NOON, NOON + timedelta(seconds=30))

    assert [(record.meter, record.quantity) for record in records] == [
        (VCPU_SECONDS, Decimal("3.0")),
        (MEMORY_MIB_SECONDS, Decimal(3_840)),
    ]


def test_an_empty_window_is_no_usage() -> None:
    assert usage_between(rates(Resources(Decimal(1), 128, 1)), NOON, NOON) == []
