"""Budgets, and the alerts that were told of them."""

import django.db.models.deletion
from django.db import migrations, models

from shared.kernel.context import current_time


class Migration(migrations.Migration):
    """Budgets; a threshold is told of once a period."""

    dependencies = [("billing", "0004_discounts")]
    operations = [
        migrations.CreateModel(
            "BudgetRow",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(default=current_time, editable=False)),
                ("updated_at", models.DateTimeField(default=current_time, editable=False)),
                ("name", models.TextField()),
                ("amount", models.DecimalField(max_digits=20, decimal_places=4)),
                ("currency", models.TextField()),
                ("thresholds", models.JSONField()),
            ],
            options={"verbose_name": "budget", "db_table": "budgets"},
        ),
        migrations.CreateModel(
            "BudgetAlert",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(default=current_time, editable=False)),
                ("updated_at", models.DateTimeField(default=current_time, editable=False)),
                ("period_start", models.DateTimeField()),
                ("period_end", models.DateTimeField()),
                ("threshold", models.IntegerField()),
                ("budgeted", models.DecimalField(max_digits=20, decimal_places=4)),
                ("spent", models.DecimalField(max_digits=60, decimal_places=4)),
                ("currency", models.TextField()),
                (
                    "budget",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="alerts", to="billing.budgetrow"
                    ),
                ),
            ],
            options={
                "verbose_name": "budget alert",
                "db_table": "budget_alerts",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("budget", "period_start", "threshold"), name="billing_one_alert_a_threshold"
                    )
                ],
            },
        ),
    ]
