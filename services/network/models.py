"""Tables of network. `subnets.zone` refers to the platform's zone catalogue, which compute keeps (see migrations)."""

from __future__ import annotations

from django.db import models

from services.network.domain.cidr import parse_network
from services.network.domain.nat_gateways import Connectivity
from services.network.domain.routes import TargetKind, state_of
from services.network.domain.subnets import RESERVED_FIRST, usable_count
from services.network.domain.vpn_tunnels import MINIMUM_MTU, tcp_mss
from shared.infra.db.django import TenantModel

PLACE_DIGITS = 39
"""As many as 2^128 has."""


class Vpc(TenantModel):
    """A private network of a tenant. `cidr` and `ipv6_cidr` are the ranges that it was made with; `cidr_blocks` those
    that were associated later, each with its id.
    """

    name = models.TextField()
    cidr = models.TextField()
    ipv6_cidr = models.TextField(null=True)
    cidr_blocks = models.JSONField(default=list)
    main_route_table_id = models.TextField()

    class Meta:
        app_label = "network"
        db_table = "vpcs"
        verbose_name = "VPC"

    @property
    def cidrs(self) -> list[str]:
        """All ranges, those that it was made with first."""
        first = [cidr for cidr in (self.cidr, self.ipv6_cidr) if cidr]
        return [*first, *(block["cidr"] for block in self.cidr_blocks)]


class RouteTable(TenantModel):
    """A route table of a VPC. The VPC's main one is for all subnets that are associated with none."""

    vpc = models.ForeignKey(Vpc, on_delete=models.CASCADE, related_name="route_tables")
    name = models.TextField()

    class Meta:
        app_label = "network"
        db_table = "route_tables"
        verbose_name = "route table"

    @property
    def main(self) -> bool:
        """Whether it is its VPC's main one."""
        return bool(self.vpc.main_route_table_id == self.id)

    @property
    def subnet_ids(self) -> list[str]:
        """The subnets that are associated with it, the oldest first."""
        return sorted(subnet.id for subnet in self.subnets.all())


class Acl(TenantModel):
    """A network access list; subnets use it."""

    vpc = models.ForeignKey(Vpc, on_delete=models.PROTECT, related_name="acls")
    name = models.TextField()

    class Meta:
        app_label = "network"
        db_table = "acls"
        verbose_name = "access list"


class AclRule(TenantModel):
    """A numbered rule of an access list."""

    acl = models.ForeignKey(Acl, on_delete=models.CASCADE, related_name="rules")
    number = models.IntegerField()
    direction = models.TextField()
    action = models.TextField()
    protocol = models.TextField()
    port_low = models.IntegerField()
    port_high = models.IntegerField()
    cidr = models.TextField()

    class Meta:
        app_label = "network"
        db_table = "acl_rules"
        verbose_name = "access list rule"
        constraints = (models.UniqueConstraint(fields=("acl", "direction", "number"), name="acl_rule_number"),)


class Subnet(TenantModel):
    """A part of a VPC in one zone. Every place below `next_place` was handed out at some time, that one never."""

    vpc = models.ForeignKey(Vpc, on_delete=models.PROTECT, related_name="subnets")
    name = models.TextField()
    cidr = models.TextField()
    zone = models.TextField()
    acl = models.ForeignKey(Acl, on_delete=models.PROTECT, related_name="subnets", null=True)
    route_table = models.ForeignKey(RouteTable, on_delete=models.PROTECT, related_name="subnets", null=True)
    next_place = models.DecimalField(max_digits=PLACE_DIGITS, decimal_places=0, default=RESERVED_FIRST)

    class Meta:
        app_label = "network"
        db_table = "subnets"
        verbose_name = "subnet"

    @property
    def usable_addresses(self) -> int | None:
        """How many can be handed out in all; None for IPv6, where there are more than JSON's numbers can count."""
        network = parse_network(self.cidr)
        return usable_count(network) if network.version == 4 else None


class Address(TenantModel):
    """An address that is held, or was released at `released_at`. Its place is its distance from the subnet's first.

    The row stays when the address has rested, until it is handed out again, and is marked as `rested` by whoever
    notices first: so the lowest free one is found by an index, however many are held or still rest.
    """

    subnet = models.ForeignKey(Subnet, on_delete=models.CASCADE, related_name="addresses")
    address = models.TextField()
    place = models.DecimalField(max_digits=PLACE_DIGITS, decimal_places=0)
    holder = models.TextField(null=True)
    metered_from = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    rested = models.BooleanField(default=False)

    class Meta:
        app_label = "network"
        db_table = "addresses"
        verbose_name = "address"
        constraints = (models.UniqueConstraint(fields=("subnet", "place"), name="address_once"),)
        indexes = (
            models.Index(
                fields=("tenant_id", "id"), condition=models.Q(released_at__isnull=True), name="addresses_held"
            ),
            models.Index(fields=("subnet", "place"), condition=models.Q(rested=True), name="addresses_rested"),
            models.Index(
                fields=("subnet", "released_at"),
                condition=models.Q(rested=False, released_at__isnull=False),
                name="addresses_resting",
            ),
            models.Index(
                fields=("released_at",),
                condition=models.Q(rested=False, released_at__isnull=False),
                name="addresses_rest_ends",
            ),
        )


