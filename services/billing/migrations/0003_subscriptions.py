"""Plans with a monthly fee, and their lines on invoices."""

import django.db.models.deletion
from django.db import migrations, models

from shared.kernel.context import current_time


class Migration(migrations.Migration):
    """Subscriptions; a line is of a meter, or of a subscription for a time."""

    dependencies = [("billing", "0002_exact_sums")]
    operations = [
        migrations.CreateModel(
            "SubscriptionRow",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(default=current_time, editable=False)),
                ("updated_at", models.DateTimeField(default=current_time, editable=False)),
                ("plan", models.TextField()),
                ("fee", models.DecimalField(max_digits=20, decimal_places=4)),
                ("currency", models.TextField()),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("billed_until", models.DateTimeField()),
            ],
            options={"verbose_name": "subscription", "db_table": "subscriptions"},
        ),
        migrations.AddField("invoiceline", "started_at", models.DateTimeField(null=True)),
        migrations.AddField("invoiceline", "ended_at", models.DateTimeField(null=True)),
        migrations.AddField("invoiceline", "months", models.TextField(default="")),
        migrations.AddField(
            "invoiceline",
            "subscription",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="billing.subscriptionrow",
            ),
        ),
    ]
