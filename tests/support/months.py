"""Calendar months and days in UTC as billing's periods, told from the present time."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.support.clock import clock


@dataclass(frozen=True)
class Span:
    """`[start, end)`, from midnight to midnight."""

    start: datetime
    end: datetime

    @property
    def period(self) -> dict[str, str]:
        """As an invoice run takes it."""
        return {"period_start": self.start.isoformat(), "period_end": self.end.isoformat()}

    def late(self, hours: float = 12) -> str:
        """A time that many hours before its end.

        Of the month that ended last, the final three days are young enough for billing on any day of the next one.
        """
        return (self.end - timedelta(hours=hours)).isoformat()


class Month(Span):
    """Midnight of its first day, and midnight of the next month's first."""

    @classmethod
    def of(cls, moment: datetime) -> Month:
        """The month in which a moment lies."""
        first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        # 32 days after the first day of a month always lie in the next one.
        return cls(first, (first + timedelta(days=32)).replace(day=1))

    def previous(self) -> Month:
        """The month before."""
        return Month.of(self.start - timedelta(days=1))


def current() -> Month:
    """The month that has begun last."""
    return Month.of(clock.now())


def last_complete() -> Month:
    """The month that ended last."""
    return current().previous()


def past_days(count: int, before: int = 0) -> Span:
    """So many whole days, the last of them yesterday, or `before` days earlier. All of them are over."""
    midnight = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight - timedelta(days=before)
    return Span(end - timedelta(days=count), end)


def short_february() -> Month:
    """A February of 28 days in an earlier year."""
    year = clock.now().year - 1
    while calendar.isleap(year):
        year -= 1
    return Month.of(datetime(year, 2, 1, tzinfo=UTC))
