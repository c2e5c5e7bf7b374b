"""From usage to an audited invoice."""

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.billing import invoice, set_price, use
from tests.support.computing import INSTANCES, create_host, dedicated
from tests.support.eventually import eventually
from tests.support.identities import Tenant
from tests.support.months import last_complete


@pytest.mark.services("audit")
def test_every_step_to_an_invoice_is_in_the_audit_trail(tenant: Tenant) -> None:
    set_price(tenant, "m", "0.335")
    month = last_complete()
    use(tenant, "m", "3", month.late())
    made = invoice(tenant, month.period)

    def trail() -> list[dict[str, Any]]:
        return list(tenant.api.items("/api/audit/v1/records", subject=made["id"]))

    [record] = eventually(trail)
    assert (record["type"], record["data"]["total"]) == ("billing.invoice.finalised", "1.01")
    assert tenant.api.ok("POST", "/api/audit/v1/verifications")["valid"] is True


@pytest.mark.services("tenants", "auth")
def test_two_tenants_with_the_same_usage_get_their_own_invoices(tenant: Tenant, other_tenant: Tenant) -> None:
    month = last_complete()
    for who, price in ((tenant, "0.335"), (other_tenant, "0.5")):
        set_price(who, "m", price)
        use(who, "m", "3", month.late(), id="the-same-id")
    assert invoice(tenant, month.period)["total"] == "1.01"
    assert invoice(other_tenant, month.period)["total"] == "1.50"


@pytest.mark.services("compute")
def test_what_was_never_provisioned_costs_nothing_and_what_was_used_is_exact(operator: Api, tenant: Tenant) -> None:
    # Given an instance that is still pending, and nobody who may declare it active
    create_host(operator, tenant)
    pending = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    tenant.api.refused(
        "POST", f"{INSTANCES}/{pending['id']}/transitions", 409, "illegal_transition", json={"target": "active"}
    )
    # When usage of something else is billed
    set_price(tenant, "m", "1")
    month = last_complete()
    for place in range(10):
        use(tenant, "m", "0.1005", month.late(hours=place + 1))
    made = invoice(tenant, month.period)
    # Then nothing else is on the invoice, and no fraction of it is lost
    assert [(line["meter"], line["quantity"], line["amount"]) for line in made["lines"]] == [("m", "1.005", "1.01")]
    assert made["total"] == "1.01"
