"""Discounts, and what they took off invoices."""

import django.db.models.deletion
from django.db import migrations, models

from shared.kernel.context import current_time


class Migration(migrations.Migration):
    """Discounts; an invoice keeps what each of them was."""

    dependencies = [("billing", "0003_subscriptions")]
    operations = [
        migrations.CreateModel(
            "DiscountRow",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(default=current_time, editable=False)),
                ("updated_at", models.DateTimeField(default=current_time, editable=False)),
                ("name", models.TextField()),
                ("percent_off", models.DecimalField(max_digits=5, decimal_places=2, null=True)),
                ("amount_off", models.DecimalField(max_digits=20, decimal_places=4, null=True)),
                ("currency", models.TextField(null=True)),
                ("duration", models.TextField()),
                ("duration_in_months", models.IntegerField(null=True)),
                ("invoices_left", models.IntegerField(null=True)),
            ],
            options={"verbose_name": "discount", "db_table": "discounts"},
        ),
        migrations.AddField("invoice", "discounts", models.DecimalField(max_digits=60, decimal_places=4, default=0)),
        migrations.CreateModel(
            "InvoiceDiscount",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("discount_id", models.TextField()),
                ("name", models.TextField()),
                ("amount", models.DecimalField(max_digits=60, decimal_places=4)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reductions", to="billing.invoice"
                    ),
                ),
            ],
            options={"db_table": "invoice_discounts"},
        ),
    ]
