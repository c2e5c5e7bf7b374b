"""Subnets: made, changed and ended."""

from __future__ import annotations

from services.network import published
from services.network.domain.cidr import parse_network
from services.network.domain.errors import AnotherVpc, ResourceInUse
from services.network.domain.subnets import check_subnet
from services.network.models import Acl, RouteTable, Subnet
from services.network.operations.vpcs import ranges_of
from services.network.ports import Ports
from services.network.repository import (
    AclRepository,
    AddressRepository,
    RouteTableRepository,
    SubnetRepository,
    VpcRepository,
    dependents,
)
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.quotas import claim
from shared.utils.ids import new_id


def create_subnet(
    ports: Ports,
    vpc_id: str,
    name: str,
    cidr: str,
    zone: str,
    acl_id: str | None = None,
    route_table_id: str | None = None,
) -> Subnet:
    """A subnet inside its VPC, beside the others, in a zone of the platform's catalogue.

    Raises NotFound, AnotherVpc, InvalidCidr, PrefixLengthRefused, SubnetOutsideVpc, CidrOverlap, UnknownZone,
    QuotaExceeded or ServiceUnavailable.
    """
    network = parse_network(cidr)
    vpc = VpcRepository().get(vpc_id, lock=True)
    siblings = [parse_network(text) for text in SubnetRepository().ranges_of(vpc_id)]
    check_subnet(network, ranges_of(vpc), siblings)
    acl = _acl(vpc.id, acl_id) if acl_id else None
    table = _route_table(vpc.id, route_table_id) if route_table_id else None
    subnet_id = new_id("subnet")
    with ports.quotas.reserved(claim(subnet_id, "subnets")):
        subnet = SubnetRepository().add(
            Subnet(
                id=subnet_id,
                tenant_id=current_tenant(),
                vpc=vpc,
                name=name,
                cidr=str(network),
                zone=zone,
                acl=acl,
                route_table=table,
            )
        )
        published.subnet_created(subnet)
    return subnet


def _acl(vpc_id: str, acl_id: str) -> Acl:
    """An access list of the subnet's own VPC, kept from deletion. Raises NotFound or AnotherVpc."""
    acl = AclRepository().get(acl_id, lock=True)
    if acl.vpc_id != vpc_id:
        raise AnotherVpc(f"{acl_id} belongs to another VPC", vpc_id=acl.vpc_id)
    return acl


def _route_table(vpc_id: str, table_id: str) -> RouteTable:
    """A route table of the subnet's own VPC, kept from deletion. Raises NotFound or AnotherVpc."""
    table = RouteTableRepository().get(table_id, lock=True)
    if table.vpc_id != vpc_id:
        raise AnotherVpc(f"{table_id} belongs to another VPC", vpc_id=table.vpc_id)
    return table


def change_subnet(subnet_id: str, changes: dict[str, str | None], expected: EntityTags | None) -> Subnet:
    """Another name, access list or route table (None takes them off: the main table is for the subnet then).

    Raises NotFound, AnotherVpc or VersionConflict.
    """
    subnets = SubnetRepository()
    subnet = subnets.get(subnet_id, lock=True)
    check_version(subnet, expected)
    if changes.get("name") is not None:
        subnet.name = changes["name"]
    if "acl_id" in changes:
        subnet.acl = _acl(subnet.vpc_id, changes["acl_id"]) if changes["acl_id"] else None
    if "route_table_id" in changes:
        wanted = changes["route_table_id"]
        subnet.route_table = _route_table(subnet.vpc_id, wanted) if wanted else None
    subnets.save(subnet)
    published.subnet_updated(subnet)
    return subnet


def delete_subnet(subnet_id: str, expected: EntityTags | None = None) -> None:
    """Remove a subnet that no address of is held. Raises NotFound, VersionConflict or ResourceInUse."""
    subnet = SubnetRepository().get(subnet_id, lock=True)
    check_version(subnet, expected)
    used_by = dependents(subnet, "nat_gateways")
    if AddressRepository().held(subnet_id=subnet_id).exists():
        used_by.append("addresses")
    if used_by:
        raise ResourceInUse(f"the subnet still has {', '.join(used_by)}", used_by=used_by)
    published.subnet_deleted(subnet)
    AddressRepository().forget_released(subnet)
    subnet.delete()
