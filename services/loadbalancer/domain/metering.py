"""What a load balancer's existence is billed by."""

from __future__ import annotations

from datetime import datetime

METER = "loadbalancer.seconds"


def seconds(started_at: datetime, ended_at: datetime) -> str:
    """The length of a half-open period in seconds, exact to the microsecond, as decimal text. Never negative."""
    length = max(ended_at - started_at, ended_at - ended_at)
    whole = length.days * 86_400 + length.seconds
    return f"{whole}.{length.microseconds:06d}"
