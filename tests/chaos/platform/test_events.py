"""Events that nobody can read, events whose surroundings fail, and what comes after them."""

import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from confluent_kafka import Producer

from tests.support.api import Api
from tests.support.bus import Bus, partitions_of
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.metering import usage_event
from tests.support.storing import STORAGE, in_use, make_volume
from tests.support.zones import make_zone, quota

RECORDS = "/api/audit/v1/records"
PASSWORD = os.environ.get("POSTGRES_PASSWORD", "omnicloud-postgres")
AWAY_SECONDS = 8.0
"""Longer than any wait of an event's."""
LARGEST = 999_800
"""As large as a message may be that a broker takes: with anything beside it, it would be too large."""


def forged(**changed: Any) -> bytes:
    """An event of dns as it might be, but for what is changed."""
    event = {
        "specversion": "1.0",
        "id": f"poison-{secrets.token_hex(8)}",
        "source": "omnicloud/dns",
        "type": "dns.zone.deleted",
        "subject": "zone-poison",
        "time": clock.now().isoformat(),
        "datacontenttype": "application/json",
        "tenantid": "t-nobody",
        "correlationid": "c",
        "traceparent": f"00-{'1' * 32}-{'2' * 16}-01",
        "actor": "service:dns",
        "sequence": 1,
        "data": {"id": "zone-poison", "name": "poison.example"},
    }
    return json.dumps({**event, **changed}).encode()


POISON: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{not json",
    "no UTF-8": b"\xff\xfe\xfa",
    "JSON that is nested deeply": b"[" * 200_000,
    "a number without end": forged().replace(b'"sequence": 1', b'"sequence": ' + b"9" * 6000),
    "a sequence that no column holds": forged(sequence=2**63),
    "a type that nobody knows": forged(type="dns.zone.exploded"),
    "half a surrogate pair as type": forged(type="\ud800.a.b"),
    "half a surrogate pair as subject": forged(subject="zone-\ud800"),
    "half a surrogate pair as tenant": forged(tenantid="t-\ud800"),
    "half a surrogate pair in its data": forged(data={"id": "zone-poison", "name": "\ud800"}),
    "NUL in its data": forged(data={"id": "zone-poison", "name": "a\0b"}),
    "NUL as tenant": forged(tenantid="t-\0"),
    "a year that is none": forged(time="0000-00-00T00:00:00Z"),
    "lines in its headers": forged(actor="a\nb", traceparent="x", correlationid="é\n"),
    "the largest message that is no event": b"x" * LARGEST,
    "the largest event": forged(data={"id": "zone-poison", "name": "n" * 999_000}),
}


def audited(tenant: Tenant, subject: str) -> bool:
    return any(record["subject"] == subject for record in tenant.api.items(RECORDS))


@pytest.mark.services("dns", "audit", "tenants")
@pytest.mark.parametrize("kind", POISON)
def test_what_nobody_can_read_holds_up_nothing_that_comes_after_it(
    tenant: Tenant, fleet: FleetControl, kind: str
) -> None:
    host, port = fleet.address("kafka:9092")
    producer = Producer({"bootstrap.servers": f"{host}:{port}", "linger.ms": 0})
    for partition in partitions_of(producer, "dns.events"):
        producer.produce("dns.events", POISON[kind], key=b"poison", partition=partition)
    assert producer.flush(10) == 0, "the broker did not take it"
    # When something is made after it, then it is on record and counts, as ever
    zone = make_zone(tenant.api)
    eventually(lambda: audited(tenant, zone["id"]), timeout=15)
    eventually(lambda: quota(tenant.operator, "dns_zones") == (1, 0), timeout=15)


@pytest.mark.services("storage", "tenants", "audit")
def test_an_event_that_waits_for_a_service_goes_on_though_the_broker_was_away_meanwhile(
    tenant: Tenant, fleet: FleetControl
) -> None:
    # Given an event whose partition waits, because what it asks for is not to be had
    volume = make_volume(tenant.api, 10)
    eventually(lambda: audited(tenant, volume["id"]), timeout=15)
    fleet.kill("tenants")
    tenant.api.ok("DELETE", f"{STORAGE}/volumes/{volume['id']}", 204)
    eventually(lambda: any("event not handled" in line for line in fleet.logs("storage")), 15)
    # When the broker is away for longer than the wait, and comes back before the service does
    fleet.kafka_down()
    began = time.monotonic()
    eventually(lambda: time.monotonic() - began > AWAY_SECONDS, AWAY_SECONDS + 2)
    fleet.kafka_up()
    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    # Then the partition is consumed again
    eventually(lambda: in_use(tenant.operator, "storage_gib") == 0, timeout=40)


def behind(service: Api, topic: str) -> dict[str, float]:
    """How many events of a topic a service has not handled yet, by partition, as it says itself."""
    told = rf'^events_consumer_lag{{partition="(\d+)",topic="{topic}"}} (\S+)$'
    return {partition: float(count) for partition, count in re.findall(told, service.get("/metrics").text, re.M)}


