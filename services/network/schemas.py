"""What goes over the wire."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from services.network.domain.acls import MAX_RULE_NUMBER, AclAction
from services.network.domain.nat_gateways import Connectivity
from services.network.domain.packets import MAX_PORT, Direction, Protocol
from services.network.domain.routes import RouteState, TargetKind
from services.network.domain.translations import IDLE_TIMEOUTS
from services.network.domain.vpn_tunnels import GATEWAY_MTU, Cipher
from shared.web.django_fields import Text

NAME_LENGTH = 63
MAX_MTU = 9_216
"""Jumbo frames; nothing on the way carries more."""


def name_field(**options: object) -> Text:
    """A name for people."""
    return Text(max_length=NAME_LENGTH, **options)


def choice_field(kind: type, **options: object) -> serializers.ChoiceField:
    """One word of an enumeration."""
    return serializers.ChoiceField(choices=[member.value for member in kind], **options)  # type: ignore[attr-defined]


def port_field(**options: object) -> serializers.IntegerField:
    """A TCP or UDP port."""
    return serializers.IntegerField(min_value=0, max_value=MAX_PORT, **options)


class ResourceOut(serializers.Serializer):
    """What every resource has."""

    id = Text()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class InVpcOut(ResourceOut):
    """What every resource of a VPC has that has a name."""

    vpc_id = Text()
    name = Text()


class VpcCreate(serializers.Serializer):
    """A new VPC."""

    name = name_field()
    cidr = Text()
    ipv6_cidr = Text(required=False, allow_null=True, default=None)


class VpcUpdate(serializers.Serializer):
    """What may change of a VPC: its name, and which of its route tables is the main one."""

    name = name_field(required=False)
    main_route_table_id = Text(required=False)

    def validate(self, attributes: dict[str, object]) -> dict[str, object]:
        """At least one of the two."""
        if not attributes:
            raise serializers.ValidationError({"name": "give a name or a main route table"})
        return attributes


class CidrBlockCreate(serializers.Serializer):
    """One more range for a VPC, of either family."""

    cidr = Text()


class CidrBlockOut(CidrBlockCreate):
    """A range that was associated later."""

    id = Text()


class VpcOut(ResourceOut):
    """A VPC; `cidr_blocks` are the ranges that were associated later."""

    name = Text()
    cidr = Text()
    ipv6_cidr = Text(allow_null=True)
    cidr_blocks = CidrBlockOut(many=True)
    main_route_table_id = Text()


class SubnetCreate(serializers.Serializer):
    """A new subnet."""

    vpc_id = Text()
    name = name_field()
    cidr = Text()
    zone = Text()
    acl_id = Text(required=False, allow_null=True, default=None)
    route_table_id = Text(required=False, allow_null=True, default=None)


class SubnetUpdate(serializers.Serializer):
    """What may change of a subnet; a null `acl_id` or `route_table_id` takes the list or table off.

    Without a route table of its own a subnet uses the VPC's main one.
    """

    name = name_field(required=False)
    acl_id = Text(required=False, allow_null=True)
    route_table_id = Text(required=False, allow_null=True)


class SubnetOut(InVpcOut):
    """A subnet; `usable_addresses` is how many can be handed out of it when it is empty (IPv4 only)."""

    cidr = Text()
    zone = Text()
    acl_id = Text(allow_null=True)
    route_table_id = Text(allow_null=True)
    usable_addresses = serializers.IntegerField(allow_null=True)


class AddressCreate(serializers.Serializer):
    """An address to hand out: one that is wanted, or the lowest free one."""

    subnet_id = Text()
    address = Text(required=False, allow_null=True, default=None)
    holder = Text(required=False, allow_null=True, default=None, max_length=200)


class AddressOut(ResourceOut):
    """A held address."""

    subnet_id = Text()
    address = Text()
    holder = Text(allow_null=True)


class NamedInVpc(serializers.Serializer):
    """A new access list or security group."""

    vpc_id = Text()
    name = name_field()


class AclRuleCreate(serializers.Serializer):
    """A new rule of an access list."""

    number = serializers.IntegerField(min_value=1, max_value=MAX_RULE_NUMBER)
    direction = choice_field(Direction)
    action = choice_field(AclAction)
    protocol = choice_field(Protocol, default=Protocol.ALL.value)
    port_low = port_field(default=0)
    port_high = port_field(default=MAX_PORT)
    cidr = Text()


class AclRuleOut(AclRuleCreate):
    """A rule of an access list."""

    id = Text()


class AclOut(InVpcOut):
    """An access list with its rules as they are evaluated."""

    rules = serializers.SerializerMethodField()

    @extend_schema_field(AclRuleOut(many=True))
    def get_rules(self, acl: object) -> list[dict[str, object]]:
        """Ingress before egress, each ascending by number."""
        rows = sorted(acl.rules.all(), key=lambda rule: (rule.direction != "ingress", rule.number))  # type: ignore[attr-defined]
        return list(AclRuleOut(rows, many=True).data)


class GroupRuleCreate(serializers.Serializer):
    """A new rule of a security group: it names a network or another group."""

    direction = choice_field(Direction)
    protocol = choice_field(Protocol, default=Protocol.ALL.value)
    port_low = port_field(default=0)
    port_high = port_field(default=MAX_PORT)
    cidr = Text(required=False, allow_null=True, default=None)
    peer_group_id = Text(required=False, allow_null=True, default=None)


class GroupRuleOut(GroupRuleCreate):
    """A rule of a security group."""

    id = Text()


class SecurityGroupOut(InVpcOut):
    """A security group with its rules."""

    rules = GroupRuleOut(many=True)


class FirewallQuestion(serializers.Serializer):
    """A packet at an interface; `peer_groups` are the security groups of the other end."""

    subnet_id = Text()
    security_group_ids = serializers.ListField(child=Text(), default=list, max_length=16)
    peer_groups = serializers.ListField(child=Text(), default=list, max_length=16)
    direction = choice_field(Direction, default=Direction.INGRESS.value)
    protocol = choice_field(Protocol, default=Protocol.TCP.value)
    peer = Text()
    port = port_field(default=0)
    source_port = port_field(default=49_152)


class FirewallVerdictOut(serializers.Serializer):
    """Whether the connection comes about, and what decided."""

    allowed = serializers.BooleanField()
    decided_by = Text()
    rule_number = serializers.IntegerField(allow_null=True)


class RouteTableOut(InVpcOut):
    """A route table; `subnet_ids` are those that are associated with it. The main one is for all others."""

    main = serializers.BooleanField()
    subnet_ids = serializers.ListField(child=Text())


class Renamed(serializers.Serializer):
    """Another name."""

    name = name_field()


class RouteCreate(serializers.Serializer):
    """A new route."""

    destination = Text()
    target_kind = choice_field(TargetKind)
    target = Text(required=False, default="", allow_blank=True)


class RouteOut(ResourceOut):
    """A route. `state` is `blackhole` where packets are dropped: by choice, or since `target` is gone."""

    vpc_id = Text()
    route_table_id = Text()
    destination = Text()
    target_kind = Text()
    target = Text(allow_blank=True)
    state = choice_field(RouteState)


class PeeringCreate(serializers.Serializer):
    """A request for a peering. Without a tenant the peer is another VPC of one's own."""

    vpc_id = Text()
    peer_tenant_id = Text(required=False, allow_null=True, default=None)
    peer_vpc_id = Text()


