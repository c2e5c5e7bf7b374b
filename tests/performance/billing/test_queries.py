"""Statements needed, not seconds."""

from datetime import timedelta

from tests.support.api import queries_of
from tests.support.billing import set_price, use
from tests.support.clock import clock
from tests.support.identities import Tenant
from tests.support.months import Month, Span, last_complete, past_days


def test_listing_invoices_takes_the_same_number_of_statements_however_many_there_are(tenant: Tenant) -> None:
    def statements() -> int:
        return queries_of(tenant.api.get("/api/billing/v1/invoices"))

    def bill(month: Month) -> Month:
        tenant.operator.ok("POST", "/api/billing/v1/invoices", 201, json=month.period)
        return month.previous()

    month = bill(last_complete())
    with_one = statements()
    for _ in range(6):
        month = bill(month)
    assert statements() == with_one


def test_a_page_of_invoices_takes_as_many_statements_with_four_as_with_one(tenant: Tenant) -> None:
    """Lines and discounts, with which all of them are shown, are fetched for a page together."""
    set_price(tenant, "m", "10")
    body = {"name": "spring", "percent_off": "10", "duration": "forever"}
    tenant.operator.ok("POST", "/api/billing/v1/discounts", 201, json=body)
    for before in range(4):
        day = past_days(1, before)
        use(tenant, "m", "1", day.late())
    for before in (3, 2, 1, 0):
        tenant.operator.ok("POST", "/api/billing/v1/invoices", 201, json=past_days(1, before).period)
    pages = [tenant.api.get("/api/billing/v1/invoices", params={"limit": limit}) for limit in (1, 4)]
    assert [[item["discounts"] for item in page.json()["items"]] for page in pages] == [["1.00"], ["1.00"] * 4]
    assert queries_of(pages[0]) == queries_of(pages[1])


def test_an_invoice_run_does_not_query_for_each_piece_of_usage(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")

    def run(span: Span) -> int:
        return queries_of(tenant.operator.post("/api/billing/v1/invoices", json=span.period))

    first, second, third = past_days(1, before=4), past_days(2, before=2), past_days(2)
    run(first)
    use(tenant, "m", "1", second.late())
    few = run(second)
    for seconds in range(12):
        use(tenant, "m", "1", (third.start + timedelta(seconds=seconds)).isoformat())
    assert run(third) == few


def test_spending_takes_the_same_number_of_statements_however_much_was_used(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")

    def statements() -> int:
        return queries_of(tenant.api.get("/api/billing/v1/spend"))

    def use_now() -> None:
        use(tenant, "m", "1", clock.now().isoformat())

    use_now()
    statements()  # The first one makes the account.
    with_one = statements()
    for _ in range(12):
        use_now()
    assert statements() == with_one
    assert tenant.api.ok("GET", "/api/billing/v1/spend")["usage"] == "13.00"
