"""The platform's tables, the records and the chain heads."""

from django.db import migrations, models

from shared.web.django_tables import platform_tables

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit records are only ever appended'; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_records
FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    """Records that can be appended and read."""

    initial = True
    dependencies = []
    operations = [
        platform_tables(),
        migrations.CreateModel(
            name="AuditRecord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField()),
                ("sequence", models.BigIntegerField()),
                ("event_id", models.TextField()),
                ("type", models.TextField()),
                ("subject", models.TextField()),
                ("actor", models.TextField()),
                ("time", models.TextField()),
                ("correlation_id", models.TextField()),
                ("data", models.JSONField()),
                ("previous_hash", models.TextField()),
                ("hash", models.TextField()),
            ],
            options={"db_table": "audit_records", "verbose_name": "audit record"},
        ),
        migrations.CreateModel(
            name="ChainHead",
            fields=[
                ("tenant_id", models.TextField(primary_key=True, serialize=False)),
                ("sequence", models.BigIntegerField(default=0)),
                ("hash", models.TextField()),
                ("checkpoint_sequence", models.BigIntegerField(default=0)),
            ],
            options={"db_table": "chain_heads"},
        ),
        migrations.AddConstraint(
            "AuditRecord",
            models.UniqueConstraint(fields=["tenant_id", "sequence"], name="audit_one_record_a_place"),
        ),
        migrations.AddConstraint(
            "AuditRecord",
            models.UniqueConstraint(fields=["tenant_id", "event_id"], name="audit_one_record_an_event"),
        ),
        migrations.AddIndex(
            "AuditRecord", models.Index(fields=["tenant_id", "subject", "sequence"], name="audit_by_subject")
        ),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
    ]
