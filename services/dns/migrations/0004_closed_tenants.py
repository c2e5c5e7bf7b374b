"""Tenants that are closed, for which nothing more is made."""

from django.db import migrations

from shared.events.closing import TABLE_SQL


class Migration(migrations.Migration):
    """The closing gate's table."""

    dependencies = [("dns", "0003_names_below")]
    operations = [migrations.RunSQL(TABLE_SQL, "DROP TABLE closed_tenants")]
