"""Resources are known as they were told of last, in the order of their own numbers."""

import secrets
from typing import Any

import pytest

from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.identities import Tenant

SLOW = 20.0


def tell(bus: Bus, tenant: Tenant, kind: str, subject: str, sequence: int, **data: Any) -> None:
    """Put an event of a backend on the bus."""
    fields = {"id": subject, "pool_id": "p", "address": "10.0.0.1", "port": 80, "weight": 1, "state": "active"}
    event = {
        "specversion": "1.0",
        "id": secrets.token_hex(12),
        "source": "omnicloud/loadbalancer",
        "type": f"loadbalancer.backend.{kind}",
        "subject": subject,
        "time": clock.now().isoformat(),
        "datacontenttype": "application/json",
        "dataschema": f"urn:omnicloud:event:loadbalancer.backend.{kind}",
        "tenantid": tenant.id,
        "correlationid": "c-test",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "actor": "service:loadbalancer",
        "sequence": sequence,
        "data": {**fields, "healthy": True, **data},
    }
    bus.send("loadbalancer.events", event)


@pytest.mark.parametrize(("order", "last"), [([1, 9, 3, 8, 2], 9), ([7, 6, 5], 7), ([2, 4, 3, 4, 1], 4)])
def test_a_backend_is_known_by_its_newest_event(tenant: Tenant, bus: Bus, order: list[int], last: int) -> None:
    subject = f"be-{secrets.token_hex(8)}"
    for sequence in order:
        until = clock.now().replace(microsecond=sequence).isoformat()
        tell(bus, tenant, "updated", subject, sequence, ejected_until=until)
    tell(bus, tenant, "health_changed", subject, 10, healthy=False)

    def known() -> dict[str, Any]:
        items = list(tenant.api.items("/api/compliance/v1/resources", resource_id=subject))
        return dict(items[0]["attributes"]) if items else {}

    eventually(lambda: known().get("healthy") is False, SLOW)
    assert known()["ejected_until"].split(".")[1].startswith(f"{last:06d}")
