"""Every query of network, tenant-scoped: a file for each noun.

Row locks, always in this order: the tenant's address space, VPCs by id, a subnet, an access list or security group.
"""

from __future__ import annotations

from collections.abc import Collection

from services.network.models import Address, Subnet, Vpc
from services.network.repository.acls import AclRepository, AclRuleRepository
from services.network.repository.addresses import AddressRepository, SubnetLeases, note_rested, tenants_metered_before
from services.network.repository.common import dependents
from services.network.repository.nat_gateways import (
    NatGatewayRepository,
    TranslationRepository,
    forget_ended_translations,
)
from services.network.repository.peerings import PeeringRepository
from services.network.repository.routes import RouteRepository, RouteTableRepository
from services.network.repository.security_groups import SecurityGroupRepository, SecurityGroupRuleRepository
from services.network.repository.subnets import SubnetRepository
from services.network.repository.vpcs import VpcRepository
from services.network.repository.vpn_tunnels import VpnTunnelRepository

__all__ = (
    "AclRepository",
    "AclRuleRepository",
    "AddressRepository",
    "NatGatewayRepository",
    "PeeringRepository",
    "RouteRepository",
    "RouteTableRepository",
    "SecurityGroupRepository",
    "SecurityGroupRuleRepository",
    "SubnetLeases",
    "SubnetRepository",
    "TranslationRepository",
    "VpcRepository",
    "VpnTunnelRepository",
    "dependents",
    "forget_ended_translations",
    "held_reservations",
    "note_rested",
    "tenants_metered_before",
)


def held_reservations(reservation_ids: Collection[str]) -> set[str]:
    """Those of the reservations (`<id>.<resource>`) whose VPC, subnet or held address exists.

    Of all tenants: for the quota sweep.
    """
    holder_of = {reservation_id: reservation_id.partition(".")[0] for reservation_id in reservation_ids}
    existing: set[str] = set()
    for rows in (Vpc.objects, Subnet.objects, Address.objects.filter(released_at__isnull=True)):
        existing.update(rows.filter(id__in=set(holder_of.values())).values_list("id", flat=True))
    return {reservation_id for reservation_id, holder in holder_of.items() if holder in existing}
