"""The platform's tables, accounts, prices, usage, invoices and credits."""

import django.db.models.deletion
from django.db import migrations, models

from shared.web.django_tables import platform_tables


class Migration(migrations.Migration):
    """Everything that billing keeps."""

    initial = True

    dependencies = []

    operations = [
        platform_tables(),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("currency", models.TextField(default="USD")),
                ("anchor_day", models.IntegerField(default=1)),
                ("tax_rate", models.DecimalField(decimal_places=5, default=0, max_digits=6)),
            ],
            options={
                "verbose_name": "account",
                "db_table": "accounts",
                "constraints": [models.UniqueConstraint(fields=("tenant_id",), name="billing_one_account_a_tenant")],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("number", models.TextField()),
                ("period_start", models.DateTimeField()),
                ("period_end", models.DateTimeField()),
                ("currency", models.TextField()),
                ("subtotal", models.DecimalField(decimal_places=4, default=0, max_digits=20)),
                ("credits", models.DecimalField(decimal_places=4, default=0, max_digits=20)),
                ("tax", models.DecimalField(decimal_places=4, default=0, max_digits=20)),
                ("total", models.DecimalField(decimal_places=4, default=0, max_digits=20)),
                ("state", models.TextField(default="draft")),
            ],
            options={
                "verbose_name": "invoice",
                "db_table": "invoices",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "period_start", "period_end"), name="billing_one_invoice_a_period"
                    ),
                    models.UniqueConstraint(fields=("tenant_id", "number"), name="billing_invoice_number"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Credit",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=20)),
                ("remaining", models.DecimalField(decimal_places=4, max_digits=20)),
                ("currency", models.TextField()),
                ("reason", models.TextField()),
                (
                    "invoice",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_notes",
                        to="billing.invoice",
                    ),
                ),
            ],
            options={
                "verbose_name": "credit",
                "db_table": "credits",
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("meter", models.TextField()),
                ("quantity", models.DecimalField(decimal_places=12, max_digits=38)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=20)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="billing.invoice"
                    ),
                ),
            ],
            options={
                "db_table": "invoice_lines",
            },
        ),
        migrations.CreateModel(
            name="PriceRow",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("meter", models.TextField()),
                ("currency", models.TextField()),
                ("model", models.TextField()),
                ("tiers", models.JSONField()),
            ],
            options={
                "verbose_name": "price",
                "db_table": "prices",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "meter"), name="billing_one_price_a_meter")
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageRow",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("source", models.TextField()),
                ("source_id", models.TextField()),
                ("resource_id", models.TextField(default="")),
                ("meter", models.TextField()),
                ("quantity", models.DecimalField(decimal_places=12, max_digits=38)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("refused_because", models.TextField(default="")),
                (
                    "invoice",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="usage",
                        to="billing.invoice",
                    ),
                ),
            ],
            options={
                "verbose_name": "usage",
                "db_table": "usage",
                "indexes": [models.Index(fields=["tenant_id", "invoice", "ended_at"], name="billing_unbilled")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "source", "source_id"), name="billing_usage_counted_once"
                    )
                ],
            },
        ),
    ]
