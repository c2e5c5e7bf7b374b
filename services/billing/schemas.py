"""What goes over the wire. Amounts and quantities are decimal strings, never floats."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args

from rest_framework import serializers

from services.billing.domain.budgets import MAX_THRESHOLD
from services.billing.domain.discounts import Duration
from services.billing.domain.rating import Model
from shared.web.django_fields import Amount, Currency, Exact, Quantity

MODELS: tuple[Model, ...] = get_args(Model)
DURATIONS: tuple[Duration, ...] = get_args(Duration)


class AccountOut(serializers.Serializer):
    """How the tenant is billed."""

    id = serializers.CharField()
    currency = serializers.CharField()
    anchor_day = serializers.IntegerField()
    tax_rate = serializers.DecimalField(6, 5)
    version = serializers.IntegerField()


class AccountChange(serializers.Serializer):
    """What operators may set."""

    currency = Currency(required=False)
    anchor_day = serializers.IntegerField(min_value=1, max_value=31, required=False)
    tax_rate = Exact(6, 5, min_value=Decimal(0), max_value=Decimal(1), required=False)


class TierIn(serializers.Serializer):
    """Units up to `up_to` (null: without end) at `unit_amount` each."""

    up_to = Exact(38, 12, allow_null=True)
    unit_amount = Exact(30, 15)


class PriceIn(serializers.Serializer):
    """A price: `unit_amount` alone, or tiers."""

    currency = Currency()
    model = serializers.ChoiceField(MODELS, default="flat")
    unit_amount = Exact(30, 15, required=False)
    tiers = TierIn(many=True, required=False, max_length=100)

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
    quantity = Exact(38, 12)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()


class UsageOut(serializers.Serializer):
    """Counted usage."""

    id = serializers.CharField()
    source = serializers.CharField()
    source_id = serializers.CharField()
    resource_id = serializers.CharField()
    meter = serializers.CharField()
    quantity = Quantity()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    refused_because = serializers.CharField()
    invoice_id = serializers.CharField(allow_null=True)


class PeriodOut(serializers.Serializer):
    """A half-open period in UTC."""

    period_start = serializers.DateTimeField()
    period_end = serializers.DateTimeField()


class PeriodIn(serializers.Serializer):
    """A half-open period in UTC; neither: the account's monthly period that ended last."""

    period_start = serializers.DateTimeField(required=False)
    period_end = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Both or neither."""
        if len(attrs) == 1:
            raise serializers.ValidationError("give both period_start and period_end, or neither")
        return attrs


class LineOut(serializers.Serializer):
    """One meter's part of an invoice; or a plan's fee, with the time it is for and how many months that is."""

    meter = serializers.CharField()
    quantity = Quantity(allow_null=True)
    amount = Amount()
    subscription_id = serializers.CharField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    months = serializers.CharField(allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """A line of usage has no months."""
        line: dict[str, Any] = super().to_representation(instance)
        line["months"] = line["months"] or None
        return line


class ReductionOut(serializers.Serializer):
    """What a discount took off."""

    discount_id = serializers.CharField()
    name = serializers.CharField()
    amount = Amount()


class InvoiceOut(serializers.Serializer):
    """An invoice with its lines: `total = subtotal − discounts − credits + tax`, in this order.

    Each line is rounded once. Discounts are taken off the subtotal one after the other, each from what the ones before
    it left; then credit, at most what is left; then tax is added on what is left.
    """

    id = serializers.CharField()
    number = serializers.CharField()
    period_start = serializers.DateTimeField()
    period_end = serializers.DateTimeField()
    currency = serializers.CharField()
    lines = LineOut(many=True)
    subtotal = Amount()
    reductions = ReductionOut(many=True)
    discounts = Amount()
    credits = Amount()
    tax_rate = serializers.DecimalField(6, 5)
    tax = Amount()
    total = Amount()
    state = serializers.CharField()
    version = serializers.IntegerField()


class CreditIn(serializers.Serializer):
    """An amount given to the tenant."""

    amount = Exact(20, 4)
    currency = Currency()
    reason = serializers.CharField(max_length=500)


class CreditOut(serializers.Serializer):
    """A credit and what is left of it."""

    id = serializers.CharField()
    amount = Amount()
    remaining = Amount()
    currency = serializers.CharField()
    reason = serializers.CharField()
    invoice_id = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()


class PlanIn(serializers.Serializer):
    """A plan and what it costs a month."""

    plan = serializers.CharField(max_length=100)
    fee = Exact(20, 4)
    currency = Currency()


class SubscriptionIn(PlanIn):
    """A plan from a time on; now, where none is given."""

    started_at = serializers.DateTimeField(required=False)


class PlanChange(PlanIn):
    """Another plan from a time on; now, where none is given."""

    changed_at = serializers.DateTimeField(required=False)


class SubscriptionEnd(serializers.Serializer):
    """When it ends; now, where nothing is given."""

    ended_at = serializers.DateTimeField(required=False)


class SubscriptionOut(serializers.Serializer):
    """A plan that the tenant holds, or held until `ended_at`; its fee is on invoices up to `billed_until`."""

    id = serializers.CharField()
    plan = serializers.CharField()
    fee = Amount()
    currency = serializers.CharField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    billed_until = serializers.DateTimeField()
    version = serializers.IntegerField()


class DiscountIn(serializers.Serializer):
    """Either `percent_off`, or `amount_off` with its currency."""

    name = serializers.CharField(max_length=200)
    percent_off = Exact(5, 2, required=False)
    amount_off = Exact(20, 4, required=False)
    currency = Currency(required=False)
    duration = serializers.ChoiceField(DURATIONS, default="once")
    duration_in_months = serializers.IntegerField(min_value=1, max_value=1200, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An amount has a currency, a percentage has none."""
        if ("amount_off" in attrs) != ("currency" in attrs):
            raise serializers.ValidationError("amount_off and currency belong together")
        return attrs


