"""Several ranges a VPC, route tables with associations, addresses found by an index, and NAT that translates."""

import ipaddress
from typing import Any

from django.db import migrations, models
from django.db.models.deletion import CASCADE, PROTECT

from shared.utils.ids import new_id

PLACE_DIGITS = 39


def tenant_columns() -> list[Any]:
    return [
        ("id", models.TextField(primary_key=True, serialize=False)),
        ("tenant_id", models.TextField(db_index=True)),
        ("version", models.IntegerField(default=1)),
        ("created_at", models.DateTimeField()),
        ("updated_at", models.DateTimeField()),
    ]


def give_main_tables(apps: Any, _editor: Any) -> None:
    """Each VPC's routes become those of its main table."""
    table_model, route = apps.get_model("network", "RouteTable"), apps.get_model("network", "Route")
    for vpc in apps.get_model("network", "Vpc").objects.all():
        table = table_model.objects.create(
            id=new_id("rtb"),
            tenant_id=vpc.tenant_id,
            vpc=vpc,
            name="main",
            created_at=vpc.created_at,
            updated_at=vpc.updated_at,
        )
        vpc.main_route_table_id = table.id
        vpc.save(update_fields=["main_route_table_id"])
        route.objects.filter(vpc=vpc).update(route_table=table)


def place_addresses(apps: Any, _editor: Any) -> None:
    """Each address gets its place; of those that were handed out several times, the last lease stays."""
    address = apps.get_model("network", "Address")
    seen: set[tuple[str, int]] = set()
    for row in address.objects.select_related("subnet").order_by(models.F("released_at").desc(nulls_first=True)):
        first = ipaddress.ip_network(row.subnet.cidr).network_address
        place = int(ipaddress.ip_address(row.address)) - int(first)
        if (row.subnet_id, place) in seen:
            row.delete()
            continue
        seen.add((row.subnet_id, place))
        row.place = place
        row.save(update_fields=["place"])


class Migration(migrations.Migration):
    """From one table and one range a VPC to several."""

    dependencies = [("network", "0002_zone_catalogue")]
    operations = [
        migrations.AddField("Vpc", "cidr_blocks", models.JSONField(default=list)),
        migrations.AddField("Vpc", "main_route_table_id", models.TextField(default="")),
        migrations.CreateModel(
            name="RouteTable",
            fields=[
                *tenant_columns(),
                ("vpc", models.ForeignKey(on_delete=CASCADE, related_name="route_tables", to="network.vpc")),
                ("name", models.TextField()),
            ],
            options={"db_table": "route_tables", "verbose_name": "route table"},
        ),
        migrations.AddField(
            "Route",
            "route_table",
            models.ForeignKey(null=True, on_delete=CASCADE, related_name="routes", to="network.routetable"),
        ),
        migrations.AddField(
            "Subnet",
            "route_table",
            models.ForeignKey(null=True, on_delete=PROTECT, related_name="subnets", to="network.routetable"),
        ),
        migrations.AddField(
            "Subnet", "next_place", models.DecimalField(max_digits=PLACE_DIGITS, decimal_places=0, default=4)
        ),
        migrations.AddField(
            "Address", "place", models.DecimalField(max_digits=PLACE_DIGITS, decimal_places=0, null=True)
        ),
        migrations.RunPython(give_main_tables, migrations.RunPython.noop),
        migrations.RunPython(place_addresses, migrations.RunPython.noop),
        # What was deferred by the rows above must be checked before their tables are altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.AlterField("Vpc", "main_route_table_id", models.TextField()),
        migrations.RemoveConstraint("Route", "route_destination"),
        migrations.AlterField(
            "Route",
            "route_table",
            models.ForeignKey(on_delete=CASCADE, related_name="routes", to="network.routetable"),
        ),
        migrations.AddConstraint(
            "Route", models.UniqueConstraint(fields=("route_table", "destination"), name="route_destination")
        ),
        migrations.RemoveConstraint("Address", "address_held_once"),
        migrations.AlterField("Address", "place", models.DecimalField(max_digits=PLACE_DIGITS, decimal_places=0)),
        migrations.AddConstraint("Address", models.UniqueConstraint(fields=("subnet", "place"), name="address_once")),
        migrations.AddIndex(
            "Address",
            models.Index(
                fields=("subnet", "place", "released_at"),
                condition=models.Q(released_at__isnull=False),
                name="addresses_released",
            ),
        ),
        migrations.AddField("NatGateway", "connectivity", models.TextField(default="private")),
        migrations.AddField("NatGateway", "public_address", models.TextField(null=True)),
        migrations.AddField("NatGateway", "public_place", models.BigIntegerField(null=True, unique=True)),
        migrations.CreateModel(
            name="Translation",
            fields=[
                *tenant_columns(),
                ("gateway", models.ForeignKey(on_delete=CASCADE, related_name="translations", to="network.natgateway")),
                ("protocol", models.TextField()),
                ("source", models.TextField()),
                ("source_port", models.IntegerField()),
                ("destination", models.TextField()),
                ("destination_port", models.IntegerField()),
                ("port", models.IntegerField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "nat_translations",
                "verbose_name": "translation",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("gateway", "protocol", "source", "source_port", "destination", "destination_port"),
                        name="translation_of_flow",
                    ),
                    models.UniqueConstraint(
                        fields=("gateway", "protocol", "destination", "destination_port", "port"),
                        name="translation_of_port",
                    ),
                ],
                "indexes": [models.Index(fields=("expires_at",), name="translations_end")],
            },
        ),
    ]
