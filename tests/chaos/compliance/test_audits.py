"""Audits that meet."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import held_rows

AUDITS = "/api/compliance/v1/audits"
AUDIT_OF = "SELECT tenant_id FROM compliance.standings WHERE tenant_id = %s FOR UPDATE"
"""What an audit holds for as long as it is under way."""


def test_an_audit_waits_for_the_one_that_is_under_way(fleet: FleetControl, tenant: Tenant) -> None:
    tenant.api.ok("POST", AUDITS, 201)
    with ThreadPoolExecutor(2) as threads:
        with held_rows(fleet, "compliance", AUDIT_OF, tenant.id) as rows:
            asked = [threads.submit(tenant.api.post, AUDITS) for _ in range(2)]
            rows.wait_for(2)
            assert not any(each.done() for each in asked)
        assert [each.result().status_code for each in asked] == [201, 201]
    # One after the other, each of them whole
    runs = list(tenant.api.items(AUDITS))
    assert {each.result().json()["run"]["id"] for each in asked} <= {run["id"] for run in runs}
