"""Tables of the billing service. Quantities and amounts are exact numerics."""

from __future__ import annotations

from typing import Any

from django.db import models

from shared.infra.db.django import TenantModel

QUANTITY: dict[str, Any] = {"max_digits": 38, "decimal_places": 12}
AMOUNT: dict[str, Any] = {"max_digits": 20, "decimal_places": 4}
"""What people write: credits, fees, budgets."""
RATE: dict[str, Any] = {"max_digits": 6, "decimal_places": 5}
SUM: dict[str, Any] = {"max_digits": 60, "decimal_places": 4}
SUMMED_QUANTITY: dict[str, Any] = {"max_digits": 60, "decimal_places": 12}
"""What is computed: room for 10^15 pieces of the largest quantity at the highest price that are accepted."""


class Account(TenantModel):
    """How a tenant is billed. Its row lock orders everything that makes or changes invoices."""

    currency = models.TextField(default="USD")
    anchor_day = models.IntegerField(default=1)
    tax_rate = models.DecimalField(default=0, **RATE)

    class Meta:
        db_table = "accounts"
        app_label = "billing"
        verbose_name = "account"
        constraints = [models.UniqueConstraint(fields=["tenant_id"], name="billing_one_account_a_tenant")]


class PriceRow(TenantModel):
    """A tenant's own price for a meter."""

    meter = models.TextField()
    currency = models.TextField()
    model = models.TextField()
    tiers = models.JSONField()

    class Meta:
        db_table = "prices"
        app_label = "billing"
        verbose_name = "price"
        constraints = [models.UniqueConstraint(fields=["tenant_id", "meter"], name="billing_one_price_a_meter")]


class UsageRow(TenantModel):
    """A metered quantity, counted once by `(source, source_id)`; billed by at most one invoice.

    There are very many of them, and an invoice run changes each: an index of what it changes would cost the run.
    """

    tenant_id = models.TextField()
    source = models.TextField()
    source_id = models.TextField()
    resource_id = models.TextField(default="")
    meter = models.TextField()
    quantity = models.DecimalField(**QUANTITY)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    refused_because = models.TextField(default="")
    invoice = models.ForeignKey("Invoice", null=True, on_delete=models.PROTECT, related_name="usage", db_index=False)

    class Meta:
        db_table = "usage"
        app_label = "billing"
        verbose_name = "usage"
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "source", "source_id"], name="billing_usage_counted_once")
        ]
        indexes = [
            models.Index(fields=["tenant_id", "ended_at"], name="billing_usage_of_a_time"),
        ]


class UnbilledUsage(models.Model):
    """Usage that counts and is on no invoice yet: made with it, and gone with the run that bills it."""

    usage = models.OneToOneField(UsageRow, primary_key=True, on_delete=models.CASCADE, related_name="+")
    tenant_id = models.TextField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        db_table = "unbilled_usage"
        app_label = "billing"
        indexes = [models.Index(fields=["tenant_id", "ended_at"], name="billing_unbilled")]


class Invoice(TenantModel):
    """What a tenant owes for a period. It never changes once it is final."""

    number = models.TextField()
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    currency = models.TextField()
    subtotal = models.DecimalField(default=0, **SUM)
    discounts = models.DecimalField(default=0, **SUM)
    credits = models.DecimalField(default=0, **SUM)
    tax_rate = models.DecimalField(default=0, **RATE)
    tax = models.DecimalField(default=0, **SUM)
    total = models.DecimalField(default=0, **SUM)
    state = models.TextField(default="draft")

    class Meta:
        db_table = "invoices"
        app_label = "billing"
        verbose_name = "invoice"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "period_start", "period_end"], name="billing_one_invoice_a_period"
            ),
            models.UniqueConstraint(fields=["tenant_id", "number"], name="billing_invoice_number"),
        ]


class InvoiceLine(models.Model):
    """One meter's part of an invoice, or a plan's fee for a time."""

    id = models.TextField(primary_key=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    meter = models.TextField()
    quantity = models.DecimalField(null=True, **SUMMED_QUANTITY)
    amount = models.DecimalField(**SUM)
    subscription = models.ForeignKey("SubscriptionRow", null=True, on_delete=models.PROTECT, related_name="lines")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    months = models.TextField(default="")
    """How many months a plan's fee is for, as an exact fraction: `17/31`."""

    class Meta:
        db_table = "invoice_lines"
        app_label = "billing"


class InvoiceDiscount(models.Model):
    """What a discount took off an invoice. The invoice keeps its name and id: it outlives the discount."""

    id = models.TextField(primary_key=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="reductions")
    discount_id = models.TextField()
    name = models.TextField()
    amount = models.DecimalField(**SUM)

    class Meta:
        db_table = "invoice_discounts"
        app_label = "billing"


class Credit(TenantModel):
    """Money a tenant has with us; used up by invoices, oldest first."""

    amount = models.DecimalField(**AMOUNT)
    remaining = models.DecimalField(**AMOUNT)
    currency = models.TextField()
    reason = models.TextField()
    invoice = models.ForeignKey(Invoice, null=True, on_delete=models.PROTECT, related_name="credit_notes")

    class Meta:
        db_table = "credits"
        app_label = "billing"
        verbose_name = "credit"


class SubscriptionRow(TenantModel):
    """A plan that a tenant holds for a monthly fee, over `[started_at, ended_at)`."""

    plan = models.TextField()
    fee = models.DecimalField(**AMOUNT)
    currency = models.TextField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    billed_until = models.DateTimeField()
    """Up to when its fee is on an invoice; the beginning, where none is yet."""

    class Meta:
        db_table = "subscriptions"
        app_label = "billing"
        verbose_name = "subscription"


class DiscountRow(TenantModel):
    """A discount on the tenant's next invoices."""

    name = models.TextField()
    percent_off = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    amount_off = models.DecimalField(null=True, **AMOUNT)
    currency = models.TextField(null=True)
    duration = models.TextField()
    duration_in_months = models.IntegerField(null=True)
    invoices_left = models.IntegerField(null=True)
    """On how many invoices it still goes; null: on all."""

    class Meta:
        db_table = "discounts"
        app_label = "billing"
        verbose_name = "discount"


class BudgetRow(TenantModel):
    """What a tenant means to spend in each billing period."""

    name = models.TextField()
    amount = models.DecimalField(**AMOUNT)
    currency = models.TextField()
    thresholds = models.JSONField()

    class Meta:
        db_table = "budgets"
        app_label = "billing"
        verbose_name = "budget"


class BudgetAlert(TenantModel):
    """That a budget's threshold was reached: told once a billing period."""

    budget = models.ForeignKey(BudgetRow, on_delete=models.CASCADE, related_name="alerts")
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    threshold = models.IntegerField()
    budgeted = models.DecimalField(**AMOUNT)
    spent = models.DecimalField(**SUM)
    currency = models.TextField()

    class Meta:
        db_table = "budget_alerts"
        app_label = "billing"
        verbose_name = "budget alert"
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "period_start", "threshold"], name="billing_one_alert_a_threshold"
            )
        ]


class ClosedTenant(models.Model):
    """A tenant that is closed: what it holds has ended, and nothing more is sold to it (`shared.events.closing`)."""

    tenant_id = models.TextField(primary_key=True)

    class Meta:
        db_table = "closed_tenants"
        app_label = "billing"
