"""Roles of accounts, and the projects that some of them are narrowed to."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A grant holds in its tenant, or in the project of its scope row."""

    dependencies = [("auth", "0001_accounts")]
    operations = [
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("role", models.TextField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="grants", to="auth.account"
                    ),
                ),
            ],
            options={"db_table": "grants", "verbose_name": "grant"},
        ),
        migrations.CreateModel(
            name="GrantScope",
            fields=[
                (
                    "grant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="narrowing",
                        serialize=False,
                        to="auth.grant",
                    ),
                ),
                ("project_id", models.TextField()),
            ],
            options={"db_table": "grant_scopes"},
        ),
    ]
