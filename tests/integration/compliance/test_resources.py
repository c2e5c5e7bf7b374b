"""What compliance keeps of other services' resources."""

import itertools
import secrets
from typing import Any
from zlib import crc32

import pytest

from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.identities import Tenant

SLOW = 20.0


def of_dns(tenant: Tenant, stream: str, kind: str, subject: str, sequence: int, data: dict[str, Any]) -> dict[str, Any]:
    """An event of dns."""
    return {
        "specversion": "1.0",
        "id": secrets.token_hex(12),
        "source": "omnicloud/dns",
        "type": f"dns.{stream}.{kind}",
        "subject": subject,
        "time": clock.now().isoformat(),
        "datacontenttype": "application/json",
        "dataschema": f"urn:omnicloud:event:dns.{stream}.{kind}",
        "tenantid": tenant.id,
        "correlationid": "c-test",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "actor": "service:dns",
        "sequence": sequence,
        "data": data,
    }


class Records:
    """A record set as dns tells of it, in any order."""

    def __init__(self, tenant: Tenant, bus: Bus) -> None:
        self.tenant, self._bus = tenant, bus
        self.subject = f"rec-{secrets.token_hex(8)}"

    def tell(self, kind: str, sequence: int, **data: Any) -> None:
        """Put an event of it on the bus."""
        fields = {"id": self.subject, "zone_id": "z", "name": "www.e.example.", "type": "A", "ttl": 60, "answers": []}
        self._bus.send(
            "dns.events", of_dns(self.tenant, "record_set", kind, self.subject, sequence, {**fields, **data})
        )

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


class Zone:
    """A zone whose record sets are made one by one and by files, of which dns tells in any order."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant, self.id = tenant, in_one_partition("zone")

    def record_set(self, name: str, version: int) -> dict[str, Any]:
        """What is told of one that was there at a version of the zone."""
        about = {"id": in_one_partition("rec"), "zone_id": self.id, "zone_version": version, "name": name}
        return {**about, "type": "A", "ttl": 60, "policy": "simple", "answers": []}

    def made(self, name: str, version: int) -> dict[str, Any]:
        """The event of one that was made by itself."""
        found = self.record_set(name, version)
        return of_dns(self.tenant, "record_set", "created", found["id"], 1, found)

    def imported(self, version: int, *names: str) -> dict[str, Any]:
        """The event of some that came with a file."""
        contents = {"record_set": [self.record_set(name, version) for name in names]}
        data = {"id": self.id, "name": "e.example.", "serial": version, "record_sets": 9, "contents": contents}
        return of_dns(self.tenant, "zone", "imported", self.id, version, data)

    def updated(self, version: int) -> dict[str, Any]:
        """The event of a zone with other times."""
        data = {"id": self.id, "name": "e.example.", "serial": version}
        return of_dns(self.tenant, "zone", "updated", self.id, version, data)

    def known(self) -> set[str]:
        """The names of what compliance knows."""
        return {item["attributes"]["name"] for item in self.tenant.api.items("/api/compliance/v1/resources")}


def in_one_partition(noun: str) -> str:
    """An identifier whose events come in the order in which they are sent, beside those of the others from here."""
    return next(
        id for id in (f"{noun}-{secrets.token_hex(8)}" for _ in itertools.count()) if crc32(id.encode()) % 3 == 0
    )


@pytest.mark.parametrize("order", ["0123456", "6543210", "3456012", "6415032", "4012563"])
def test_a_zone_holds_what_its_last_file_brought_and_what_was_made_since_whatever_comes_late(
    tenant: Tenant, bus: Bus, order: str
) -> None:
    zone = Zone(tenant)
    told = [
        zone.made("before", 2),
        zone.imported(3, "old-1", "old-2"),
        zone.made("between", 4),
        zone.imported(5, "new-1"),
        zone.imported(5, "new-2"),
        zone.made("since", 6),
        zone.updated(7),
    ]
    for each in (*(told[int(number)] for number in order), Zone(tenant).made("last", 1)):
        bus.send("dns.events", each)
    eventually(lambda: "last" in zone.known(), SLOW)
    assert zone.known() == {"e.example.", "new-1", "new-2", "since", "last"}


def test_a_file_that_is_told_of_late_ends_nothing_that_does_not_say_when_it_was_made(tenant: Tenant, bus: Bus) -> None:
    zone = Zone(tenant)
    undated = zone.made("undated", 0)
    del undated["data"]["zone_version"]
    for each in (undated, zone.updated(7), zone.imported(3, "of-3"), Zone(tenant).made("last", 1)):
        bus.send("dns.events", each)
    eventually(lambda: "last" in zone.known(), SLOW)
    assert zone.known() == {"e.example.", "undated", "of-3", "last"}
    # A later one does: whatever there is by then was made before it
    for each in (zone.imported(8, "of-8"), Zone(tenant).made("very-last", 1)):
        bus.send("dns.events", each)
    eventually(lambda: "very-last" in zone.known(), SLOW)
    assert zone.known() == {"e.example.", "of-8", "last", "very-last"}
