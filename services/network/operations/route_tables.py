"""Route tables: made, renamed and ended. Which subnet uses one is the subnet's to say."""

from __future__ import annotations

from collections.abc import Iterable

from services.network import published
from services.network.domain.cidr import Network, parse_network
from services.network.domain.errors import MainRouteTable, ResourceInUse, RouteLimit
from services.network.domain.route_tables import MAX_ROUTE_TABLES
from services.network.domain.routes import TargetKind
from services.network.models import Route, RouteTable, Vpc
from services.network.repository import RouteRepository, RouteTableRepository, VpcRepository, dependents
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_route_table(vpc_id: str, name: str) -> RouteTable:
    """A table with the VPC's local routes and no others, which no subnet uses yet. Raises NotFound or RouteLimit."""
    vpc = VpcRepository().get(vpc_id, lock=True)
    if len(RouteTableRepository().of_vpc(vpc.id)) >= MAX_ROUTE_TABLES:
        raise RouteLimit(f"a VPC has at most {MAX_ROUTE_TABLES} route tables")
    table = add_table(vpc, new_id("rtb"), name, [parse_network(cidr) for cidr in vpc.cidrs])
    published.route_table_created(table)
    return table


def add_table(vpc: Vpc, table_id: str, name: str, ranges: Iterable[Network]) -> RouteTable:
    """A table of a locked VPC with local routes for these ranges. The main one comes with its VPC and is no event."""
    table = RouteTableRepository().add(RouteTable(id=table_id, tenant_id=current_tenant(), vpc=vpc, name=name))
    for network in ranges:
        add_local_route(table, network)
    return table


def add_local_route(table: RouteTable, network: Network) -> None:
    """Every table routes its VPC's own ranges locally. Raises DuplicateRoute."""
    RouteRepository().add(
        Route(
            id=new_id("rt"),
            tenant_id=table.tenant_id,
            vpc_id=table.vpc_id,
            route_table=table,
            destination=str(network),
            target_kind=TargetKind.LOCAL.value,
        )
    )


def rename_route_table(table_id: str, name: str, expected: EntityTags | None) -> RouteTable:
    """Give a table another name. Raises NotFound or VersionConflict."""
    tables = RouteTableRepository()
    table = tables.get(table_id, lock=True)
    check_version(table, expected)
    table.name = name
    tables.save(table)
    published.route_table_updated(table)
    return table


def delete_route_table(table_id: str, expected: EntityTags | None = None) -> None:
    """Remove a table that no subnet uses, with its routes.

    Raises NotFound, VersionConflict, MainRouteTable or ResourceInUse.
    """
    tables = RouteTableRepository()
    vpc = VpcRepository().get(tables.get(table_id).vpc_id, lock=True)  # holds what the main table is
    table = tables.get(table_id, lock=True)
    check_version(table, expected)
    if table.id == vpc.main_route_table_id:
        raise MainRouteTable("the main route table goes with its VPC: make another one the main one first")
    if dependents(table, "subnets"):
        raise ResourceInUse("subnets use the route table", used_by=["subnets"])
    published.route_table_deleted(table)
    table.delete()
