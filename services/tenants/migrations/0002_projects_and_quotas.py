"""Nested projects, and limits for tenants and projects."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Projects form a tree; a quota belongs to the tenant or to one project."""

    dependencies = [("tenants", "0001_tenants")]
    operations = [
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.TextField()),
                ("slug", models.TextField()),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="tenants.project",
                    ),
                ),
            ],
            options={"db_table": "projects", "verbose_name": "project"},
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.UniqueConstraint(
                fields=["tenant_id", "parent", "slug"], nulls_distinct=False, name="project_name_once_per_parent"
            ),
        ),
        migrations.CreateModel(
            name="Quota",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("resource", models.TextField()),
                ("limit", models.BigIntegerField()),
                ("used", models.BigIntegerField(default=0)),
                (
                    "project",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quotas",
                        to="tenants.project",
                    ),
                ),
            ],
            options={"db_table": "quotas", "verbose_name": "quota"},
        ),
        migrations.AddConstraint(
            model_name="quota",
            constraint=models.UniqueConstraint(
                fields=["tenant_id", "project", "resource"], nulls_distinct=False, name="quota_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="quota",
            constraint=models.CheckConstraint(condition=models.Q(limit__gte=0, used__gte=0), name="quota_not_negative"),
        ),
    ]
