"""The platform's tables; accounts and their credentials."""

import django.db.models.deletion
from django.db import migrations, models

from shared.web.django_tables import platform_tables

TENANT_COLUMNS = [
    ("id", models.TextField(primary_key=True, serialize=False)),
    ("tenant_id", models.TextField(db_index=True)),
    ("version", models.IntegerField(default=1)),
    ("created_at", models.DateTimeField(auto_now_add=True)),
    ("updated_at", models.DateTimeField(auto_now=True)),
]


class Migration(migrations.Migration):
    """Users, operators, service accounts; API keys; log-ins with their refresh tokens; counted failures."""

    initial = True
    dependencies = []
    operations = [
        platform_tables(),
        migrations.CreateModel(
            name="Account",
            fields=[
                *TENANT_COLUMNS,
                ("kind", models.TextField()),
                ("name", models.TextField()),
                ("email", models.TextField(null=True)),
                ("password_hash", models.TextField(null=True)),
                ("state", models.TextField(default="active")),
                ("totp_secret", models.TextField(null=True)),
                ("totp_enabled", models.BooleanField(default=False)),
                ("totp_last_step", models.BigIntegerField(null=True)),
            ],
            options={"db_table": "accounts", "verbose_name": "account"},
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(fields=["tenant_id", "email"], name="email_once_per_tenant"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                fields=["tenant_id", "name"],
                condition=models.Q(kind="service_account", state="active"),
                name="service_account_name_once_per_tenant",
            ),
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                *TENANT_COLUMNS,
                ("name", models.TextField()),
                ("secret_digest", models.TextField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="api_keys", to="auth.account"
                    ),
                ),
            ],
            options={"db_table": "api_keys", "verbose_name": "API key"},
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                *TENANT_COLUMNS,
                ("started_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sessions", to="auth.account"
                    ),
                ),
            ],
            options={"db_table": "sessions", "verbose_name": "session"},
        ),
        migrations.CreateModel(
            name="RefreshToken",
            fields=[
                ("digest", models.TextField(primary_key=True, serialize=False)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tokens", to="auth.session"
                    ),
                ),
            ],
            options={"db_table": "refresh_tokens"},
        ),
        migrations.CreateModel(
            name="LoginAttempts",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("failures", models.IntegerField()),
                ("window_started_at", models.DateTimeField()),
                ("locked_until", models.DateTimeField(null=True)),
            ],
            options={"db_table": "login_attempts"},
        ),
    ]
