"""Whether there is something below a name is seen in an index over names read backwards."""

from django.db import migrations


class Migration(migrations.Migration):
    """An index of the database's own kind: Django has none over a function with the column's collation."""

    dependencies = [("dns", "0002_metered_zones")]
    operations = [
        migrations.RunSQL("CREATE INDEX records_below ON records (zone_id, reverse(name))", "DROP INDEX records_below")
    ]
