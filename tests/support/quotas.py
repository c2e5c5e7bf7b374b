"""Reservations that stand for nothing, as a service leaves them that dies at the wrong moment."""

from __future__ import annotations

from tests.support.identities import Tenant

RESERVATIONS = "/api/tenants/v1/quota/reservations"


def count_what_does_not_exist(tenant: Tenant, resource: str, reservation_id: str) -> None:
    """Use up one of a quota of the tenant in the name of something that there isn't."""
    body = {"resource": resource, "amount": 1, "reservation_id": reservation_id}
    tenant.operator.ok("POST", RESERVATIONS, 201, json=body)
    tenant.operator.ok("POST", f"{RESERVATIONS}/{reservation_id}/commit")
