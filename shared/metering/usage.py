"""Usage in half-open UTC windows, to the microsecond."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Usage:
    """A quantity of one meter over [started_at, ended_at)."""

    meter: str
    quantity: Decimal
    started_at: datetime
    ended_at: datetime


def seconds_between(started_at: datetime, ended_at: datetime) -> Decimal:
    """Exact seconds, with up to six decimals. Raises ValueError when the end is before the start."""
    if ended_at < started_at:
        raise ValueError(f"usage can't end at {ended_at} before it starts at {started_at}")
    return Decimal((ended_at - started_at) // _MICROSECOND) / 1_000_000


def windows(started_at: datetime, ended_at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[started_at, ended_at) cut at every UTC midnight, so that no piece belongs to two billing periods."""
    start, end = started_at.astimezone(UTC), ended_at.astimezone(UTC)
    while start < end:
        midnight = datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(days=1)
        cut = min(midnight, end)
        yield start, cut
        start = cut


def usage_between(rates: Mapping[str, Decimal], started_at: datetime, ended_at: datetime) -> list[Usage]:
    """What is used in [started_at, ended_at) at so many units a second by meter; nothing for an empty window."""
    return [
        Usage(meter, rate * seconds_between(start, end), start, end)
        for start, end in windows(started_at, ended_at)
        for meter, rate in rates.items()
    ]
