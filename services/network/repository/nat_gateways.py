"""NAT gateways, and the connections that they follow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from services.network.domain.translations import Flow
from services.network.models import NatGateway, Translation
from shared.errors import NotFound
from shared.infra.db.django import TenantRepository
from shared.infra.db.gaps import lowest_gap


class NatGatewayRepository(TenantRepository[NatGateway]):
    """NAT gateways, read with their addresses."""

    model = NatGateway

    def scoped(self) -> Any:
        return super().scoped().select_related("address", "subnet__vpc")

    def get(self, id: str, *, lock: bool = False) -> NatGateway:
        """One gateway. `lock` holds it and nothing of what it is read with. Raises NotFound."""
        if lock:
            list(super().scoped().select_for_update(of=("self",)).filter(id=id).values_list("id"))
        return super().get(id)

    def lowest_public_place(self) -> int:
        """The lowest place in the platform's public range that no gateway of any tenant has. Until the transaction
        ends nobody else gets it.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('network.public_addresses', 0))")
            return lowest_gap(cursor, "nat_gateways", "public_place", 0)


class TranslationRepository(TenantRepository[Translation]):
    """Connections that NAT gateways follow."""

    model = Translation

    def living(self, gateway: NatGateway, now: datetime) -> Any:
        """Those of a gateway that haven't idled for too long."""
        return self.scoped().filter(gateway_id=gateway.id, expires_at__gt=now)

    def of_gateway(self, gateway: NatGateway, id: str) -> Translation:
        """One connection of a gateway. Raises NotFound."""
        row: Translation | None = self.scoped().filter(gateway_id=gateway.id, id=id).first()
        if row is None:
            raise NotFound(f"the NAT gateway has no {self.noun} {id}")
        return row

    def of_flow(self, gateway: NatGateway, flow: Flow) -> Translation | None:
        """What is known of a connection, be it over or not."""
        row: Translation | None = (
            self._towards(gateway, flow).filter(source=str(flow.source), source_port=flow.source_port).first()
        )
        return row

    def of_port(
        self, gateway: NatGateway, protocol: str, remote: str, remote_port: int, port: int, now: datetime
    ) -> Translation | None:
        """The living connection that a packet from the other side to a port of the gateway belongs to."""
        row: Translation | None = (
            self.living(gateway, now)
            .filter(protocol=protocol, destination=remote, destination_port=remote_port, port=port)
            .first()
        )
        return row

    def forget_ended(self, gateway: NatGateway, flow: Flow, now: datetime) -> None:
        """Free the ports of connections to the flow's destination that have idled for too long."""
        self._towards(gateway, flow).filter(expires_at__lte=now).delete()

    def first_free_port(self, gateway: NatGateway, flow: Flow, start: int) -> int:
        """The lowest port from `start` on that no connection to the flow's destination has."""
        towards = {
            "gateway_id": gateway.id,
            "protocol": flow.protocol.value,
            "destination": str(flow.destination),
            "destination_port": flow.destination_port,
        }
        with connection.cursor() as cursor:
            return lowest_gap(cursor, "nat_translations", "port", start, towards)

    def _towards(self, gateway: NatGateway, flow: Flow) -> Any:
        return self.scoped().filter(
            gateway_id=gateway.id,
            protocol=flow.protocol.value,
            destination=str(flow.destination),
            destination_port=flow.destination_port,
        )


def forget_ended_translations(moment: datetime, limit: int) -> int:
    """Drop connections of all tenants that ended before a moment, as many as `limit`; how many went."""
    ended = Translation.objects.filter(expires_at__lte=moment).order_by("expires_at")[:limit]
    locked = Translation.objects.filter(id__in=list(ended.values_list("id", flat=True)), expires_at__lte=moment)
    return int(locked.delete()[0])
