"""Tenants that are closed, for which nothing more is made."""

from django.db import migrations

from shared.events.closing import TABLE_SQL


class Migration(migrations.Migration):
    """The closing gate's table."""

    dependencies = [("network", "0003_ranges_tables_translations")]
    operations = [migrations.RunSQL(TABLE_SQL, "DROP TABLE closed_tenants")]
