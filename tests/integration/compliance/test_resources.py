"""What compliance keeps of other services' resources."""

import secrets
from typing import Any

import pytest

from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.identities import Tenant

SLOW = 20.0


class Records:
    """A record set as dns tells of it, in any order."""

    def __init__(self, tenant: Tenant, bus: Bus) -> None:
        self.tenant, self._bus = tenant, bus
        self.subject = f"rec-{secrets.token_hex(8)}"

    def tell(self, kind: str, sequence: int, **data: Any) -> None:
        """Put an event of it on the bus."""
        fields = {"id": self.subject, "zone_id": "z", "name": "www.e.example.", "type": "A", "ttl": 60, "answers": []}
        event = {
            "specversion": "1.0",
            "id": secrets.token_hex(12),
            "source": "omnicloud/dns",
            "type": f"dns.record_set.{kind}",
            "subject": self.subject,
            "time": clock.now().isoformat(),
            "datacontenttype": "application/json",
            "dataschema": f"urn:omnicloud:event:dns.record_set.{kind}",
            "tenantid": self.tenant.id,
            "correlationid": "c-test",
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "actor": "service:dns",
            "sequence": sequence,
            "data": {**fields, **data},
        }
        self._bus.send("dns.events", event)

    def known(self) -> dict[str, Any]:
        """What compliance knows of it; empty when nothing."""
        items = list(self.tenant.api.items("/api/compliance/v1/resources", resource_id=self.subject))
        return dict(items[0]["attributes"]) if items else {}


@pytest.mark.parametrize("late", [[1], [2, 1], [3, 2]])
def test_a_resource_is_known_as_it_was_told_of_last_in_its_own_order(tenant: Tenant, bus: Bus, late: list[int]) -> None:
    records = Records(tenant, bus)
    records.tell("created" if 1 not in late else "updated", 4, policy="weighted")
    for sequence in late:
        records.tell("created" if sequence == 1 else "updated", sequence, policy=f"of {sequence}")
    records.tell("health_changed", 5, ttl=61)
    eventually(lambda: records.known().get("ttl") == 61, SLOW)
    assert records.known()["policy"] == "weighted"


def test_an_event_that_comes_twice_is_no_change(tenant: Tenant, bus: Bus) -> None:
    records = Records(tenant, bus)
    records.tell("created", 1, policy="simple")
    records.tell("updated", 1, policy="another")
    records.tell("health_changed", 2, ttl=61)
    eventually(lambda: records.known().get("ttl") == 61, SLOW)
    assert records.known()["policy"] == "simple"
