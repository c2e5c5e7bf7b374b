"""Billing periods: half-open intervals in UTC, `[start, end)`, anchored on a day of the month."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.errors import ValidationFailed


class InvalidPeriod(ValidationFailed):
    """A period without a time zone, empty, or ending before it begins."""

    code = "invalid_period"


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
    def seconds(self) -> int:
        """Length in whole seconds."""
        return int((self.end - self.start).total_seconds())

    def overlap_seconds(self, start: datetime, end: datetime) -> int:
        """Whole seconds of `[start, end)` that fall into the period."""
        return max(0, int((min(end, self.end) - max(start, self.start)).total_seconds()))

    def overlaps(self, other: Period) -> bool:
        """Whether any instant lies in both."""
        return self.start < other.end and other.start < self.end


def month_border(year: int, month: int, anchor_day: int) -> datetime:
    """Midnight UTC of the anchor day, or of the month's last day where it has no such day (anchor 31 in February)."""
    last_day = calendar.monthrange(year, month)[1]
    return datetime(year, month, min(anchor_day, last_day), tzinfo=UTC)


def monthly_period(instant: datetime, anchor_day: int) -> Period:
    """The monthly period that contains the instant. Raises InvalidPeriod for an anchor outside 1..31."""
    if not 1 <= anchor_day <= 31:
        raise InvalidPeriod("the anchor is a day of the month, 1 to 31")
    moment = instant.astimezone(UTC)
    border = month_border(moment.year, moment.month, anchor_day)
    if moment < border:
        earlier = (border.replace(day=1) - timedelta(days=1)).replace(tzinfo=UTC)
        return Period(month_border(earlier.year, earlier.month, anchor_day), border)
    later = border.replace(day=28) + timedelta(days=4)
    return Period(border, month_border(later.year, later.month, anchor_day))
