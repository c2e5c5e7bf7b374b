"""First layers that are set at once."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.tables import locked_table

LAYERS = "/api/config/v1/layers/prod"
LEVELS = ("default", "tenant")


def test_two_first_layers_of_an_environment_that_are_set_at_once_are_both_there(
    fleet: FleetControl, tenant: Tenant
) -> None:
    with ThreadPoolExecutor(2) as threads:
        # Given two who have both found that there is no such environment yet
        with locked_table(fleet, "config", "environments") as table:
            asked = [
                threads.submit(tenant.api.put, f"{LAYERS}/{level}", json={"values": {level: 1}}) for level in LEVELS
            ]
            eventually(lambda: len(table.waiting()) == 2)
        assert [each.result().status_code for each in asked] == [200, 200]
    # Then what is published of it has both layers
    tenant.api.ok("POST", "/api/config/v1/environments/prod/publish", 201, json={})
    found = tenant.api.ok("GET", "/api/config/v1/effective", params={"environment": "prod"})
    assert (found["revision"], found["values"]) == (1, {"default": 1, "tenant": 1})
