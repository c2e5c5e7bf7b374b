"""Tenants that are closed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """What a closed tenant holds ends, and its budgets are watched no more."""

    dependencies = [("billing", "0008_unbilled_usage")]
    operations = [
        migrations.CreateModel(
            "ClosedTenant",
            fields=[("tenant_id", models.TextField(primary_key=True, serialize=False))],
            options={"db_table": "closed_tenants"},
        ),
    ]
