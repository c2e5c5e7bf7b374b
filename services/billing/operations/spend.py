"""What an account has spent in the billing period that runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.billing.domain.invoices import NoPrice, make_line
from services.billing.domain.periods import Period, monthly_period
from services.billing.domain.subscriptions import fee_line
from services.billing.models import Account
from services.billing.operations.prices import price_of
from services.billing.operations.subscriptions import as_subscription
from services.billing.ports import Ports
from services.billing.repository import accounts, before, prices, since, subscriptions, usage
from shared.utils.money import Money


@dataclass(frozen=True)
class Spend:
    """Usage and plan fees of a period up to now, before discounts, credit and tax; what has no price isn't in it."""

    period: Period
    usage: Money
    plans: Money
    unpriced: tuple[str, ...]

    @property
    def currency(self) -> str:
        """The account's."""
        return self.usage.currency

    @property
    def total(self) -> Money:
        """Both together."""
        return self.usage + self.plans


def period_now(ports: Ports) -> Period:
    """The tenant's billing period that runs."""
    return monthly_period(ports.clock.now(), accounts.mine().anchor_day)


def spend_now(ports: Ports) -> Spend:
    """What the tenant has spent since the period that runs began, billed already or not."""
    account, now = accounts.mine(), ports.clock.now()
    period = monthly_period(now, account.anchor_day)
    own_prices = prices.all()
    used, unpriced = Money.zero(account.currency), []
    quantities = usage.by_meter(usage.accepted().filter(since(period.start)).filter(before(now)))
    for meter, quantity in quantities.items():
        try:
            used += make_line(price_of(meter, account.currency, own_prices), quantity).amount
        except NoPrice:
            unpriced.append(meter)
    return Spend(period, used, _plans(account, period.start, now), tuple(unpriced))


def _plans(account: Account, start: datetime, now: datetime) -> Money:
    """The fees of what is held, from the period's beginning up to now."""
    fees = []
    for row in subscriptions.held_in(start, now):
        held = replace(as_subscription(row), billed_until=max(start, row.started_at))
        line = fee_line(held, now, account.anchor_day)
        if line is not None and row.currency == account.currency:
            fees.append(line.amount)
    return Money.total(fees, account.currency)
