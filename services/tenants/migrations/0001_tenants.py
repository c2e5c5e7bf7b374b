"""The platform's tables, and tenants."""

from django.db import migrations, models

from shared.web.django_tables import platform_tables


class Migration(migrations.Migration):
    """Tenants with unique slugs."""

    initial = True
    dependencies = []
    operations = [
        platform_tables(),
        migrations.CreateModel(
            name="Tenant",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.TextField()),
                ("slug", models.TextField(unique=True)),
                ("plan", models.TextField()),
                ("state", models.TextField()),
            ],
            options={"db_table": "tenants", "verbose_name": "tenant"},
        ),
    ]
