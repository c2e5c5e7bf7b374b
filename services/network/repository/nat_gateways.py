"""NAT gateways, and the connections that they follow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from services.network.domain.translations import Flow, furthest_end
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

    def free_public_place(self, places: int) -> int | None:
        """A place in the platform's public range that no gateway of any tenant has; None when all are in use. Until the
        transaction ends nobody else gets it, and nobody waits for it.

        They are handed out in turn: a deleted gateway's address is nobody else's at once.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('public_places') %% %s", (places,))
            for start in (int(cursor.fetchone()[0]), 0):
                place = start
                while (place := lowest_gap(cursor, "nat_gateways", "public_place", place)) < places:
                    if _held(cursor, place):
                        return place
                    place += 1
        return None


def _held(cursor: Any, place: int) -> bool:
    """Hold a free place until the transaction ends. False when another transaction does, or did and has taken it."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (f"network.public_places:{place}",))
    return bool(cursor.fetchone()[0]) and lowest_gap(cursor, "nat_gateways", "public_place", place) == place


class TranslationRepository(TenantRepository[Translation]):
    """Connections that NAT gateways follow."""

    model = Translation

    def living(self, gateway: NatGateway, now: datetime) -> Any:
        """Those of a gateway that haven't idled for too long."""
        return self.scoped().filter(gateway_id=gateway.id, expires_at__gt=now, expires_at__lte=furthest_end(now))

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
        ended = Q(expires_at__lte=now) | Q(expires_at__gt=furthest_end(now))
        self._towards(gateway, flow).filter(ended).delete()

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
    """Drop connections of all tenants that ended before a moment, as many as `limit` of either kind; how many went at
    most. An end that is further off than any is of a clock that was set back.
    """
    dropped = [0]
    for ended in (Q(expires_at__lte=moment), Q(expires_at__gt=furthest_end(moment))):
        found = Translation.objects.filter(ended).order_by("expires_at").values_list("id", flat=True)[:limit]
        dropped.append(int(Translation.objects.filter(ended, id__in=list(found)).delete()[0]))
    return max(dropped)
