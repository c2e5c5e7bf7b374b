"""Names with letters that are variants of others look like those, too."""

from django.db import migrations

from services.tenants.domain.slugs import skeleton_of


def fill(apps, _editor):
    """The skeletons that names have now; a tenant whose name looks like another one's keeps it, marked."""
    tenants = apps.get_model("tenants", "Tenant").objects
    for tenant in tenants.order_by("created_at", "id"):
        skeleton = skeleton_of(tenant.name)
        marked = f"{skeleton} {tenant.id}"
        if tenant.skeleton not in (skeleton, marked):
            tenant.skeleton = marked if tenants.filter(skeleton=skeleton).exists() else skeleton
            tenant.save(update_fields=["skeleton"])


class Migration(migrations.Migration):
    """The skeletons of the names that there are, as new ones get them."""

    dependencies = [("tenants", "0004_tenant_skeletons")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
