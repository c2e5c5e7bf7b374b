"""A page of invoices costs the same, whatever is on them."""

from tests.support.api import queries_of
from tests.support.billing import set_price, subscribe, use
from tests.support.identities import Tenant
from tests.support.months import past_days

INVOICES = "/api/billing/v1/invoices"


def test_five_laden_invoices_take_as_many_statements_as_two(tenant: Tenant) -> None:
    days = [past_days(1, before) for before in (4, 3, 2, 1, 0)]
    for meter in ("a", "b", "c"):
        set_price(tenant, meter, "100")
        for day in days:
            use(tenant, meter, "1", day.late())
    subscribe(tenant, "31", days[0].start.isoformat())
    for percent in ("10", "5"):
        body = {"name": f"less {percent}", "percent_off": percent, "duration": "forever"}
        tenant.operator.ok("POST", "/api/billing/v1/discounts", 201, json=body)
    for day in days:
        tenant.operator.ok("POST", INVOICES, 201, json=day.period)
    pages = [tenant.api.get(INVOICES, params={"limit": limit}) for limit in (2, 5)]
    shown = [[(len(item["lines"]), len(item["reductions"])) for item in page.json()["items"]] for page in pages]
    assert shown == [[(4, 2)] * 2, [(4, 2)] * 5]
    assert queries_of(pages[0]) == queries_of(pages[1])
