"""Tenants' own prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.billing import published
from services.billing.domain.rating import Model, Price, Tier
from services.billing.models import PriceRow
from services.billing.repository import prices
from shared.errors import NotFound
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


def own_price(meter: str) -> PriceRow:
    """The tenant's own price for a meter. Raises NotFound."""
    row = prices.of_meter(meter)
    if row is None:
        raise NotFound(f"there is no price of your own for {meter}")
    return row


def set_price(
    meter: str, currency: str, model: Model, tiers: Sequence[Mapping[str, Any]], expected: int | None
) -> PriceRow:
    """Give the tenant a price of its own for a meter.

    Raises InvalidPrice for tiers that make no sense, and VersionConflict.
    """
    price = Price(meter, currency, model, tuple(Tier(tier["up_to"], tier["unit_amount"]) for tier in tiers))
    stored = [{"up_to": _text(tier.up_to), "unit_amount": str(tier.unit_amount)} for tier in price.tiers]
    row = prices.of_meter(meter, lock=True)
    if row is None:
        values = {"meter": meter, "currency": currency, "model": model, "tiers": stored}
        row = prices.add(PriceRow(id=new_id("price"), tenant_id=current_tenant(), **values))
    else:
        check_version(row, expected)
        row.currency, row.model, row.tiers = currency, model, stored
        prices.save(row)
    published.price_changed(row)
    return row


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
