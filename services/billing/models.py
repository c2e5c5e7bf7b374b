"""Tables of the billing service. Quantities and amounts are exact numerics."""

from __future__ import annotations

from typing import Any

from django.db import models

from shared.infra.db.django import TenantModel

QUANTITY: dict[str, Any] = {"max_digits": 38, "decimal_places": 12}
AMOUNT: dict[str, Any] = {"max_digits": 20, "decimal_places": 4}


class Account(TenantModel):
    """How a tenant is billed. Its row lock orders everything that makes or changes invoices."""

    currency = models.TextField(default="USD")
    anchor_day = models.IntegerField(default=1)
    tax_rate = models.DecimalField(max_digits=6, decimal_places=5, default=0)

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
    """A metered quantity, counted once by `(source, source_id)`; billed by at most one invoice."""

    source = models.TextField()
    source_id = models.TextField()
    resource_id = models.TextField(default="")
    meter = models.TextField()
    quantity = models.DecimalField(**QUANTITY)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    refused_because = models.TextField(default="")
    invoice = models.ForeignKey("Invoice", null=True, on_delete=models.PROTECT, related_name="usage")

    class Meta:
        db_table = "usage"
        app_label = "billing"
        verbose_name = "usage"
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "source", "source_id"], name="billing_usage_counted_once")
        ]
        indexes = [models.Index(fields=["tenant_id", "invoice", "ended_at"], name="billing_unbilled")]


class Invoice(TenantModel):
    """What a tenant owes for a period. It never changes once it is final."""

    number = models.TextField()
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    currency = models.TextField()
    subtotal = models.DecimalField(default=0, **AMOUNT)
    credits = models.DecimalField(default=0, **AMOUNT)
    tax = models.DecimalField(default=0, **AMOUNT)
    total = models.DecimalField(default=0, **AMOUNT)
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
    """One meter's part of an invoice."""

    id = models.TextField(primary_key=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    meter = models.TextField()
    quantity = models.DecimalField(**QUANTITY)
    amount = models.DecimalField(**AMOUNT)

    class Meta:
        db_table = "invoice_lines"
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