@pytest.mark.timeout(240)
@pytest.mark.services("storage", "tenants")
def test_how_far_a_consumer_is_behind_is_told_though_the_broker_was_away_meanwhile(
    tenant: Tenant, fleet: FleetControl
) -> None:
    # Given a service that says how far it is behind: by an event that it has read, and that waits
    host, port = fleet.address("storage:8005")
    storage = Api(f"http://{host}:{port}")
    volume = make_volume(tenant.api, 10)
    eventually(lambda: quota(tenant.operator, "storage_gib") == (10, 0), timeout=15)
    eventually(lambda: not any(behind(storage, "storage.events").values()), timeout=30)
    fleet.kill("tenants")
    tenant.api.ok("DELETE", f"{STORAGE}/volumes/{volume['id']}", 204)

    def told() -> dict[str, float]:
        """By partition, once anything is left to do."""
        found = behind(storage, "storage.events")
        return found if any(found.values()) else {}

    before = set(eventually(told, timeout=30))
    # When the broker is away for so long that its partitions are taken from it, then it isn't ready
    fleet.kafka_down()
    began = time.monotonic()
    eventually(lambda: storage.get("/readyz").status_code == 503, timeout=10)
    report = storage.ok("GET", "/readyz", 503)
    assert (report["status"], report["checks"]["database"]) == ("not_ready", "ok")
    assert report["checks"]["kafka"] != "ok"
    eventually(lambda: time.monotonic() - began > AWAY_SECONDS, AWAY_SECONDS + 2)
    fleet.kafka_up()
    eventually(lambda: storage.get("/readyz").status_code == 200, timeout=20)
    # Then it says of every partition how far it is behind, of the one whose event still waits too
    eventually(lambda: set(told()) == before, timeout=40)
    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    eventually(lambda: in_use(tenant.operator, "storage_gib") == 0, timeout=40)
    eventually(lambda: set(behind(storage, "storage.events").values()) == {0.0}, timeout=30)


@contextmanager
def read_only(fleet: FleetControl, database: str) -> Iterator[None]:
    """A database that takes no changes for the length of a block, as a server that is no primary any more."""
    host, port = fleet.address(f"{database}-db:5432")
    connection = psycopg2.connect(host=host, port=port, dbname="postgres", user="omnicloud", password=PASSWORD)
    connection.autocommit = True
    name = f"{database}_db"
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
            cursor.execute(others, (name,))
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
            cursor.execute(others, (name,))
        connection.close()


@pytest.mark.services("audit", "dns")
def test_what_a_read_only_database_cannot_record_is_recorded_once_it_takes_changes_again(
    tenant: Tenant, fleet: FleetControl
) -> None:
    first = make_zone(tenant.api, "first.example")
    eventually(lambda: audited(tenant, first["id"]), timeout=15)
    with read_only(fleet, "audit"):
        zones = [make_zone(tenant.api, f"zone-{number}.example")["id"] for number in range(3)]
        # Longer than five attempts take: it is the surroundings that fail, and no event is put aside for that.
        eventually(lambda: sum("25006" in line or "read-only" in line for line in fleet.logs("audit")) >= 6, 30)
    eventually(lambda: all(audited(tenant, zone) for zone in zones), timeout=30)
    assert tenant.api.ok("POST", "/api/audit/v1/verifications")["valid"] is True


@pytest.mark.timeout(180)
@pytest.mark.services("billing")
def test_usage_that_a_read_only_database_cannot_count_is_counted_once_when_it_takes_changes_again(
    tenant: Tenant, fleet: FleetControl, bus: Bus
) -> None:
    sent = [usage_event(tenant.id, "storage", "storage.gib_seconds", "1", clock.now()) for _ in range(4)]

    def counted() -> list[str]:
        return sorted(each["source_id"] for each in tenant.api.items("/api/billing/v1/usage"))

    def ids(count: int) -> list[str]:
        return sorted(each["id"] for each in sent[:count])

    bus.send("storage.events", sent[0])
    eventually(lambda: counted() == ids(1), timeout=20)
    before = set(fleet.logs("billing", 1000))

    def attempts() -> int:
        refused = [line for line in fleet.logs("billing", 1000) if "read-only" in line and line not in before]
        return max((int(number) for line in refused for number in re.findall(r'"attempt": (\d+)', line)), default=0)

    with read_only(fleet, "billing"):
        for event in (sent[1], sent[2], sent[1]):
            bus.send("storage.events", event)
        # One more than an event is given that is itself at fault.
        eventually(lambda: attempts() >= 6, timeout=40)
    eventually(lambda: counted() == ids(3), timeout=40)
    # What came twice has been looked at twice when what comes after it in its partition is counted.
    bus.send("storage.events", {**sent[3], "subject": sent[1]["subject"]})
    eventually(lambda: len(counted()) > 3, timeout=20)
    assert counted() == ids(4)
    assert bus.holding("dead-letters", tenant.id.encode()) == []
