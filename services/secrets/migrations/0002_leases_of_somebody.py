"""Leases know who asked for them; closed tenants are looked after for a while."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A lease that was made before belongs to nobody: administrators and operators alone get its credentials."""

    dependencies = [("secrets", "0001_initial")]
    operations = [
        migrations.AddField("Lease", "issued_by", models.TextField(default="")),
        migrations.CreateModel(
            name="ClosedTenant",
            fields=[
                ("tenant_id", models.TextField(primary_key=True, serialize=False)),
                ("closed_at", models.DateTimeField()),
            ],
            options={"db_table": "closed_tenants"},
        ),
    ]
