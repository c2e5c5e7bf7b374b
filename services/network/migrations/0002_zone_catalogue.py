"""Subnets lie in zones of the platform's catalogue, which compute keeps in the same database.

So compute's migrations run before this one.
"""

from django.db import migrations


class Migration(migrations.Migration):
    """The reference to compute's table."""

    dependencies = [("network", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE subnets ADD CONSTRAINT subnet_zone FOREIGN KEY (zone) REFERENCES compute.zones (name)",
            "ALTER TABLE subnets DROP CONSTRAINT subnet_zone",
        )
    ]