class PeeringOut(ResourceOut):
    """A peering."""

    requester_tenant_id = Text(source="tenant_id")
    requester_vpc_id = Text()
    accepter_tenant_id = Text()
    accepter_vpc_id = Text()
    state = Text()


class TunnelCreate(serializers.Serializer):
    """A new VPN tunnel."""

    vpc_id = Text()
    name = name_field()
    peer_address = Text()
    cipher = choice_field(Cipher, default=Cipher.AES_GCM.value)
    nat_traversal = serializers.BooleanField(default=False)
    gateway_mtu = serializers.IntegerField(min_value=576, max_value=MAX_MTU, default=GATEWAY_MTU)


class TunnelOut(InVpcOut):
    """A VPN tunnel; `mtu` is the largest inner packet, `mss` and `mss_ipv6` what TCP is clamped to, in bytes."""

    peer_address = Text()
    cipher = Text()
    nat_traversal = serializers.BooleanField()
    gateway_mtu = serializers.IntegerField()
    mtu = serializers.IntegerField()
    mss = serializers.IntegerField()
    mss_ipv6 = serializers.IntegerField(allow_null=True)


class NatGatewayCreate(serializers.Serializer):
    """A new NAT gateway."""

    subnet_id = Text()
    name = name_field()
    connectivity = choice_field(Connectivity, default=Connectivity.PUBLIC.value)


class NatGatewayOut(ResourceOut):
    """A NAT gateway; `address` is its own of the subnet, `public_address` what others see of a public one."""

    subnet_id = Text()
    name = Text()
    address = Text(source="address.address")
    connectivity = Text()
    public_address = Text(allow_null=True)


class PacketIn(serializers.Serializer):
    """Where a packet comes from. ICMP has its query's identifier for the port in the VPC, and no other."""

    protocol = serializers.ChoiceField(choices=[protocol.value for protocol in IDLE_TIMEOUTS])
    source = Text()
    source_port = port_field(default=0)


class OutgoingPacket(PacketIn):
    """A packet from the VPC to elsewhere."""

    destination = Text()
    destination_port = port_field(default=0)


class IncomingPacket(PacketIn):
    """A packet from elsewhere to a port of the gateway."""

    port = port_field()


class TranslationOut(OutgoingPacket):
    """A connection that a gateway follows: for the other side its source is `address` and `port`, until it idles."""

    id = Text()
    address = Text(source="gateway.translates_to")
    port = serializers.IntegerField()
    expires_at = serializers.DateTimeField()


class ReachabilityOut(serializers.Serializer):
    """Whether packets can go from one VPC to another."""

    reachable = serializers.BooleanField()


class UsageFlushed(serializers.Serializer):
    """How many usage records were made."""

    recorded = serializers.IntegerField()
