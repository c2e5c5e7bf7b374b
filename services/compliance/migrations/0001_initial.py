"""The platform's tables, policies, exemptions, results, known resources and audits."""

from django.db import migrations, models

from shared.web.django_tables import platform_tables


def columns(*fields):
    """The columns of a tenant's table."""
    return [
        ("id", models.TextField(primary_key=True, serialize=False)),
        ("tenant_id", models.TextField(db_index=True)),
        ("version", models.IntegerField(default=1)),
        ("created_at", models.DateTimeField(auto_now_add=True)),
        ("updated_at", models.DateTimeField(auto_now=True)),
        *fields,
    ]


class Migration(migrations.Migration):
    """Policies that can be evaluated, and what came of it."""

    initial = True
    dependencies = []
    operations = [
        platform_tables(),
        migrations.CreateModel(
            name="PolicyRow",
            fields=columns(
                ("name", models.TextField()),
                ("effect", models.TextField()),
                ("enforcement", models.TextField()),
                ("actions", models.JSONField()),
                ("resource_types", models.JSONField()),
                ("conditions", models.JSONField(default=list)),
                ("priority", models.IntegerField(default=0)),
                ("builtin", models.BooleanField(default=False)),
            ),
            options={"db_table": "policies", "verbose_name": "policy"},
        ),
        migrations.AddConstraint(
            "PolicyRow", models.UniqueConstraint(fields=["tenant_id", "name"], name="policy_name_once")
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[("tenant_id", models.TextField(primary_key=True, serialize=False))],
            options={"db_table": "standings"},
        ),
        migrations.CreateModel(
            name="ExemptionRow",
            fields=columns(
                (
                    "policy",
                    models.ForeignKey(to="compliance.policyrow", on_delete=models.CASCADE, related_name="exemptions"),
                ),
                ("resource_id", models.TextField(null=True)),
                ("reason", models.TextField()),
                ("expires_at", models.DateTimeField()),
            ),
            options={"db_table": "exemptions", "verbose_name": "exemption"},
        ),
        migrations.CreateModel(
            name="Result",
            fields=columns(
                ("action", models.TextField()),
                ("resource_type", models.TextField()),
                ("resource_id", models.TextField(null=True)),
                ("allowed", models.BooleanField()),
                ("compliant", models.BooleanField()),
                ("enforcement", models.TextField()),
                ("violations", models.JSONField()),
                ("policy_versions", models.JSONField()),
                ("evidence", models.TextField()),
                ("audit", models.TextField(null=True)),
            ),
            options={"db_table": "results", "verbose_name": "result"},
        ),
        migrations.AddIndex(
            "Result", models.Index(fields=["tenant_id", "resource_id", "id"], name="results_by_resource")
        ),
        migrations.CreateModel(
            name="KnownResource",
            fields=columns(
                ("resource_type", models.TextField()),
                ("resource_id", models.TextField()),
                ("attributes", models.JSONField()),
                ("sequence", models.IntegerField()),
                ("deleted", models.BooleanField(default=False)),
            ),
            options={"db_table": "known_resources", "verbose_name": "resource"},
        ),
        migrations.AddConstraint(
            "KnownResource",
            models.UniqueConstraint(fields=["tenant_id", "resource_type", "resource_id"], name="resource_once"),
        ),
        migrations.CreateModel(
            name="AuditRun",
            fields=columns(
                ("resources", models.IntegerField()),
                ("compliant", models.IntegerField()),
                ("score", models.DecimalField(max_digits=5, decimal_places=2, null=True)),
            ),
            options={"db_table": "audit_runs", "verbose_name": "audit"},
        ),
    ]
