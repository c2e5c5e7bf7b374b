"""VPCs and their ranges."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from services.network.models import Vpc
from shared.errors import NotFound
from shared.infra.db.django import TenantRepository
from shared.kernel.context import current_tenant


class VpcRepository(TenantRepository[Vpc]):
    """VPCs."""

    model = Vpc

    def lock_address_space(self) -> None:
        """Let no other transaction add a range to the tenant until this one ends.

        There is no row to lock for a range that isn't there yet, so the lock is the database's advisory one.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"network.vpcs:{current_tenant()}",)
            )

    def ranges(self) -> list[str]:
        """All ranges of the tenant's VPCs, both families."""
        return [cidr for vpc in self.scoped().order_by("id") for cidr in vpc.cidrs]

    def lock_all(self, ids: Collection[str]) -> None:
        """Lock VPCs of any tenant, in the order of their ids: both sides of a peering."""
        list(Vpc.objects.select_for_update().filter(id__in=ids).order_by("id").values_list("id"))

    def of_any_tenant(self, ids: Collection[str]) -> list[Vpc]:
        """VPCs of any tenant: those that one's own are peered with."""
        return list(Vpc.objects.filter(id__in=ids).order_by("id"))

    def of_tenant(self, tenant_id: str, vpc_id: str) -> Vpc:
        """A VPC of any tenant: for the other side of a peering. Raises NotFound."""
        vpc: Vpc | None = Vpc.objects.filter(tenant_id=tenant_id, id=vpc_id).first()
        if vpc is None:
            raise NotFound(f"there is no VPC {vpc_id}")
        return vpc
