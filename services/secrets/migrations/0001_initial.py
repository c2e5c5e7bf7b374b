"""The platform's tables and what is known of secrets, keys, policies, tokens and leases. No column holds a value."""

from django.db import migrations, models

from shared.web.django_tables import platform_tables


def columns(*fields):
    """The columns of a tenant's table."""
    return [
        ("id", models.TextField(primary_key=True, serialize=False)),
        ("tenant_id", models.TextField(db_index=True)),
        ("version", models.IntegerField(default=1)),
        ("created_at", models.DateTimeField(auto_now_add=True)),
        ("updated_at", models.DateTimeField(auto_now=True)),
        *fields,
    ]


class Migration(migrations.Migration):
    """Everything about secrets but their values."""

    initial = True
    dependencies = []
    operations = [
        platform_tables(),
        migrations.CreateModel(
            name="Secret",
            fields=columns(
                ("path", models.TextField()),
                ("current_version", models.IntegerField(default=0)),
                ("retirements", models.JSONField(default=dict)),
            ),
            options={"db_table": "secrets", "verbose_name": "secret"},
        ),
        migrations.AddConstraint(
            "Secret", models.UniqueConstraint(fields=["tenant_id", "path"], name="secret_once_per_path")
        ),
        migrations.CreateModel(
            name="EncryptionKey",
            fields=columns(("name", models.TextField()), ("key_version", models.IntegerField(default=1))),
            options={"db_table": "encryption_keys", "verbose_name": "key"},
        ),
        migrations.AddConstraint(
            "EncryptionKey", models.UniqueConstraint(fields=["tenant_id", "name"], name="key_once_per_name")
        ),
        migrations.CreateModel(
            name="Policy",
            fields=columns(
                ("pattern", models.TextField()),
                ("subjects", models.JSONField()),
                ("capabilities", models.JSONField()),
            ),
            options={"db_table": "path_policies", "verbose_name": "path policy"},
        ),
        migrations.CreateModel(
            name="LeaseToken",
            fields=columns(
                ("name", models.TextField()),
                (
                    "parent",
                    models.ForeignKey(
                        to="secrets.leasetoken", null=True, on_delete=models.CASCADE, related_name="children"
                    ),
                ),
                ("revoked_at", models.DateTimeField(null=True)),
            ),
            options={"db_table": "lease_tokens", "verbose_name": "lease token"},
        ),
        migrations.CreateModel(
            name="Lease",
            fields=columns(
                (
                    "token",
                    models.ForeignKey(to="secrets.leasetoken", on_delete=models.CASCADE, related_name="leases"),
                ),
                ("engine", models.TextField()),
                ("vault_lease", models.TextField(default="")),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("max_ttl_seconds", models.IntegerField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("cleared", models.BooleanField(default=False)),
            ),
            options={"db_table": "leases", "verbose_name": "lease"},
        ),
        migrations.AddIndex("Lease", models.Index(fields=["cleared", "expires_at"], name="leases_to_clear")),
    ]
