"""Usage loses the indexes that others cover: an invoice run writes every index of every row that it bills."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """By tenant and by invoice it is found through the indexes that begin with the tenant; nobody searches by the
    beginning of an id."""

    dependencies = [("billing", "0006_final_invoices")]
    operations = [
        migrations.AlterField("usagerow", "tenant_id", models.TextField()),
        migrations.AlterField(
            "usagerow",
            "invoice",
            models.ForeignKey(
                null=True,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="usage",
                to="billing.invoice",
            ),
        ),
        migrations.RunSQL("DROP INDEX IF EXISTS usage_id_7f481b1b_like", migrations.RunSQL.noop),
    ]
