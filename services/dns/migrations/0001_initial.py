"""The platform's tables, zones and record sets."""

from typing import Any

from django.db import migrations, models
from django.db.models.deletion import CASCADE

from shared.web.django_tables import platform_tables


def common() -> list[tuple[str, Any]]:
    """The columns of every tenant's resource."""
    return [
        ("id", models.TextField(primary_key=True, serialize=False)),
        ("tenant_id", models.TextField(db_index=True)),
        ("version", models.IntegerField(default=1)),
        ("created_at", models.DateTimeField(auto_now_add=True)),
        ("updated_at", models.DateTimeField(auto_now=True)),
    ]


class Migration(migrations.Migration):
    """One name once a tenant; one record set a name and type."""

    initial = True
    dependencies = []
    operations = [
        platform_tables(),
        migrations.CreateModel(
            name="Zone",
            fields=[
                *common(),
                ("name", models.TextField()),
                ("primary", models.TextField()),
                ("mailbox", models.TextField()),
                ("serial", models.BigIntegerField()),
                ("refresh", models.IntegerField(default=7200)),
                ("retry", models.IntegerField(default=900)),
                ("expire", models.IntegerField(default=1_209_600)),
                ("minimum", models.IntegerField(default=300)),
                ("soa_ttl", models.IntegerField(default=3600)),
            ],
            options={
                "db_table": "zones",
                "verbose_name": "zone",
                "constraints": [models.UniqueConstraint(fields=["tenant_id", "name"], name="zone_once")],
            },
        ),
        migrations.CreateModel(
            name="Record",
            fields=[
                *common(),
                ("zone", models.ForeignKey(on_delete=CASCADE, related_name="records", to="dns.zone")),
                ("name", models.TextField(db_collation="C")),
                ("type", models.TextField(db_collation="C")),
                ("ttl", models.IntegerField()),
                ("policy", models.TextField()),
                ("answers", models.JSONField()),
            ],
            options={
                "db_table": "records",
                "verbose_name": "record set",
                "constraints": [models.UniqueConstraint(fields=["zone", "name", "type"], name="record_set_once")],
            },
        ),
    ]
