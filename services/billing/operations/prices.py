"""Tenants' own prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.billing import published
from services.billing.domain.defaults import CURRENCY, LIST_PRICES
from services.billing.domain.invoices import NoPrice
from services.billing.domain.rating import MAX_METER_LENGTH, InvalidPrice, Model, Price, Tier, flat
from services.billing.models import PriceRow
from services.billing.repository import accounts, prices
from shared.errors import NotFound
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags, ensure_version
from shared.utils.decimals import plain
from shared.utils.ids import new_id


def own_price(meter: str) -> PriceRow:
    """The tenant's own price for a meter. Raises NotFound."""
    row = prices.of_meter(meter)
    if row is None:
        raise NotFound(f"there is no price of your own for {meter}")
    return row


def set_price(
    meter: str, currency: str, model: Model, tiers: Sequence[Mapping[str, Any]], expected: EntityTags | None
) -> PriceRow:
    """Give the tenant a price of its own for a meter.

    Raises InvalidPrice for tiers that make no sense or a meter without a name, UnknownCurrency, and VersionConflict,
    also where a version is expected and there is no price yet.
    """
    if not 0 < len(meter) <= MAX_METER_LENGTH:
        raise InvalidPrice(f"a meter has a name of at most {MAX_METER_LENGTH} characters")
    price = Price(meter, currency, model, tuple(Tier(tier["up_to"], tier["unit_amount"]) for tier in tiers))
    stored = [{"up_to": _text(tier.up_to), "unit_amount": plain(tier.unit_amount)} for tier in price.tiers]
    accounts.mine(lock=True)  # Of two first prices for a meter, the second finds the first one's row.
    row = prices.of_meter(meter, lock=True)
    if row is None:
        ensure_version(None, expected)
        values = {"meter": meter, "currency": currency, "model": model, "tiers": stored}
        row = prices.add(PriceRow(id=new_id("price"), tenant_id=current_tenant(), **values))
    else:
        check_version(row, expected)
        row.currency, row.model, row.tiers = currency, model, stored
        prices.save(row)
    published.price_changed(row)
    return row


def price_of(meter: str, currency: str, own_prices: Mapping[str, PriceRow]) -> Price:
    """The tenant's own price, else the list price. Raises NoPrice when there is none in the account's currency."""
    row = own_prices.get(meter)
    if row is not None and row.currency == currency:
        tiers = tuple(Tier(_decimal(tier["up_to"]), Decimal(tier["unit_amount"])) for tier in row.tiers)
        return Price(meter, row.currency, row.model, tiers)
    if currency == CURRENCY and meter in LIST_PRICES:
        return flat(meter, currency, LIST_PRICES[meter])
    raise NoPrice(f"{meter} has no price in {currency}", meter=meter, currency=currency)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
