"""Peerings, which two tenants see."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Q

from services.network.domain.peerings import PeeringState
from services.network.models import Peering, Vpc
from shared.infra.db.django import TenantRepository
from shared.kernel.context import current_tenant


class PeeringRepository(TenantRepository[Peering]):
    """Peerings of either side."""

    model = Peering

    def scoped(self) -> Any:
        """Those the tenant asked for and those it was asked for."""
        tenant_id = current_tenant()
        return Peering.objects.filter(Q(tenant_id=tenant_id) | Q(accepter_tenant_id=tenant_id))

    def lock_pair(self, one: str, other: str) -> None:
        """Let no other transaction make a peering between the two VPCs, from either side, until this one ends."""
        pair = ":".join(sorted((one, other)))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"network.peerings:{pair}",))

    def living_between(self, one: str, other: str) -> bool:
        """Whether the two VPCs have a peering that carries traffic or waits for an answer."""
        pair = Q(requester_vpc_id=one, accepter_vpc_id=other) | Q(requester_vpc_id=other, accepter_vpc_id=one)
        living = (PeeringState.PENDING_ACCEPTANCE.value, PeeringState.ACTIVE.value)
        return bool(self.scoped().filter(pair, state__in=living).exists())

    def rejected_of(self, requester_vpc_id: str, accepter_vpc_id: str) -> list[Peering]:
        """What one VPC's owner asked of another's and was refused."""
        pair = {"requester_vpc_id": requester_vpc_id, "accepter_vpc_id": accepter_vpc_id}
        return list(self.scoped().filter(**pair, state=PeeringState.REJECTED.value).order_by("id"))

    def offered_to(self, vpc: Vpc) -> list[Peering]:
        """Peerings of any state that somebody asked a VPC's owner for, locked."""
        return list(self.scoped().filter(accepter_vpc_id=vpc.id).select_for_update().order_by("id"))

    def of_vpc(self, vpc_id: str) -> list[Peering]:
        """All peerings of a VPC."""
        return list(self.scoped().filter(Q(requester_vpc_id=vpc_id) | Q(accepter_vpc_id=vpc_id)))
