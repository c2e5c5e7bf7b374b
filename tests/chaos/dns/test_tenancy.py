"""The end of a tenant, in the middle of which something else ends."""

import pytest

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import locked_table
from tests.support.zones import ZONES, make_zone, quota

DNS = "dns"


@pytest.mark.services("tenants")
@pytest.mark.parametrize("dies", ["the session", "the service"])
def test_zones_go_with_their_tenant_whatever_dies_in_the_middle(fleet: FleetControl, tenant: Tenant, dies: str) -> None:
    # Given a tenant's zones, whose deletion has begun and can't go on
    for number in range(2):
        make_zone(tenant.api, f"zone-{number}.example")
    eventually(lambda: quota(tenant.operator, "dns_zones") == (2, 0))
    with locked_table(fleet, "dns", "zones") as table:
        tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
        table.wait_for_somebody()
        # When what carries it out dies
        if dies == "the session":
            table.end_who_waits()
        else:
            fleet.kill(DNS)
    if dies == "the service":
        fleet.start(DNS)
        fleet.wait_healthy(DNS)
        fleet.wait_routed()
    # Then they are gone all the same, and count no longer
    eventually(lambda: list(tenant.operator.items(ZONES)) == [], timeout=30.0)
    eventually(lambda: quota(tenant.operator, "dns_zones") == (0, 0), timeout=30.0)
