"""No two tenants have names that look alike."""

from django.db import migrations, models

from services.tenants.domain.slugs import skeleton_of


def fill(apps, _editor):
    """The skeletons of the names that there are; of two that look alike the later one keeps its name, marked."""
    taken = set()
    for tenant in apps.get_model("tenants", "Tenant").objects.order_by("created_at", "id"):
        skeleton = skeleton_of(tenant.name)
        tenant.skeleton = f"{skeleton} {tenant.id}" if skeleton in taken else skeleton
        taken.add(skeleton)
        tenant.save(update_fields=["skeleton"])


class Migration(migrations.Migration):
    """A unique skeleton beside the unique slug."""

    dependencies = [("tenants", "0003_quota_reservations")]
    operations = [
        migrations.AddField(model_name="tenant", name="skeleton", field=models.TextField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(model_name="tenant", name="skeleton", field=models.TextField(unique=True)),
    ]