class DiscountOut(serializers.Serializer):
    """A discount, and on how many invoices it still goes (null: on all)."""

    id = serializers.CharField()
    name = serializers.CharField()
    percent_off = Quantity(allow_null=True)
    amount_off = Amount(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    duration = serializers.CharField()
    duration_in_months = serializers.IntegerField(allow_null=True)
    invoices_left = serializers.IntegerField(allow_null=True)
    version = serializers.IntegerField()


def _thresholds(**keywords: Any) -> serializers.ListField:
    percent = serializers.IntegerField(min_value=1, max_value=MAX_THRESHOLD)
    return serializers.ListField(child=percent, min_length=1, max_length=20, **keywords)


class BudgetIn(serializers.Serializer):
    """What the tenant means to spend a period, and at how many percent of it somebody is told."""

    name = serializers.CharField(max_length=200)
    amount = Exact(20, 4)
    currency = Currency()
    thresholds = _thresholds(default=[80, 100])


class BudgetChange(serializers.Serializer):
    """What of a budget changes."""

    name = serializers.CharField(max_length=200, required=False)
    amount = Exact(20, 4, required=False)
    currency = Currency(required=False)
    thresholds = _thresholds(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An amount has a currency."""
        if ("amount" in attrs) != ("currency" in attrs):
            raise serializers.ValidationError("amount and currency belong together")
        return attrs


class BudgetOut(serializers.Serializer):
    """A budget."""

    id = serializers.CharField()
    name = serializers.CharField()
    amount = Amount()
    currency = serializers.CharField()
    thresholds = serializers.ListField(child=serializers.IntegerField())
    version = serializers.IntegerField()


class AlertOut(serializers.Serializer):
    """That a period's spending reached a share of its budget."""

    id = serializers.CharField()
    budget_id = serializers.CharField()
    period_start = serializers.DateTimeField()
    period_end = serializers.DateTimeField()
    threshold = serializers.IntegerField()
    budgeted = Amount()
    spent = Amount()
    currency = serializers.CharField()
    created_at = serializers.DateTimeField()


class SpendOut(serializers.Serializer):
    """What the period that runs has cost up to now, before discounts, credit and tax."""

    period_start = serializers.DateTimeField(source="period.start")
    period_end = serializers.DateTimeField(source="period.end")
    currency = serializers.CharField()
    usage = Amount(source="usage.amount")
    plans = Amount(source="plans.amount")
    total = Amount(source="total.amount")
    unpriced_meters = serializers.ListField(child=serializers.CharField(), source="unpriced")
