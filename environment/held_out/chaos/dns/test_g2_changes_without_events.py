"""A zone file whose import can't be told of."""

from __future__ import annotations

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import locked_table, under_way
from tests.support.zones import ZONES, add_record, listed, make_zone, resolve, values


def test_an_import_that_is_not_told_of_leaves_the_zone_as_it_was(fleet: FleetControl, tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    path = f"{ZONES}/{zone['id']}"
    before, names = tenant.api.ok("GET", path), listed(tenant.api, zone)
    body = {"zonefile": "mail A 192.0.2.9\n"}
    with locked_table(fleet, "dns") as table, under_way(tenant.api, "PUT", f"{path}/zonefile", json=body) as answer:
        table.wait_for_somebody()

        def ended() -> bool:
            table.end_who_waits()
            return answer.done()

        eventually(ended)
    assert answer.result() >= 500
    assert (tenant.api.ok("GET", path), listed(tenant.api, zone)) == (before, names)
    assert values(resolve(tenant.api, "www.example.com")) == ["192.0.2.1"]
