"""What is yet to be billed has a table of its own, and usage no index that an invoice run would have to write."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE TABLE unbilled_usage (
    usage_id text PRIMARY KEY REFERENCES usage (id) ON DELETE CASCADE,
    tenant_id text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL
);
INSERT INTO unbilled_usage (usage_id, tenant_id, started_at, ended_at)
    SELECT id, tenant_id, started_at, ended_at FROM usage WHERE invoice_id IS NULL AND refused_because = '';
CREATE INDEX billing_unbilled ON unbilled_usage (tenant_id, ended_at);
ALTER TABLE usage SET (fillfactor = 50);
"""
BACKWARD = """
ALTER TABLE usage RESET (fillfactor);
DROP TABLE unbilled_usage;
"""


class Migration(migrations.Migration):
    """A row of usage changes once, when it is billed. Where no index names what changes and its page has room for the
    row's second version, no index is written (PostgreSQL, "Heap-Only Tuples")."""

    dependencies = [("billing", "0007_lean_usage")]
    operations = [
        migrations.RemoveIndex("usagerow", "billing_unbilled"),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(FORWARD, BACKWARD)],
            [
                migrations.CreateModel(
                    "UnbilledUsage",
                    [
                        (
                            "usage",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="+",
                                serialize=False,
                                to="billing.usagerow",
                            ),
                        ),
                        ("tenant_id", models.TextField()),
                        ("started_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField()),
                    ],
                    options={"db_table": "unbilled_usage"},
                ),
                migrations.AddIndex(
                    "unbilledusage", models.Index(fields=["tenant_id", "ended_at"], name="billing_unbilled")
                ),
            ],
        ),
    ]
