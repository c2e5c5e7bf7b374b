"""Claims in flight count against a quota before they are committed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """What is reserved of each quota, and the reservations themselves."""

    dependencies = [("tenants", "0002_projects_and_quotas")]
    operations = [
        migrations.AddField(model_name="quota", name="reserved", field=models.BigIntegerField(default=0)),
        migrations.AddConstraint(
            model_name="quota",
            constraint=models.CheckConstraint(condition=models.Q(reserved__gte=0), name="quota_reserved_not_negative"),
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("tenant_id", models.TextField(db_index=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("reservation_id", models.TextField()),
                ("resource", models.TextField()),
                ("amount", models.BigIntegerField()),
                ("state", models.TextField()),
                ("expires_at", models.DateTimeField()),
                (
                    "project",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="reservations",
                        to="tenants.project",
                    ),
                ),
            ],
            options={"db_table": "quota_reservations", "verbose_name": "reservation"},
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.UniqueConstraint(fields=["tenant_id", "reservation_id"], name="reservation_once"),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(condition=models.Q(amount__gte=1), name="reservation_amount_positive"),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(fields=["expires_at"], condition=models.Q(state="reserved"), name="reservation_due"),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                fields=["resource", "id"], condition=~models.Q(state="released"), name="reservation_open"
            ),
        ),
    ]
