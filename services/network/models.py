"""Tables of network. `subnets.zone` refers to the platform's zone catalogue, which compute keeps (see migrations)."""

from __future__ import annotations

from django.db import models

from services.network.domain.vpn_tunnels import MINIMUM_MTU, tcp_mss
from shared.infra.db.django import TenantModel


class Vpc(TenantModel):
    """A private network of a tenant, in one IPv4 range and if wanted one of IPv6."""

    name = models.TextField()
    cidr = models.TextField()
    ipv6_cidr = models.TextField(null=True)

    class Meta:
        app_label = "network"
        db_table = "vpcs"
        verbose_name = "VPC"


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
    """A part of a VPC in one zone."""

    vpc = models.ForeignKey(Vpc, on_delete=models.PROTECT, related_name="subnets")
    name = models.TextField()
    cidr = models.TextField()
    zone = models.TextField()
    acl = models.ForeignKey(Acl, on_delete=models.PROTECT, related_name="subnets", null=True)

    class Meta:
        app_label = "network"
        db_table = "subnets"
        verbose_name = "subnet"


class Address(TenantModel):
    """An address that is held, or rests since `released_at`."""

    subnet = models.ForeignKey(Subnet, on_delete=models.CASCADE, related_name="addresses")
    address = models.TextField()
    holder = models.TextField(null=True)
    metered_from = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "network"
        db_table = "addresses"
        verbose_name = "address"
        constraints = (
            models.UniqueConstraint(
                fields=("subnet", "address"), condition=models.Q(released_at__isnull=True), name="address_held_once"
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
    """A route of a VPC."""

    vpc = models.ForeignKey(Vpc, on_delete=models.CASCADE, related_name="routes")
    destination = models.TextField()
    target_kind = models.TextField()
    target = models.TextField(default="")

    class Meta:
        app_label = "network"
        db_table = "routes"
        verbose_name = "route"
        constraints = (models.UniqueConstraint(fields=("vpc", "destination"), name="route_destination"),)


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
    """A NAT gateway with an address of its subnet."""

    subnet = models.ForeignKey(Subnet, on_delete=models.PROTECT, related_name="nat_gateways")
    name = models.TextField()
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="nat_gateways")

    class Meta:
        app_label = "network"
        db_table = "nat_gateways"
        verbose_name = "NAT gateway"
