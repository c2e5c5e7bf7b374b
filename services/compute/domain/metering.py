"""Metering: what an instance used, to the microsecond, in half-open UTC windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from services.compute.domain.resources import Resources

VCPU_SECONDS = "compute.vcpu_seconds"
MEMORY_MIB_SECONDS = "compute.memory_mib_seconds"

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
    start = started_at.astimezone(UTC)
    end = ended_at.astimezone(UTC)
    while start < end:
        midnight = datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(days=1)
        cut = min(midnight, end)
        yield start, cut
        start = cut


def usage_between(resources: Resources, started_at: datetime, ended_at: datetime) -> list[Usage]:
    """What an active instance of that size uses in [started_at, ended_at); nothing for an empty window."""
    records = []
    for start, end in windows(started_at, ended_at):
        seconds = seconds_between(start, end)
        records.append(Usage(VCPU_SECONDS, resources.vcpus * seconds, start, end))
        records.append(Usage(MEMORY_MIB_SECONDS, resources.memory_mib * seconds, start, end))
    return records
