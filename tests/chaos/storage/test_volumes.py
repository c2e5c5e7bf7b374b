"""Volumes of a tenant that orders more at once than is answered at once."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.storing import STORAGE, make_volume
from tests.support.tables import locked_table

AT_ONCE = 10
"""So many of one tenant's requests are answered at once."""


def test_a_tenant_whose_requests_were_sent_away_is_served_again_when_the_rush_is_over(
    fleet: FleetControl, tenant: Tenant
) -> None:
    def order(number: int) -> int:
        body = {"name": f"data-{number}", "size_gib": 1, "zone": "nimbus-eu-1a"}
        return tenant.api.post(f"{STORAGE}/volumes", json=body).status_code

    with ThreadPoolExecutor(2 * AT_ONCE) as threads:
        with locked_table(fleet, "storage", "volumes") as table:
            # Given as many requests as are answered at once, none of which gets on
            inside = [threads.submit(order, number) for number in range(AT_ONCE)]
            eventually(lambda: len(table.waiting()) == AT_ONCE)
            # When as many again wait for their turn in vain
            waited = [threads.submit(order, AT_ONCE + number) for number in range(AT_ONCE)]
            assert [each.result() for each in waited] == [429] * AT_ONCE
        assert {each.result() for each in inside} <= {201, 503}
    # Then there is room for the next ones
    for _ in range(2):
        make_volume(tenant.api, 1)
