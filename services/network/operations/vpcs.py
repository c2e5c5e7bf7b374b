"""VPCs: made, renamed and ended."""

from __future__ import annotations

from collections.abc import Iterable

from services.network import published
from services.network.domain.cidr import Network, check_no_overlap, parse_network
from services.network.domain.errors import InvalidCidr, ResourceInUse
from services.network.domain.routes import TargetKind
from services.network.domain.subnets import check_vpc
from services.network.models import Route, Vpc
from services.network.ports import Ports
from services.network.repository import RouteRepository, VpcRepository, dependents
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.quotas import claim
from shared.utils.ids import new_id


def ranges_of(vpc: Vpc) -> list[Network]:
    """The ranges of a VPC."""
    return [parse_network(cidr) for cidr in (vpc.cidr, vpc.ipv6_cidr) if cidr]


def create_vpc(ports: Ports, name: str, cidr: str, ipv6_cidr: str | None = None) -> Vpc:
    """A VPC whose ranges share no address with another of the tenant's.

    Raises InvalidCidr, PrefixLengthRefused, CidrOverlap, QuotaExceeded or ServiceUnavailable.
    """
    wanted = [_of_version(cidr, 4), *([_of_version(ipv6_cidr, 6)] if ipv6_cidr else [])]
    vpcs = VpcRepository()
    vpcs.lock_address_space()
    existing = [parse_network(text) for text in vpcs.ranges()]
    for network in wanted:
        check_vpc(network)
        check_no_overlap(network, existing)
    vpc_id = new_id("vpc")
    with ports.quotas.reserved(claim(vpc_id, "vpcs")):
        vpc = vpcs.add(Vpc(id=vpc_id, tenant_id=current_tenant(), name=name, cidr=cidr, ipv6_cidr=ipv6_cidr))
        _add_local_routes(vpc, wanted)
        published.vpc_created(vpc)
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
    """Give a VPC another name. Raises NotFound or VersionConflict."""
    vpcs = VpcRepository()
    vpc = vpcs.get(vpc_id, lock=True)
    check_version(vpc, expected)
    vpc.name = name
    vpcs.save(vpc)
    published.vpc_updated(vpc)
    return vpc


def delete_vpc(vpc_id: str) -> None:
    """Remove a VPC in which nothing is left. Raises NotFound or ResourceInUse."""
    vpc = VpcRepository().get(vpc_id, lock=True)
    used_by = dependents(
        vpc, "subnets", "security_groups", "acls", "vpn_tunnels", "requested_peerings", "offered_peerings"
    )
    if used_by:
        raise ResourceInUse(f"the VPC still has {', '.join(used_by)}", used_by=used_by)
    published.vpc_deleted(vpc)
    vpc.delete()
