"""Leases know who asked for them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A lease that was made before belongs to nobody: administrators and operators alone get its credentials."""

    dependencies = [("secrets", "0001_initial")]
    operations = [migrations.AddField("Lease", "issued_by", models.TextField(default=""))]
