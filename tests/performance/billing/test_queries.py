"""Statements needed, not seconds."""

from datetime import timedelta

from tests.support.api import queries_of
from tests.support.billing import set_price, use
from tests.support.identities import Tenant
from tests.support.months import Month, current


def test_listing_invoices_takes_the_same_number_of_statements_however_many_there_are(tenant: Tenant) -> None:
    def statements() -> int:
        return queries_of(tenant.api.get("/api/billing/v1/invoices"))

    def bill(month: Month) -> Month:
        tenant.operator.ok("POST", "/api/billing/v1/invoices", 201, json=month.period)
        return month.previous()

    month = bill(current())
    with_one = statements()
    for _ in range(6):
        month = bill(month)
    assert statements() == with_one


def test_an_invoice_run_does_not_query_for_each_piece_of_usage(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")

    def run(month: Month) -> int:
        return queries_of(tenant.operator.post("/api/billing/v1/invoices", json=month.period))

    month = current()
    run(month.previous().previous())
    use(tenant, "m", "1", month.previous().late())
    few = run(month.previous())
    for seconds in range(12):
        use(tenant, "m", "1", (month.start + timedelta(seconds=seconds)).isoformat())
    assert run(month) == few