class SecurityGroup(TenantModel):
    """A security group of a VPC."""

    vpc = models.ForeignKey(Vpc, on_delete=models.PROTECT, related_name="security_groups")
    name = models.TextField()

    class Meta:
        app_label = "network"
        db_table = "security_groups"
        verbose_name = "security group"


class SecurityGroupRule(TenantModel):
    """An allow of a security group: the peer is a network or another group."""

    group = models.ForeignKey(SecurityGroup, on_delete=models.CASCADE, related_name="rules")
    direction = models.TextField()
    protocol = models.TextField()
    port_low = models.IntegerField()
    port_high = models.IntegerField()
    cidr = models.TextField(null=True)
    peer_group = models.ForeignKey(SecurityGroup, on_delete=models.PROTECT, related_name="referring", null=True)

    class Meta:
        app_label = "network"
        db_table = "security_group_rules"
        verbose_name = "security group rule"


class Route(TenantModel):
    """A route of a VPC, in one of its tables."""

    vpc = models.ForeignKey(Vpc, on_delete=models.CASCADE, related_name="routes")
    route_table = models.ForeignKey(RouteTable, on_delete=models.CASCADE, related_name="routes")
    destination = models.TextField()
    target_kind = models.TextField()
    target = models.TextField(default="")

    class Meta:
        app_label = "network"
        db_table = "routes"
        verbose_name = "route"
        constraints = (models.UniqueConstraint(fields=("route_table", "destination"), name="route_destination"),)

    @property
    def state(self) -> str:
        """Whether packets arrive."""
        return state_of(TargetKind(self.target_kind)).value


class Peering(TenantModel):
    """A peering; `tenant_id` is the requester's. Both sides see it."""

    requester_vpc = models.ForeignKey(Vpc, on_delete=models.PROTECT, related_name="requested_peerings")
    accepter_tenant_id = models.TextField(db_index=True)
    accepter_vpc = models.ForeignKey(Vpc, on_delete=models.PROTECT, related_name="offered_peerings")
    state = models.TextField()

    class Meta:
        app_label = "network"
        db_table = "peerings"
        verbose_name = "peering"


class VpnTunnel(TenantModel):
    """An IPsec tunnel from a VPC to a peer's gateway."""

    vpc = models.ForeignKey(Vpc, on_delete=models.PROTECT, related_name="vpn_tunnels")
    name = models.TextField()
    peer_address = models.TextField()
    cipher = models.TextField()
    nat_traversal = models.BooleanField()
    gateway_mtu = models.IntegerField()
    mtu = models.IntegerField()
    mss = models.IntegerField()

    class Meta:
        app_label = "network"
        db_table = "vpn_tunnels"
        verbose_name = "VPN tunnel"

    @property
    def mss_ipv6(self) -> int | None:
        """What TCP over IPv6 is clamped to; None where the tunnel is too narrow for IPv6 (RFC 8200 §5)."""
        return tcp_mss(self.mtu, inner_version=6) if self.mtu >= MINIMUM_MTU[6] else None


class NatGateway(TenantModel):
    """A NAT gateway with an address of its subnet; a public one has one of the platform's public addresses, too."""

    subnet = models.ForeignKey(Subnet, on_delete=models.PROTECT, related_name="nat_gateways")
    name = models.TextField()
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="nat_gateways")
    connectivity = models.TextField(default=Connectivity.PRIVATE.value)
    public_address = models.TextField(null=True)
    public_place = models.BigIntegerField(null=True, unique=True)

    class Meta:
        app_label = "network"
        db_table = "nat_gateways"
        verbose_name = "NAT gateway"

    @property
    def translates_to(self) -> str:
        """The address that the other side sees."""
        return self.public_address or self.address.address


class Translation(TenantModel):
    """A connection that a NAT gateway follows: its flow, and the port that stands for its source until it idles."""

    gateway = models.ForeignKey(NatGateway, on_delete=models.CASCADE, related_name="translations")
    protocol = models.TextField()
    source = models.TextField()
    source_port = models.IntegerField()
    destination = models.TextField()
    destination_port = models.IntegerField()
    port = models.IntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        app_label = "network"
        db_table = "nat_translations"
        verbose_name = "translation"
        constraints = (
            models.UniqueConstraint(
                fields=("gateway", "protocol", "source", "source_port", "destination", "destination_port"),
                name="translation_of_flow",
            ),
            models.UniqueConstraint(
                fields=("gateway", "protocol", "destination", "destination_port", "port"), name="translation_of_port"
            ),
        )
        indexes = (models.Index(fields=("expires_at",), name="translations_end"),)
