"""Route tables and routes."""

from __future__ import annotations

from typing import Any

from services.network.domain.errors import DuplicateRoute
from services.network.domain.routes import TargetKind
from services.network.models import Route, RouteTable
from services.network.repository.common import unique
from shared.infra.db.django import TenantRepository


class RouteTableRepository(TenantRepository[RouteTable]):
    """Route tables, read with their VPC and the subnets that are associated with them."""

    model = RouteTable

    def scoped(self) -> Any:
        return super().scoped().select_related("vpc").prefetch_related("subnets")

    def of_vpc(self, vpc_id: str) -> list[RouteTable]:
        """All tables of a VPC, the oldest first."""
        return list(self.scoped().filter(vpc_id=vpc_id).order_by("id"))

    def get(self, id: str, *, lock: bool = False) -> RouteTable:
        """One table. `lock` holds it and not its VPC. Raises NotFound."""
        if lock:
            list(super().scoped().select_for_update().filter(id=id).values_list("id"))
        return super().get(id)


class RouteRepository(TenantRepository[Route]):
    """Routes."""

    model = Route

    def add(self, row: Route) -> Route:
        """Insert a route. Raises DuplicateRoute."""
        return unique(row, DuplicateRoute(f"there is a route to {row.destination}"))

    def of_table(self, route_table_id: str) -> list[Route]:
        """All routes of a table."""
        return list(self.scoped().filter(route_table_id=route_table_id).order_by("id"))

    def count_in(self, route_table_id: str) -> int:
        """How many routes a table has."""
        return int(self.scoped().filter(route_table_id=route_table_id).count())

    def destinations(self, vpc_id: str) -> list[str]:
        """Where the routes of a VPC lead to that aren't local, over all its tables."""
        rows = self.removable().filter(vpc_id=vpc_id)
        return list(rows.values_list("destination", flat=True).distinct().order_by("destination"))

    def forget_local(self, vpc_id: str, destination: str) -> None:
        """Drop the local routes of a range from all tables of a VPC."""
        self.scoped().filter(vpc_id=vpc_id, destination=destination, target_kind=TargetKind.LOCAL.value).delete()

    def removable(self) -> Any:
        """All routes but the local ones, which go with their VPC."""
        return self.scoped().exclude(target_kind=TargetKind.LOCAL.value)

    def to_target(self, kind: TargetKind, target: str) -> list[Route]:
        """The routes to a target, of any tenant (both sides of a peering), locked."""
        rows = Route.objects.select_for_update().filter(target_kind=kind.value, target=target)
        return list(rows.order_by("id"))
