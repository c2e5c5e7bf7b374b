"""Keys that tokens are signed with, and what was heard of tenants."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One signing key is in use at a time."""

    dependencies = [("auth", "0002_grants")]
    operations = [
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                ("kid", models.TextField(primary_key=True, serialize=False)),
                ("use", models.TextField(default="access-token")),
                ("sealed_private_key", models.TextField()),
                ("public_key", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("retired_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "signing_keys"},
        ),
        migrations.AddConstraint(
            model_name="signingkey",
            constraint=models.UniqueConstraint(
                fields=["use"], condition=models.Q(retired_at=None), name="one_signing_key_in_use"
            ),
        ),
        migrations.CreateModel(
            name="TenantStanding",
            fields=[
                ("tenant_id", models.TextField(primary_key=True, serialize=False)),
                ("status", models.TextField()),
                ("sequence", models.IntegerField()),
            ],
            options={"db_table": "tenant_standings"},
        ),
    ]
