"""What volumes are charged by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.storage.domain.usage import GIB_SECONDS, rates
from shared.metering import usage_between

START = datetime(2026, 2, 1, tzinfo=UTC)


def gib_seconds(size_gib: int, started_at: datetime, ended_at: datetime) -> Decimal:
    records = usage_between(rates(size_gib), started_at, ended_at)
    assert {record.meter for record in records} <= {GIB_SECONDS}
    return sum((record.quantity for record in records), Decimal(0))


@pytest.mark.parametrize(
    ("size", "microseconds", "expected"),
    [(10, 3_600_000_000, "36000"), (3, 500_000, "1.5"), (7, 1, "0.000007"), (10, 0, "0"), (10, -1, "0")],
)
def test_gib_seconds_are_exact(size: int, microseconds: int, expected: str) -> None:
    assert gib_seconds(size, START, START + timedelta(microseconds=microseconds)) == Decimal(expected)


def test_two_half_open_periods_add_up_to_the_whole() -> None:
    middle, end = START + timedelta(minutes=10), START + timedelta(hours=1)
    assert gib_seconds(6, START, middle) == Decimal(3600)
    assert gib_seconds(6, START, middle) + gib_seconds(6, middle, end) == gib_seconds(6, START, end) == Decimal(21_600)


def test_a_period_over_midnight_loses_nothing() -> None:
    end = START + timedelta(days=2, hours=1, microseconds=1)

    records = usage_between(rates(3), START + timedelta(hours=23), end)

    assert [record.ended_at for record in records[:-1]] == [START + timedelta(days=1), START + timedelta(days=2)]
    assert sum(record.quantity for record in records) == 3 * Decimal("93600.000001")
