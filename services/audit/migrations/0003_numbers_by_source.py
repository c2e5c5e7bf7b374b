"""Records know which of its source's events they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Records that are here already have no number, and their hashes stay as they are."""

    dependencies = [("audit", "0002_records_by_time")]
    operations = [
        migrations.AddField("AuditRecord", "source", models.TextField(null=True)),
        migrations.AddField("AuditRecord", "source_sequence", models.BigIntegerField(null=True)),
    ]
