"""VPCs: made, changed and ended."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from services.network import published
from services.network.domain.cidr import Network, check_no_overlap, parse_network
from services.network.domain.errors import AnotherVpc, InvalidCidr, ResourceInUse
from services.network.domain.peerings import PeeringState
from services.network.domain.subnets import check_vpc
from services.network.models import Vpc
from services.network.operations.route_tables import add_table
from services.network.ports import Ports
from services.network.repository import PeeringRepository, RouteTableRepository, VpcRepository, dependents
from shared.events.closing import pass_gate
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.quotas import claim
from shared.utils.ids import new_id


def ranges_of(vpc: Vpc) -> list[Network]:
    """The ranges of a VPC."""
    return [parse_network(cidr) for cidr in vpc.cidrs]


def create_vpc(ports: Ports, name: str, cidr: str, ipv6_cidr: str | None = None) -> Vpc:
    """A VPC whose ranges share no address with another of the tenant's, with its main route table.

    Raises InvalidCidr, PrefixLengthRefused, CidrOverlap, TenantNotActive, QuotaExceeded or ServiceUnavailable.
    """
    wanted = [_of_version(cidr, 4), *([_of_version(ipv6_cidr, 6)] if ipv6_cidr else [])]
    vpcs = VpcRepository()
    pass_gate(connection)
    vpcs.lock_address_space()
    existing = [parse_network(text) for text in vpcs.ranges()]
    for network in wanted:
        check_vpc(network)
        check_no_overlap(network, existing)
    vpc_id = new_id("vpc")
    with ports.quotas.reserved(claim(vpc_id, "vpcs")):
        vpc = vpcs.add(
            Vpc(
                id=vpc_id,
                tenant_id=current_tenant(),
                name=name,
                cidr=str(wanted[0]),
                ipv6_cidr=str(wanted[1]) if ipv6_cidr else None,
                main_route_table_id=new_id("rtb"),
            )
        )
        add_table(vpc, vpc.main_route_table_id, "main", wanted)
        published.vpc_created(vpc)
    return vpc


def _of_version(cidr: str, version: int) -> Network:
    network = parse_network(cidr)
    if network.version != version:
        raise InvalidCidr(f"{cidr} is not an IPv{version} network")
    return network


def change_vpc(vpc_id: str, changes: Mapping[str, str], expected: EntityTags | None) -> Vpc:
    """Another name, or another of its tables as the main one. Raises NotFound, AnotherVpc or VersionConflict."""
    vpcs = VpcRepository()
    vpc = vpcs.get(vpc_id, lock=True)
    check_version(vpc, expected)
    if "main_route_table_id" in changes:
        table = RouteTableRepository().get(changes["main_route_table_id"], lock=True)
        if table.vpc_id != vpc.id:
            raise AnotherVpc(f"{table.id} belongs to another VPC", vpc_id=table.vpc_id)
        vpc.main_route_table_id = table.id
    vpc.name = changes.get("name", vpc.name)
    vpcs.save(vpc)
    published.vpc_updated(vpc)
    return vpc


def delete_vpc(vpc_id: str, expected: EntityTags | None = None) -> None:
    """Remove a VPC in which nothing is left but its main route table. What others asked of it in vain ends with it.

    Raises NotFound, VersionConflict or ResourceInUse.
    """
    vpc = VpcRepository().get(vpc_id, lock=True)
    check_version(vpc, expected)
    offers = PeeringRepository().offered_to(vpc)
    used_by = dependents(vpc, "subnets", "security_groups", "acls", "vpn_tunnels", "requested_peerings")
    if any(each.tenant_id == vpc.tenant_id or each.state == PeeringState.ACTIVE for each in offers):
        used_by.append("offered_peerings")
    if len(RouteTableRepository().of_vpc(vpc.id)) > 1:
        used_by.append("route_tables")
    if used_by:
        raise ResourceInUse(f"the VPC still has {', '.join(used_by)}", used_by=used_by)
    for asked in offers:  # No route leads over one that wasn't accepted.
        published.peering_deleted(asked)
        asked.delete()
    published.vpc_deleted(vpc)
    vpc.delete()
