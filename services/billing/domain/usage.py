"""Metering: usage events counted once, accepted late within limits, summed by meter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from shared.errors import ValidationFailed
from shared.utils.decimals import rounded_to

MAX_LATENESS = timedelta(days=35)
"""How long after its end usage is still accepted (Stripe's metering: 35 days)."""
MAX_AHEAD = timedelta(minutes=5)
"""Clock skew that is tolerated between a source and billing (Stripe's metering)."""
MAX_AHEAD_OF_EVENTS = timedelta(days=1)
"""The same for events: nobody would send one again later, so it waits for its period. What is further ahead is no
matter of clocks."""


MAX_WHOLE_DIGITS, MAX_PLACES = 26, 12
"""How large and how fine a quantity may be."""


class UsageRefused(ValidationFailed):
    """Usage that is too late, ahead of time, negative, or ends before it begins."""

    code = "usage_refused"


@dataclass(frozen=True)
class Usage:
    """A quantity of a meter over `[started_at, ended_at)`. `(source, id)` identifies it for good."""

    source: str
    id: str
    meter: str
    quantity: Decimal
    started_at: datetime
    ended_at: datetime


def ensure_countable(quantity: Decimal) -> None:
    """Raise UsageRefused for a quantity that isn't kept as it is: it would come back altered."""
    fits = quantity.is_finite() and quantity.copy_abs() < Decimal(10) ** MAX_WHOLE_DIGITS
    if not fits or rounded_to(quantity, MAX_PLACES) != quantity:
        raise UsageRefused(f"a quantity has at most {MAX_WHOLE_DIGITS} digits before its point and {MAX_PLACES} after")


def ensure_acceptable(usage: Usage, now: datetime, max_ahead: timedelta = MAX_AHEAD) -> None:
    """Raise UsageRefused for usage that can't be counted, or that ends more than `max_ahead` from now."""
    if usage.quantity < 0:
        raise UsageRefused("a quantity is not negative")
    if usage.ended_at < usage.started_at:
        raise UsageRefused("usage ends after it begins")
    if usage.ended_at > now + max_ahead:
        raise UsageRefused("usage can't lie in the future")
    if now - usage.ended_at > MAX_LATENESS:
        raise UsageRefused(f"usage is accepted up to {MAX_LATENESS.days} days late")
