"""Plan fees: a subscription's monthly amount, billed in arrears for exactly the time for which it was held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from services.billing.domain.invoices import Line
from services.billing.domain.proration import months_used
from shared.errors import ValidationFailed
from shared.utils.money import Money

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before the platform: an earlier beginning is a slip, and would be billed for centuries."""


class InvalidSubscription(ValidationFailed):
    """Times that don't fit each other, or what is billed already."""

    code = "invalid_subscription"


@dataclass(frozen=True)
class Subscription:
    """A plan at `fee` a month over `[started_at, ended_at)`; None: without end. It is billed until `billed_until`."""

    id: str
    plan: str
    fee: Money
    started_at: datetime
    ended_at: datetime | None
    billed_until: datetime

    def __post_init__(self) -> None:
        if self.fee.amount < 0 or not self.fee.is_whole():
            raise InvalidSubscription("a fee isn't negative, and in whole minor units of its currency")
        if self.started_at < EARLIEST:
            raise InvalidSubscription(f"a subscription begins at {EARLIEST.isoformat()} or later")
        if self.ended_at is not None and self.ended_at <= self.started_at:
            raise InvalidSubscription("a subscription ends after it begins")
        if self.ended_at is not None and self.ended_at < self.billed_until:
            raise InvalidSubscription(f"it is billed until {self.billed_until.isoformat()}; end it then or later")


def fee_line(subscription: Subscription, until: datetime, anchor_day: int) -> Line | None:
    """The fee from where it was last billed up to `until`, prorated to the second; None when there is no such time.

    Each part of a month is measured by that month's own length, as Stripe does; the line is rounded once.
    """
    start = subscription.billed_until
    end = until if subscription.ended_at is None else min(until, subscription.ended_at)
    if end <= start:
        return None
    months = months_used(start, end, anchor_day)
    amount = Money.nearest(Fraction(subscription.fee.amount) * months, subscription.fee.currency)
    return Line(f"plan.{subscription.plan}", None, amount, subscription.id, start, end, months)
