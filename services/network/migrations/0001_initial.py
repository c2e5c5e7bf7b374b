"""The platform's tables, and those of network."""

from typing import Any

from django.db import migrations, models
from django.db.models.deletion import CASCADE, PROTECT

from shared.web.django_tables import platform_tables

COLUMNS = (
    ("id", models.TextField, {"primary_key": True, "serialize": False}),
    ("tenant_id", models.TextField, {"db_index": True}),
    ("version", models.IntegerField, {"default": 1}),
    ("created_at", models.DateTimeField, {"auto_now_add": True}),
    ("updated_at", models.DateTimeField, {"auto_now": True}),
)


def table(name: str, db_table: str, verbose_name: str, *fields: Any, constraints: Any = ()) -> Any:
    """A table with the columns of every tenant's resource and its own."""
    common = [(column, kind(**options)) for column, kind, options in COLUMNS]
    options: dict[str, Any] = {"db_table": db_table, "verbose_name": verbose_name}
    if constraints:
        options["constraints"] = list(constraints)
    return migrations.CreateModel(name=name, fields=[*common, *fields], options=options)


def text(name: str, **options: Any) -> Any:
    return name, models.TextField(**options)


def number(name: str) -> Any:
    return name, models.IntegerField()


def reference(name: str, model: str, related_name: str, on_delete: Any = PROTECT, **options: Any) -> Any:
    return name, models.ForeignKey(on_delete=on_delete, related_name=related_name, to=f"network.{model}", **options)


class Migration(migrations.Migration):
    """All tables but the reference to the zone catalogue."""

    initial = True
    dependencies = []
    operations = [
        platform_tables(),
        table("Vpc", "vpcs", "VPC", text("name"), text("cidr"), text("ipv6_cidr", null=True)),
        table("Acl", "acls", "access list", reference("vpc", "vpc", "acls"), text("name")),
        table(
            "AclRule",
            "acl_rules",
            "access list rule",
            reference("acl", "acl", "rules", CASCADE),
            number("number"),
            text("direction"),
            text("action"),
            text("protocol"),
            number("port_low"),
            number("port_high"),
            text("cidr"),
            constraints=[models.UniqueConstraint(fields=("acl", "direction", "number"), name="acl_rule_number")],
        ),
        table(
            "Subnet",
            "subnets",
            "subnet",
            reference("vpc", "vpc", "subnets"),
            text("name"),
            text("cidr"),
            text("zone"),
            reference("acl", "acl", "subnets", null=True),
        ),
        table(
            "Address",
            "addresses",
            "address",
            reference("subnet", "subnet", "addresses", CASCADE),
            text("address"),
            text("holder", null=True),
            ("metered_from", models.DateTimeField(null=True)),
            ("released_at", models.DateTimeField(null=True)),
            constraints=[
                models.UniqueConstraint(
                    fields=("subnet", "address"),
                    condition=models.Q(released_at__isnull=True),
                    name="address_held_once",
                )
            ],
        ),
        table(
            "SecurityGroup",
            "security_groups",
            "security group",
            reference("vpc", "vpc", "security_groups"),
            text("name"),
        ),
        table(
            "SecurityGroupRule",
            "security_group_rules",
            "security group rule",
            reference("group", "securitygroup", "rules", CASCADE),
            text("direction"),
            text("protocol"),
            number("port_low"),
            number("port_high"),
            text("cidr", null=True),
            reference("peer_group", "securitygroup", "referring", null=True),
        ),
        table(
            "Route",
            "routes",
            "route",
            reference("vpc", "vpc", "routes", CASCADE),
            text("destination"),
            text("target_kind"),
            text("target", default=""),
            constraints=[models.UniqueConstraint(fields=("vpc", "destination"), name="route_destination")],
        ),
        table(
            "Peering",
            "peerings",
            "peering",
            reference("requester_vpc", "vpc", "requested_peerings"),
            text("accepter_tenant_id", db_index=True),
            reference("accepter_vpc", "vpc", "offered_peerings"),
            text("state"),
        ),
        table(
            "VpnTunnel",
            "vpn_tunnels",
            "VPN tunnel",
            reference("vpc", "vpc", "vpn_tunnels"),
            text("name"),
            text("peer_address"),
            text("cipher"),
            ("nat_traversal", models.BooleanField()),
            number("gateway_mtu"),
            number("mtu"),
            number("mss"),
        ),
        table(
            "NatGateway",
            "nat_gateways",
            "NAT gateway",
            reference("subnet", "subnet", "nat_gateways"),
            text("name"),
            reference("address", "address", "nat_gateways"),
        ),
    ]
