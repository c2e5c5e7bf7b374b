"""No instant is on two invoices."""

from datetime import timedelta

from tests.support.billing import invoice, set_price, subscribe, use
from tests.support.identities import Tenant
from tests.support.months import past_days

INVOICES = "/api/billing/v1/invoices"


def test_no_period_that_shares_an_instant_with_a_billed_one_is_billed(tenant: Tenant) -> None:
    span = past_days(3, before=1)
    set_price(tenant, "m", "1")
    use(tenant, "m", "4", span.late())
    subscribe(tenant, "0", span.start.isoformat(), plan="free")
    made = invoice(tenant, span.period)
    hour, day = timedelta(hours=1), timedelta(days=1)
    borders = [
        (span.start, span.end),
        (span.start, span.end - day),
        (span.start, span.end + hour),
        (span.start + hour, span.end),
        (span.start + hour, span.end - hour),
        (span.start - day, span.start + hour),
        (span.start - day, span.end),
        (span.start - day, span.end + hour),
        (span.end - hour, span.end + hour),
    ]
    for start, end in borders:
        period = {"period_start": start.isoformat(), "period_end": end.isoformat()}
        problem = tenant.operator.refused("POST", INVOICES, 409, "invoice_exists", json=period)
        assert problem["invoice_id"] == made["id"]
    assert list(tenant.api.items(INVOICES)) == [made]


def test_what_only_touches_a_billed_period_is_billed(tenant: Tenant) -> None:
    before, span, after = past_days(1, before=2), past_days(1, before=1), past_days(1)
    invoice(tenant, span.period)
    invoice(tenant, after.period)
    invoice(tenant, before.period)
    assert [item["number"] for item in tenant.api.items(INVOICES)] == ["INV-000001", "INV-000002", "INV-000003"]
