"""Revisions know the request that published them; closed tenants are looked after for a while."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A publication whose commit failed, and that was recorded later, is recognised when it is repeated."""

    dependencies = [("config", "0001_initial")]
    operations = [
        migrations.AddField("Revision", "request", models.TextField(null=True)),
        migrations.CreateModel(
            name="ClosedTenant",
            fields=[
                ("tenant_id", models.TextField(primary_key=True, serialize=False)),
                ("closed_at", models.DateTimeField()),
            ],
            options={"db_table": "closed_tenants"},
        ),
    ]
