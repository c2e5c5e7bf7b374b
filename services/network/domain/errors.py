"""What network refuses, with permanent machine codes."""

from __future__ import annotations

from shared.errors import Conflict, NotFound, ValidationFailed


class InvalidCidr(ValidationFailed):
    """Text that is not a network in CIDR notation, or has host bits set."""

    code = "invalid_cidr"


class InvalidAddress(ValidationFailed):
    """Text that is not an IP address."""

    code = "invalid_address"


class PrefixLengthRefused(ValidationFailed):
    """A network larger or smaller than is allowed."""

    code = "prefix_length_refused"


class CidrOverlap(Conflict):
    """The range shares addresses with `overlaps_with`."""

    code = "cidr_overlap"


class AnotherVpc(ValidationFailed):
    """What is named belongs to a VPC that traffic doesn't reach from this one."""

    code = "another_vpc"


class PeeringExists(Conflict):
    """The two VPCs have a peering, or one of them waits for the other's answer."""

    code = "peering_exists"


class CidrBlockLimit(Conflict):
    """A VPC has as many ranges of the family as it may have."""

    code = "cidr_block_limit"


class PrimaryCidrBlock(Conflict):
    """The ranges that a VPC was made with stay for its life."""

    code = "primary_cidr_block"


class SubnetOutsideVpc(ValidationFailed):
    """A subnet must lie wholly inside its VPC."""

    code = "subnet_outside_vpc"


class AddressOutsideSubnet(ValidationFailed):
    """The address asked for doesn't belong to the subnet."""

    code = "address_outside_subnet"


class AddressReserved(ValidationFailed):
    """The address asked for is one of the subnet's reserved ones."""

    code = "address_reserved"


class AddressTaken(Conflict):
    """The address asked for is allocated, or in quarantine after its release."""

    code = "address_taken"


class SubnetExhausted(Conflict):
    """No address is free; those in quarantine don't count."""

    code = "subnet_exhausted"


class InvalidRule(ValidationFailed):
    """A firewall rule that contradicts itself."""

    code = "invalid_rule"


class DuplicateRule(Conflict):
    """A rule with that number exists in the list, or one that says the same in the group."""

    code = "duplicate_rule"


class RuleLimit(Conflict):
    """A list or group has as many rules as it may have."""

    code = "rule_limit"


class DuplicateRoute(Conflict):
    """A route to that destination exists in the table."""

    code = "duplicate_route"


class InvalidRoute(ValidationFailed):
    """A route to a target that doesn't exist here or can't be a target."""

    code = "invalid_route"


class RouteLimit(Conflict):
    """A table has as many routes, or a VPC as many tables, as it may have."""

    code = "route_limit"


class MainRouteTable(Conflict):
    """The main table of a VPC goes with the VPC."""

    code = "main_route_table"


class ImmutableRoute(Conflict):
    """The local route of a VPC can be neither removed nor replaced."""

    code = "immutable_route"


class InvalidPeering(ValidationFailed):
    """A peering of a VPC with itself, or across address families."""

    code = "invalid_peering"


class NotPeeringParty(NotFound):
    """The peering isn't one of the caller's, or this side may not do that."""

    code = "peering_not_found"


class PeerAddressRefused(ValidationFailed):
    """A tunnel's other end must be a gateway in the internet."""

    code = "peer_address_refused"


class InvalidNatSubnet(ValidationFailed):
    """A NAT gateway in a subnet of IPv6, of which it translates nothing."""

    code = "invalid_nat_subnet"


class NotTranslated(ValidationFailed):
    """A connection that a NAT gateway doesn't translate."""

    code = "not_translated"


class NotRoutedHere(Conflict):
    """The route to the destination doesn't lead to this NAT gateway."""

    code = "not_routed_here"


class NatPortsExhausted(Conflict):
    """All ports of a NAT gateway are in use for one destination."""

    code = "nat_ports_exhausted"


class PublicAddressesExhausted(Conflict):
    """The platform has no public address left."""

    code = "public_addresses_exhausted"


class TunnelMtuTooSmall(ValidationFailed):
    """Nothing is left of a packet after encapsulation."""

    code = "tunnel_mtu_too_small"


class UnknownZone(ValidationFailed):
    """The zone isn't in the platform's catalogue."""

    code = "unknown_subnet_zone"


class ResourceInUse(Conflict):
    """Something still depends on the resource; `used_by` says what."""

    code = "resource_in_use"
