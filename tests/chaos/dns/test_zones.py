"""Zones and record sets whose transaction ends at the last moment."""

from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import locked_table, under_way
from tests.support.zones import ZONES, add_record, make_zone, record, records_of


def everything(tenant: Tenant) -> list[Any]:
    """The tenant's zones with all that is in them."""
    return [(zone, list(tenant.api.items(records_of(zone)))) for zone in tenant.api.items(ZONES)]


@pytest.mark.parametrize("what", ["zone", "record set", "change", "end"])
def test_what_can_not_be_told_has_not_happened(fleet: FleetControl, tenant: Tenant, what: str) -> None:
    # Given a zone
    zone = make_zone(tenant.api)
    path = f"{records_of(zone)}/{add_record(tenant.api, zone, 'www', 'A', '192.0.2.1')['id']}"
    before = everything(tenant)
    method, url, body = {
        "zone": ("POST", ZONES, {"name": "another.example"}),
        "record set": ("POST", records_of(zone), record("api", "A", "192.0.2.2")),
        "change": ("PATCH", f"{ZONES}/{zone['id']}", {"refresh": 7200}),
        "end": ("DELETE", path, None),
    }[what]
    # When the database ends the session that is about to tell of a change
    with locked_table(fleet, "dns") as table, under_way(tenant.api, method, url, json=body) as answer:
        table.wait_for_somebody()

        def ended() -> bool:
            table.end_who_waits()
            return answer.done()

        eventually(ended)
    # Then the change isn't there either
    assert answer.result() >= 500
    assert everything(tenant) == before
