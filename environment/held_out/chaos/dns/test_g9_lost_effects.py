"""The end of a tenant whose record sets can't be removed for a moment."""

from __future__ import annotations

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import locked_table
from tests.support.zones import ZONES, add_record, make_zone, quota


def test_an_end_that_failed_half_way_is_carried_out_later(fleet: FleetControl, tenant: Tenant) -> None:
    zone = make_zone(tenant.api, "half-way.example")
    add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    eventually(lambda: quota(tenant.operator, "dns_zones") == (1, 0))
    with locked_table(fleet, "dns", "records") as table:
        tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
        table.wait_for_somebody()
        table.end_who_waits()
        # It comes again by itself.
        table.wait_for_somebody()
    eventually(lambda: list(tenant.operator.items(ZONES)) == [], timeout=30.0)
    eventually(lambda: quota(tenant.operator, "dns_zones") == (0, 0), timeout=30.0)
