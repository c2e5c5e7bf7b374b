"""Revisions know the request that published them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A publication whose commit failed, and that was recorded later, is recognised when it is repeated."""

    dependencies = [("config", "0001_initial")]
    operations = [migrations.AddField("Revision", "request", models.TextField(null=True))]
