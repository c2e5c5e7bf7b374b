"""Statements needed, not seconds."""

from tests.support.api import queries_of
from tests.support.billing import set_price, use
from tests.support.identities import Tenant


def test_listing_invoices_takes_the_same_number_of_statements_however_many_there_are(tenant: Tenant) -> None:
    def statements() -> int:
        return queries_of(tenant.api.get("/api/billing/v1/invoices"))

    def bill(month: int) -> None:
        period = {"period_start": f"2026-{month:02d}-01T00:00:00Z", "period_end": f"2026-{month + 1:02d}-01T00:00:00Z"}
        tenant.operator.ok("POST", "/api/billing/v1/invoices", 201, json=period)

    bill(1)
    with_one = statements()
    for month in range(2, 8):
        bill(month)
    assert statements() == with_one


def test_an_invoice_run_does_not_query_for_each_piece_of_usage(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")

    def run(month: int) -> int:
        period = {"period_start": f"2026-{month:02d}-01T00:00:00Z", "period_end": f"2026-{month + 1:02d}-01T00:00:00Z"}
        return queries_of(tenant.operator.post("/api/billing/v1/invoices", json=period))

    run(9)
    use(tenant, "m", "1", "2026-10-30T00:00:00Z")
    few = run(10)
    for day in range(1, 13):
        use(tenant, "m", "1", f"2026-11-{day:02d}T00:00:00Z")
    assert run(11) == few
