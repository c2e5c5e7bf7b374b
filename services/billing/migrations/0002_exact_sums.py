"""Sums get room for whatever their parts can add up to, and usage is found by its time."""

from django.db import migrations, models


def _sum() -> models.DecimalField:
    return models.DecimalField(max_digits=60, decimal_places=4, default=0)


class Migration(migrations.Migration):
    """Wider columns; no stored amount changes."""

    dependencies = [("billing", "0001_initial")]
    operations = [
        *(migrations.AlterField("invoice", name, _sum()) for name in ("subtotal", "credits", "tax", "total")),
        migrations.AddField("invoice", "tax_rate", models.DecimalField(max_digits=6, decimal_places=5, default=0)),
        migrations.AlterField("invoiceline", "amount", models.DecimalField(max_digits=60, decimal_places=4)),
        migrations.AlterField(
            "invoiceline", "quantity", models.DecimalField(max_digits=60, decimal_places=12, null=True)
        ),
        migrations.AddIndex("usagerow", models.Index(fields=["tenant_id", "ended_at"], name="billing_usage_of_a_time")),
    ]
