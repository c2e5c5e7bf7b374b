"""Billing periods: half-open intervals in UTC, `[start, end)`, anchored on a day of the month."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta

from shared.errors import ValidationFailed

MICROSECOND = timedelta(microseconds=1)
"""The smallest difference between two times, here as in PostgreSQL."""


class InvalidPeriod(ValidationFailed):
    """A period without a time zone, empty, ending before it begins, or outside the calendar."""

    code = "invalid_period"


class PeriodUnfinished(ValidationFailed):
    """A period that isn't over: what is still used in it would be missing from an invoice that never changes."""

    code = "period_unfinished"


@dataclass(frozen=True, order=True)
class Period:
    """`[start, end)` in UTC. An instant at the border belongs to the later period, and to it alone."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for border in (self.start, self.end):
            if border.tzinfo is None or border.utcoffset() != timedelta(0):
                raise InvalidPeriod("period borders are aware times in UTC")
        if self.end <= self.start:
            raise InvalidPeriod("a period ends after it begins")

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    @property
    def microseconds(self) -> int:
        """Its length; never 0."""
        return (self.end - self.start) // MICROSECOND

    def overlap_microseconds(self, start: datetime, end: datetime) -> int:
        """How much of `[start, end)` falls into the period."""
        return max(0, (min(end, self.end) - max(start, self.start)) // MICROSECOND)

    def overlaps(self, other: Period) -> bool:
        """Whether any instant lies in both."""
        return self.start < other.end and other.start < self.end

    def ensure_over(self, now: datetime) -> None:
        """Raise PeriodUnfinished while the period hasn't ended. An invoice is final, so it is made after the end."""
        if now < self.end:
            raise PeriodUnfinished(f"the period ends at {self.end.isoformat()}: bill it from then on")


def month_border(year: int, month: int, anchor_day: int) -> datetime:
    """Midnight UTC of the anchor day, or of the month's last day where it has no such day (anchor 31 in February).

    Stripe's `billing_cycle_anchor`. Raises InvalidPeriod outside the years 1 to 9999.
    """
    if not MINYEAR <= year <= MAXYEAR:
        raise InvalidPeriod(f"there is no month {month} of the year {year}")
    last_day = calendar.monthrange(year, month)[1]
    return datetime(year, month, min(anchor_day, last_day), tzinfo=UTC)


def monthly_period(instant: datetime, anchor_day: int) -> Period:
    """The monthly period that contains the instant.

    Raises InvalidPeriod for an anchor outside 1..31 and a time without a zone.
    """
    if not 1 <= anchor_day <= 31:
        raise InvalidPeriod("the anchor is a day of the month, 1 to 31")
    if instant.tzinfo is None:
        raise InvalidPeriod("a time without a zone lies in no period")
    moment = instant.astimezone(UTC)
    border = month_border(moment.year, moment.month, anchor_day)
    if moment < border:
        return Period(month_border(*_neighbour(border, -1), anchor_day), border)
    return Period(border, month_border(*_neighbour(border, 1), anchor_day))


def last_finished(now: datetime, anchor_day: int) -> Period:
    """The monthly period that ended last: the one before that which contains `now`."""
    return monthly_period(monthly_period(now, anchor_day).start - MICROSECOND, anchor_day)


def months_of(start: datetime, end: datetime, anchor_day: int) -> Iterator[Period]:
    """The monthly periods that share an instant with `[start, end)`, in order, without a gap."""
    moment = start
    while moment < end:
        month = monthly_period(moment, anchor_day)
        yield month
        moment = month.end


def _neighbour(moment: datetime, step: int) -> tuple[int, int]:
    """Year and month of the calendar month that is `step` away."""
    count = moment.year * 12 + moment.month - 1 + step
    return count // 12, count % 12 + 1
