"""An index for the trail by time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Times are kept in one form, so that their order as text is their order."""

    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.AddIndex(
            "AuditRecord", models.Index(fields=["tenant_id", "time", "sequence"], name="audit_by_time")
        ),
    ]
