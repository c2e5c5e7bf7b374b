"""What goes over the wire. Amounts and quantities are decimal strings, never floats."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from services.billing.domain.rating import Model
from shared.utils.money import Money

MODELS: tuple[Model, ...] = ("flat", "graduated", "volume")
CURRENCY = r"^[A-Z]{3}$"


class AccountOut(serializers.Serializer):
    """How the tenant is billed."""

    id = serializers.CharField()
    currency = serializers.CharField()
    anchor_day = serializers.IntegerField()
    tax_rate = serializers.DecimalField(6, 5)
    version = serializers.IntegerField()


class AccountChange(serializers.Serializer):
    """What operators may set."""

    currency = serializers.RegexField(CURRENCY, required=False)
    anchor_day = serializers.IntegerField(min_value=1, max_value=31, required=False)
    tax_rate = serializers.DecimalField(6, 5, min_value=Decimal(0), max_value=Decimal(1), required=False)


class TierIn(serializers.Serializer):
    """Units up to `up_to` (null: without end) at `unit_amount` each."""

    up_to = serializers.DecimalField(38, 12, allow_null=True)
    unit_amount = serializers.DecimalField(30, 15)


class PriceIn(serializers.Serializer):
    """A price: `unit_amount` alone, or tiers."""

    currency = serializers.RegexField(CURRENCY)
    model = serializers.ChoiceField(MODELS, default="flat")
    unit_amount = serializers.DecimalField(30, 15, required=False)
    tiers = TierIn(many=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of `unit_amount` and `tiers`; the former is one open tier."""
        if ("unit_amount" in attrs) == ("tiers" in attrs):
            raise serializers.ValidationError("give either unit_amount or tiers")
        if "unit_amount" in attrs:
            attrs["tiers"] = [{"up_to": None, "unit_amount": attrs.pop("unit_amount")}]
        return attrs


class PriceOut(serializers.Serializer):
    """A tenant's own price."""

    id = serializers.CharField()
    meter = serializers.CharField()
    currency = serializers.CharField()
    model = serializers.CharField()
    tiers = serializers.ListField()
    version = serializers.IntegerField()


class UsageIn(serializers.Serializer):
    """Usage sent directly; `(source, id)` identifies it for good."""

    source = serializers.CharField(max_length=200)
    id = serializers.CharField(max_length=200)
    resource_id = serializers.CharField(max_length=200, default="", allow_blank=True)
    meter = serializers.CharField(max_length=200)
    quantity = serializers.DecimalField(38, 12)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()


class UsageOut(serializers.Serializer):
    """Counted usage."""

    id = serializers.CharField()
    source = serializers.CharField()
    source_id = serializers.CharField()
    resource_id = serializers.CharField()
    meter = serializers.CharField()
    quantity = serializers.DecimalField(38, 12, normalize_output=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    refused_because = serializers.CharField()
    invoice_id = serializers.CharField(allow_null=True)


class PeriodIn(serializers.Serializer):
    """A half-open period in UTC."""

    period_start = serializers.DateTimeField()
    period_end = serializers.DateTimeField()


class LineOut(serializers.Serializer):
    """One meter's part of an invoice."""

    meter = serializers.CharField()
    quantity = serializers.DecimalField(38, 12, normalize_output=True)
    amount = serializers.SerializerMethodField()

    def get_amount(self, line: Any) -> str:
        """The amount in the invoice's currency."""
        return in_currency(line.amount, line.invoice.currency)


class InvoiceOut(serializers.Serializer):
    """An invoice with its lines."""

    id = serializers.CharField()
    number = serializers.CharField()
    period_start = serializers.DateTimeField()
    period_end = serializers.DateTimeField()
    currency = serializers.CharField()
    lines = LineOut(many=True)
    subtotal = serializers.SerializerMethodField()
    credits = serializers.SerializerMethodField()
    tax = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField()
    state = serializers.CharField()
    version = serializers.IntegerField()

    def get_subtotal(self, invoice: Any) -> str:
        """The sum of the lines."""
        return in_currency(invoice.subtotal, invoice.currency)

    def get_credits(self, invoice: Any) -> str:
        """The credit that was used."""
        return in_currency(invoice.credits, invoice.currency)

    def get_tax(self, invoice: Any) -> str:
        """Tax on what is left after credit."""
        return in_currency(invoice.tax, invoice.currency)

    def get_total(self, invoice: Any) -> str:
        """What is to be paid."""
        return in_currency(invoice.total, invoice.currency)


class CreditIn(serializers.Serializer):
    """An amount given to the tenant."""

    amount = serializers.DecimalField(20, 4)
    currency = serializers.RegexField(CURRENCY)
    reason = serializers.CharField(max_length=500)


class CreditOut(serializers.Serializer):
    """A credit and what is left of it."""

    id = serializers.CharField()
    amount = serializers.SerializerMethodField()
    remaining = serializers.SerializerMethodField()
    currency = serializers.CharField()
    reason = serializers.CharField()
    invoice_id = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()

    def get_amount(self, credit: Any) -> str:
        """The amount granted."""
        return in_currency(credit.amount, credit.currency)

    def get_remaining(self, credit: Any) -> str:
        """What invoices haven't used yet."""
        return in_currency(credit.remaining, credit.currency)


def in_currency(amount: Decimal, currency: str) -> str:
    """An amount as text with exactly the digits of its currency: 1.50 USD, 2 JPY, 0.125 BHD."""
    return str(Money(Decimal(amount), currency).rounded().amount)
