"""Addresses that have rested are marked, and a subnet's mark stands at an address that was never handed out."""

from django.db import migrations, models

MOVE_MARKS = """
UPDATE subnets SET next_place = (
    SELECT held.place + 1 FROM addresses AS held
    WHERE held.subnet_id = subnets.id AND held.place >= subnets.next_place
      AND NOT EXISTS (
          SELECT 1 FROM addresses AS above WHERE above.subnet_id = subnets.id AND above.place = held.place + 1
      )
    ORDER BY held.place LIMIT 1
)
WHERE EXISTS (SELECT 1 FROM addresses AS held WHERE held.subnet_id = subnets.id AND held.place = subnets.next_place)
"""

RESTING = models.Q(rested=False, released_at__isnull=False)


class Migration(migrations.Migration):
    """From one index over all that was released to one over what has rested and two over what still does; and one over
    what is held, for lists."""

    dependencies = [("network", "0004_closed_tenants")]
    operations = [
        migrations.AddField("Address", "rested", models.BooleanField(default=False)),
        migrations.RunSQL(MOVE_MARKS, migrations.RunSQL.noop),
        # What was deferred by the rows above must be checked before their tables are altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.RemoveIndex("Address", "addresses_released"),
        migrations.AddIndex(
            "Address",
            models.Index(
                fields=("tenant_id", "id"), condition=models.Q(released_at__isnull=True), name="addresses_held"
            ),
        ),
        migrations.AddIndex(
            "Address",
            models.Index(fields=("subnet", "place"), condition=models.Q(rested=True), name="addresses_rested"),
        ),
        migrations.AddIndex(
            "Address", models.Index(fields=("subnet", "released_at"), condition=RESTING, name="addresses_resting")
        ),
        migrations.AddIndex(
            "Address", models.Index(fields=("released_at",), condition=RESTING, name="addresses_rest_ends")
        ),
    ]
