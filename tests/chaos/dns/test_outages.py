"""dns or the broker goes away; nothing is lost and nothing happens twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.closing import closed_while_making
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.quotas import count_what_does_not_exist
from tests.support.tables import locked_table
from tests.support.zones import ZONES, add_record, listed, make_zone, quota, record, records_of


def test_a_zone_survives_a_kill_right_after_its_answer(tenant: Tenant, fleet: FleetControl, bus: Bus) -> None:
    zone = make_zone(tenant.api)
    fleet.kill("dns")
    fleet.start("dns")
    fleet.wait_healthy("dns")
    eventually(lambda: tenant.api.get(f"{ZONES}/{zone['id']}").status_code == 200)
    assert [event["type"] for event in bus.of_subject("dns.events", zone["id"])] == ["dns.zone.created"]
    eventually(lambda: quota(tenant.api, "dns_zones") == (1, 0))


def test_while_the_broker_is_down_zones_are_made_and_told_of_later(
    tenant: Tenant, fleet: FleetControl, bus: Bus
) -> None:
    fleet.kafka_down()
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    assert quota(tenant.api, "dns_zones") == (0, 1)
    fleet.kafka_up()
    eventually(lambda: quota(tenant.api, "dns_zones") == (1, 0), timeout=20)
    assert [event["type"] for event in bus.of_subject("dns.events", zone["id"])] == ["dns.zone.created"]


def test_of_concurrent_records_that_exclude_each_other_one_is_kept(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    bodies = [record("www", "CNAME", "other"), record("www", "A", "192.0.2.1")] * 3

    def add(body: dict[str, object]) -> int:
        return tenant.api.post(records_of(zone), json=body).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(add, bodies))
    assert answers == [201, 409, 409, 409, 409, 409]
    assert len(listed(tenant.api, zone)) == 2
    assert tenant.api.ok("GET", f"{ZONES}/{zone['id']}")["serial"] == zone["serial"] + 1


@pytest.mark.services("tenants")
def test_quota_of_what_does_not_exist_comes_back_and_that_of_what_does_stays(
    tenant: Tenant, fleet: FleetControl
) -> None:
    make_zone(tenant.api)
    count_what_does_not_exist(tenant, "dns_zones", "zone-0.dns_zones")
    eventually(lambda: quota(tenant.api, "dns_zones") == (2, 0))
    fleet.step_clock(310)
    fleet.restart("dns")
    eventually(lambda: quota(tenant.api, "dns_zones") == (1, 0), timeout=20)


@pytest.mark.services("tenants")
def test_a_tenant_that_is_closed_in_the_middle_of_creations_leaves_nothing_behind(operator: Api) -> None:
    def make(acting: Tenant, number: int) -> int:
        return acting.api.post(ZONES, json={"name": f"example-{number}.net"}).status_code

    for _ in range(2):
        tenant, answers = closed_while_making(operator, make)
        assert answers <= {201, 401, 403}, answers
        eventually(lambda acting=tenant.operator: list(acting.items(ZONES)) == [], timeout=30)  # type: ignore[misc]
        eventually(lambda acting=tenant.operator: quota(acting, "dns_zones") == (0, 0), timeout=30)  # type: ignore[misc]


def test_an_import_that_is_cut_off_leaves_the_whole_old_zone_or_the_whole_new_one(
    tenant: Tenant, fleet: FleetControl
) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "old", "A", "192.0.2.1")
    text = "\n".join(f"host-{n} A 192.0.2.{n % 250}" for n in range(4_000))

    def imported() -> int:
        try:
            return tenant.api.put(f"{ZONES}/{zone['id']}/zonefile", json={"zonefile": text}).status_code
        except httpx.TransportError:
            return 0

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(imported)
        fleet.kill("dns")
        status = running.result()
    fleet.start("dns")
    fleet.wait_healthy("dns")

    [found] = eventually(lambda: tenant.api.ok("GET", ZONES)["items"])
    assert found["record_sets"] in ((4_001,) if status == 200 else (2, 4_001))
    eventually(lambda: imported() == 200)
    assert tenant.api.ok("GET", ZONES)["items"][0]["record_sets"] == 4_001


def test_a_tenant_whose_orders_all_stand_still_takes_no_thread_from_another(
    tenant: Tenant, other_tenant: Tenant, fleet: FleetControl
) -> None:
    """Thirty orders are more than the service has threads, and what they wait for is held here."""
    zone = make_zone(tenant.api, "other.example")
    host, port = fleet.address("dns:8006")

    def order(number: int) -> int:
        return other_tenant.api.post(ZONES, json={"name": f"z{number}.example"}).status_code

    with ThreadPoolExecutor(30) as pool, locked_table(fleet, "dns") as table:
        orders = [pool.submit(order, number) for number in range(30)]
        eventually(lambda: len(table.waiting()) >= 5, 30.0)
        for _ in range(3):
            assert tenant.api.ok("GET", f"{ZONES}/{zone['id']}")["id"] == zone["id"]
        assert httpx.get(f"http://{host}:{port}/healthz", timeout=10).status_code == 200
        answered = sum(each.done() for each in orders)
    assert answered <= 12, "the other tenant's requests waited behind all thirty"
