"""VPCs and subnets."""

from __future__ import annotations

from collections.abc import Iterable

from services.network.domain.cidr import Network, check_no_overlap, parse_network
from services.network.domain.errors import InvalidCidr, ResourceInUse
from services.network.domain.routing import TargetKind
from services.network.domain.subnets import check_subnet, check_vpc
from services.network.models import Route, Subnet, Vpc
from services.network.operations.telling import tell
from services.network.ports import ports
from services.network.repository import (
    AclRepository,
    RouteRepository,
    SubnetRepository,
    VpcRepository,
    dependents,
)
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id

VPC_FACTS = ("name", "cidr", "ipv6_cidr")
SUBNET_FACTS = ("vpc_id", "name", "cidr", "zone", "acl_id")


def ranges_of(vpc: Vpc) -> list[Network]:
    """The ranges of a VPC."""
    return [parse_network(cidr) for cidr in (vpc.cidr, vpc.ipv6_cidr) if cidr]


def create_vpc(name: str, cidr: str, ipv6_cidr: str | None = None) -> Vpc:
    """A VPC whose ranges share no address with another of the tenant's.

    Raises InvalidCidr, PrefixLengthRefused, CidrOverlap or QuotaExceeded.
    """
    wanted = [_of_version(cidr, 4), *([_of_version(ipv6_cidr, 6)] if ipv6_cidr else [])]
    vpcs = VpcRepository()
    vpcs.lock_address_space()
    existing = [parse_network(text) for text in vpcs.ranges()]
    for network in wanted:
        check_vpc(network)
        check_no_overlap(network, existing)
    vpc_id = new_id("vpc")
    with ports().quotas.reserved("vpcs", vpc_id):
        vpc = vpcs.add(Vpc(id=vpc_id, tenant_id=current_tenant(), name=name, cidr=cidr, ipv6_cidr=ipv6_cidr))
        _add_local_routes(vpc, wanted)
        tell("network.vpc.created", vpc, *VPC_FACTS)
    return vpc


def _of_version(cidr: str, version: int) -> Network:
    network = parse_network(cidr)
    if network.version != version:
        raise InvalidCidr(f"{cidr} is not an IPv{version} network")
    return network


def _add_local_routes(vpc: Vpc, networks: Iterable[Network]) -> None:
    """Every VPC routes its own ranges locally."""
    for network in networks:
        RouteRepository().add(
            Route(
                id=new_id("rt"),
                tenant_id=vpc.tenant_id,
                vpc=vpc,
                destination=str(network),
                target_kind=TargetKind.LOCAL.value,
            )
        )


def rename_vpc(vpc_id: str, name: str, expected: int | None) -> Vpc:
    """Raises NotFound or VersionConflict."""
    vpcs = VpcRepository()
    vpc = vpcs.get(vpc_id, lock=True)
    check_version(vpc, expected)
    vpc.name = name
    vpcs.save(vpc)
    tell("network.vpc.updated", vpc, *VPC_FACTS)
    return vpc


def delete_vpc(vpc_id: str) -> None:
    """Remove a VPC in which nothing is left. Raises NotFound or ResourceInUse."""
    vpc = VpcRepository().get(vpc_id, lock=True)
    used_by = dependents(
        vpc, "subnets", "security_groups", "acls", "vpn_tunnels", "requested_peerings", "offered_peerings"
    )
    if used_by:
        raise ResourceInUse(f"the VPC still has {', '.join(used_by)}", used_by=used_by)
    tell("network.vpc.deleted", vpc, *VPC_FACTS, gone=True)
    vpc.delete()


def create_subnet(vpc_id: str, name: str, cidr: str, zone: str, acl_id: str | None = None) -> Subnet:
    """A subnet inside its VPC, beside the others, in a zone of the platform's catalogue.

    Raises NotFound, InvalidCidr, PrefixLengthRefused, SubnetOutsideVpc, CidrOverlap, UnknownZone or QuotaExceeded.
    """
    network = parse_network(cidr)
    vpc = VpcRepository().get(vpc_id, lock=True)
    siblings = [parse_network(text) for text in SubnetRepository().ranges_of(vpc_id)]
    check_subnet(network, ranges_of(vpc), siblings)
    acl = AclRepository().get(acl_id) if acl_id else None
    subnet_id = new_id("subnet")
    with ports().quotas.reserved("subnets", subnet_id):
        subnet = SubnetRepository().add(
            Subnet(id=subnet_id, tenant_id=current_tenant(), vpc=vpc, name=name, cidr=str(network), zone=zone, acl=acl)
        )
        tell("network.subnet.created", subnet, *SUBNET_FACTS)
    return subnet


def change_subnet(subnet_id: str, changes: dict[str, str | None], expected: int | None) -> Subnet:
    """Another name or access list (None takes it off). Raises NotFound or VersionConflict."""
    subnets = SubnetRepository()
    subnet = subnets.get(subnet_id, lock=True)
    check_version(subnet, expected)
    if changes.get("name") is not None:
        subnet.name = changes["name"]
    if "acl_id" in changes:
        subnet.acl = AclRepository().get(changes["acl_id"]) if changes["acl_id"] else None
    subnets.save(subnet)
    tell("network.subnet.updated", subnet, *SUBNET_FACTS)
    return subnet


def delete_subnet(subnet_id: str) -> None:
    """Remove a subnet that no address of is held. Raises NotFound or ResourceInUse."""
    subnet = SubnetRepository().get(subnet_id, lock=True)
    used_by = dependents(subnet, "nat_gateways")
    if subnet.addresses.filter(released_at__isnull=True).exists():
        used_by.append("addresses")
    if used_by:
        raise ResourceInUse(f"the subnet still has {', '.join(used_by)}", used_by=used_by)
    tell("network.subnet.deleted", subnet, *SUBNET_FACTS, gone=True)
    subnet.delete()
