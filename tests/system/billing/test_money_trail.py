"""From usage to an audited invoice."""

import pytest

from tests.support.billing import invoice, set_price, use
from tests.support.eventually import eventually

NOVEMBER = {"period_start": "2026-11-01T00:00:00Z", "period_end": "2026-12-01T00:00:00Z"}


@pytest.mark.services("audit")
def test_every_step_to_an_invoice_is_in_the_audit_trail(tenant):
    set_price(tenant, "m", "0.335")
    use(tenant, "m", "3", "2026-11-10T00:00:00Z")
    made = invoice(tenant, NOVEMBER)

    def trail() -> list[dict]:
        return list(tenant.api.items("/api/audit/v1/records", subject=made["id"]))

    [record] = eventually(trail)
    assert (record["type"], record["data"]["total"]) == ("billing.invoice.finalised", "1.01")
    assert tenant.api.ok("POST", "/api/audit/v1/verifications")["valid"] is True


@pytest.mark.services("tenants", "auth")
def test_two_tenants_with_the_same_usage_get_their_own_invoices(tenant, other_tenant):
    for who, price in ((tenant, "0.335"), (other_tenant, "0.5")):
        set_price(who, "m", price)
        use(who, "m", "3", "2026-11-10T00:00:00Z", id="the-same-id")
    assert invoice(tenant, NOVEMBER)["total"] == "1.01"
    assert invoice(other_tenant, NOVEMBER)["total"] == "1.50"
