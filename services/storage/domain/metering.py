"""What storage is charged by: GiB-seconds, exact, over half-open periods."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

METER = "storage.gib_seconds"


def gib_seconds(size_gib: int, started_at: datetime, ended_at: datetime) -> Decimal:
    """GiB × seconds of [started_at, ended_at) to the microsecond, without binary fractions; zero when it is empty."""
    microseconds = (ended_at - started_at) // timedelta(microseconds=1)
    if microseconds <= 0:
        return Decimal(0)
    return Decimal(size_gib * microseconds) / Decimal(1_000_000)


def quantity_text(quantity: Decimal) -> str:
    """A quantity as events carry it: plain decimal notation with at most six places after the point."""
    return format(quantity.quantize(Decimal("0.000001")).normalize(), "f")
