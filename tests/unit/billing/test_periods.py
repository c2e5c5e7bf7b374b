"""Half-open periods in UTC."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from services.billing.domain.periods import (
    InvalidPeriod,
    Period,
    PeriodUnfinished,
    last_finished,
    month_border,
    monthly_period,
    months_of,
)


def day(year: int, month: int, date: int, hour: int = 0) -> datetime:
    return datetime(year, month, date, hour, tzinfo=UTC)


def test_an_instant_at_the_border_belongs_to_the_later_period() -> None:
    january, february = Period(day(2026, 1, 1), day(2026, 2, 1)), Period(day(2026, 2, 1), day(2026, 3, 1))
    assert day(2026, 2, 1) not in january
    assert day(2026, 2, 1) in february
    assert not january.overlaps(february)


@pytest.mark.parametrize(
    ("instant", "anchor", "start", "end"),
    [
        (day(2026, 1, 31), 31, day(2026, 1, 31), day(2026, 2, 28)),
        (day(2026, 2, 28), 31, day(2026, 2, 28), day(2026, 3, 31)),
        (day(2026, 2, 27), 31, day(2026, 1, 31), day(2026, 2, 28)),
        (day(2024, 2, 29), 31, day(2024, 2, 29), day(2024, 3, 31)),
        (day(2026, 1, 1), 1, day(2026, 1, 1), day(2026, 2, 1)),
        (day(2026, 12, 31, 23), 1, day(2026, 12, 1), day(2027, 1, 1)),
        (day(2026, 1, 3), 15, day(2025, 12, 15), day(2026, 1, 15)),
    ],
)
def test_monthly_periods_follow_their_anchor(instant: datetime, anchor: int, start: datetime, end: datetime) -> None:
    assert monthly_period(instant, anchor) == Period(start, end)


def test_the_period_of_an_instant_is_found_in_utc() -> None:
    new_york = timezone(timedelta(hours=-5))
    assert monthly_period(datetime(2026, 1, 31, 22, tzinfo=new_york), 1).start == day(2026, 2, 1)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 1, 1), datetime(2026, 2, 1)),  # noqa: DTZ001 - what must be refused
        (day(2026, 2, 1), day(2026, 1, 1)),
        (day(2026, 1, 1), day(2026, 1, 1)),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))), day(2026, 2, 1)),
    ],
)
def test_naive_empty_and_foreign_borders_are_refused(start: datetime, end: datetime) -> None:
    with pytest.raises(InvalidPeriod):
        Period(start, end)


@pytest.mark.parametrize("anchor", [0, 32])
def test_an_anchor_is_a_day_of_the_month(anchor: int) -> None:
    with pytest.raises(InvalidPeriod):
        monthly_period(day(2026, 1, 1), anchor)


@pytest.fixture
def _in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own zone is another than UTC."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_in_new_york")
def test_borders_are_midnights_in_utc_wherever_the_machine_stands() -> None:
    assert month_border(2026, 3, 31) == day(2026, 3, 31)
    assert month_border(2026, 3, 31).utcoffset() == timedelta(0)
    assert monthly_period(day(2026, 2, 1), 1) == Period(day(2026, 2, 1), day(2026, 3, 1))


def test_an_anchor_of_31_comes_back_after_february() -> None:
    """Kill Bill #127, Lago #1567: periods were cut to day 28 for good, or billing stopped."""
    borders = [month.start for month in months_of(day(2026, 1, 31), day(2026, 6, 30), 31)]
    assert borders == [day(2026, 1, 31), day(2026, 2, 28), day(2026, 3, 31), day(2026, 4, 30), day(2026, 5, 31)]


@pytest.mark.parametrize("anchor", range(1, 32))
def test_periods_follow_each_other_without_a_gap(anchor: int) -> None:
    months = list(months_of(day(2023, 12, 5), day(2028, 3, 15), anchor))
    assert day(2023, 12, 5) in months[0]
    assert months[-1].start < day(2028, 3, 15) <= months[-1].end
    assert all(earlier.end == later.start for earlier, later in pairwise(months))


def test_the_last_finished_period_ends_where_the_present_one_begins() -> None:
    assert last_finished(day(2026, 3, 30, 23), 31) == Period(day(2026, 1, 31), day(2026, 2, 28))
    assert last_finished(day(2026, 3, 31), 31) == Period(day(2026, 2, 28), day(2026, 3, 31))


def test_a_period_is_over_at_its_end_and_not_before() -> None:
    january = Period(day(2026, 1, 1), day(2026, 2, 1))
    january.ensure_over(day(2026, 2, 1))
    with pytest.raises(PeriodUnfinished, match="2026-02-01"):
        january.ensure_over(day(2026, 2, 1) - timedelta(microseconds=1))


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 1, 31),  # noqa: DTZ001 - what must be refused
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 1, tzinfo=UTC),
    ],
)
def test_times_without_a_zone_or_a_whole_period_are_refused(instant: datetime) -> None:
    with pytest.raises(InvalidPeriod):
        monthly_period(instant, 31)
