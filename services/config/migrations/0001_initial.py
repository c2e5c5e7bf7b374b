"""The platform's tables, environments with their layers and revisions, and flags."""

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


def environment(name):
    """The environment that something belongs to."""
    return (
        "environment",
        models.ForeignKey(to="config.environment", on_delete=models.CASCADE, related_name=name),
    )


class Migration(migrations.Migration):
    """Configurations that can be edited, published and rolled back."""

    initial = True
    dependencies = []
    operations = [
        platform_tables(),
        migrations.CreateModel(
            name="Environment",
            fields=columns(
                ("name", models.TextField()),
                ("revision", models.IntegerField(default=0)),
                ("schema", models.JSONField(null=True)),
            ),
            options={"db_table": "environments", "verbose_name": "environment"},
        ),
        migrations.AddConstraint(
            "Environment", models.UniqueConstraint(fields=["tenant_id", "name"], name="environment_once")
        ),
        migrations.CreateModel(
            name="Layer",
            fields=columns(environment("layers"), ("name", models.TextField()), ("values", models.JSONField())),
            options={"db_table": "layers", "verbose_name": "layer"},
        ),
        migrations.AddConstraint("Layer", models.UniqueConstraint(fields=["environment", "name"], name="layer_once")),
        migrations.CreateModel(
            name="Revision",
            fields=columns(
                environment("revisions"),
                ("revision", models.IntegerField()),
                ("values", models.JSONField()),
                ("rolled_back_to", models.IntegerField(null=True)),
                ("published_by", models.TextField()),
            ),
            options={"db_table": "revisions", "verbose_name": "revision"},
        ),
        migrations.AddConstraint(
            "Revision", models.UniqueConstraint(fields=["environment", "revision"], name="revision_once")
        ),
        migrations.CreateModel(
            name="FlagRow",
            fields=columns(
                ("name", models.TextField()),
                ("enabled", models.BooleanField()),
                ("percentage", models.IntegerField()),
            ),
            options={"db_table": "flags", "verbose_name": "flag"},
        ),
        migrations.AddConstraint("FlagRow", models.UniqueConstraint(fields=["tenant_id", "name"], name="flag_once")),
    ]
