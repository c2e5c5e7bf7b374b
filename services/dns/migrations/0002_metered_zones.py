"""Zones are metered while they live; those that exist already, from their creation on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The moment up to which a zone's usage is told."""

    dependencies = [("dns", "0001_initial")]
    operations = [
        migrations.AddField("zone", "metered_from", models.DateTimeField(null=True)),
        migrations.RunSQL("UPDATE zones SET metered_from = created_at", migrations.RunSQL.noop),
        migrations.AlterField("zone", "metered_from", models.DateTimeField()),
    ]
