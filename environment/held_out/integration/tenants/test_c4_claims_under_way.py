"""Claims on one quota that are under way at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.api import Api
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, create_tenant
from tests.support.tables import locked_table

RESERVATIONS = "/api/tenants/v1/quota/reservations"


def volumes(tenant: Tenant) -> tuple[int, int, int]:
    [quota] = [each for each in tenant.operator.ok("GET", "/api/tenants/v1/quotas")["items"] if
               each["resource"] == "volumes"]  # fmt: skip
    return quota["limit"], quota["used"], quota["reserved"]


def test_claims_that_all_fit_are_all_counted(operator: Api, fleet: FleetControl) -> None:
    tenant = create_tenant(operator, quotas={"volumes": 9})

    def reserve(amount: int) -> int:
        body = {"resource": "volumes", "amount": amount, "reservation_id": f"v-{amount}"}
        return tenant.operator.post(RESERVATIONS, json=body).status_code

    with ThreadPoolExecutor(2) as pool:
        with locked_table(fleet, "tenants", database="tenants") as outbox:
            answers = [pool.submit(reserve, amount) for amount in (4, 5)]
            outbox.wait_for_somebody_at_a_row()
        assert [answer.result() for answer in answers] == [201, 201]
    assert volumes(tenant) == (9, 0, 9)
    for amount in (4, 5):
        tenant.operator.ok("POST", f"{RESERVATIONS}/v-{amount}/release")
    assert volumes(tenant) == (9, 0, 0)
