"""Numbers are read as they were hashed, and holds from years before 1000 hold what they say."""

from django.db import migrations, models

from services.audit.domain.numbers import Numbers

PADDED = """
UPDATE legal_holds SET begins_at = lpad(begins_at, 27, '0') WHERE length(begins_at) < 27;
UPDATE legal_holds SET ends_at = lpad(ends_at, 27, '0') WHERE length(ends_at) < 27;
"""
"""Times are compared as text, and their years were written without zeros before them."""


class Migration(migrations.Migration):
    """No record changes: a number that PostgreSQL gives back in another form is made the one again that was hashed."""

    dependencies = [("audit", "0004_retention")]
    operations = [
        migrations.AlterField("AuditRecord", "data", models.JSONField(decoder=Numbers)),
        migrations.RunSQL(PADDED, migrations.RunSQL.noop),
    ]
