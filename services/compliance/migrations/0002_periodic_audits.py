"""Audits by themselves: when a tenant is due, and what the last audit found of each resource."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Tenants that are here already are due at once."""

    dependencies = [("compliance", "0001_initial")]
    operations = [
        migrations.AddField("Standing", "due_at", models.DateTimeField(null=True)),
        migrations.AddIndex("Standing", models.Index(fields=["due_at"], name="standings_by_due_at")),
        migrations.RunSQL("UPDATE standings SET due_at = now()", migrations.RunSQL.noop),
        migrations.AddField("KnownResource", "compliant", models.BooleanField(null=True)),
        migrations.AddField("KnownResource", "violated", models.JSONField(default=list)),
        migrations.AddField("AuditRun", "periodic", models.BooleanField(default=False)),
    ]
