"""Records that are older than they are kept may go, once that is announced and signed; held ones stay."""

from django.db import migrations, models

from shared.kernel.context import current_time

ONLY_REMOVED = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM chain_heads WHERE tenant_id = OLD.tenant_id AND removed_sequence >= OLD.sequence
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit records are only ever appended';
END $$;
"""


def columns(*fields):
    """The columns of a tenant's table."""
    return [
        ("id", models.TextField(primary_key=True, serialize=False)),
        ("tenant_id", models.TextField(db_index=True)),
        ("version", models.IntegerField(default=1)),
        ("created_at", models.DateTimeField(default=current_time, editable=False)),
        ("updated_at", models.DateTimeField(default=current_time, editable=False)),
        *fields,
    ]


class Migration(migrations.Migration):
    """Nothing is removed before somebody says for how long records are kept."""

    dependencies = [("audit", "0003_numbers_by_source")]
    operations = [
        migrations.AddField("ChainHead", "announced_sequence", models.BigIntegerField(default=0)),
        migrations.AddField("ChainHead", "removed_sequence", models.BigIntegerField(default=0)),
        migrations.CreateModel(
            name="Retention",
            fields=columns(("days", models.IntegerField(null=True))),
            options={"db_table": "retentions", "verbose_name": "retention"},
        ),
        migrations.AddConstraint(
            "Retention", models.UniqueConstraint(fields=["tenant_id"], name="audit_one_retention")
        ),
        migrations.CreateModel(
            name="LegalHold",
            fields=columns(
                ("reason", models.TextField()),
                ("subject", models.TextField(null=True)),
                ("actor", models.TextField(null=True)),
                ("begins_at", models.TextField(null=True)),
                ("ends_at", models.TextField(null=True)),
            ),
            options={"db_table": "legal_holds", "verbose_name": "legal hold"},
        ),
        migrations.RunSQL(ONLY_REMOVED, migrations.RunSQL.noop),
    ]
