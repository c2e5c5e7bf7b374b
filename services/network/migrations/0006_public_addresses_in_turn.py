"""Public addresses of NAT gateways are handed out in turn."""

from django.db import migrations


class Migration(migrations.Migration):
    """Where the search for the next one begins."""

    dependencies = [("network", "0005_rested_addresses")]
    operations = [migrations.RunSQL("CREATE SEQUENCE public_places", "DROP SEQUENCE public_places")]
