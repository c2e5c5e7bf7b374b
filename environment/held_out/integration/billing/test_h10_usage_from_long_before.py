"""What comes late is billed, however many invoices were made in between."""

from decimal import Decimal

from tests.support.billing import invoice, set_price, use
from tests.support.identities import Tenant
from tests.support.months import past_days

USAGE = "/api/billing/v1/usage"


def test_usage_that_comes_several_periods_late_is_on_the_next_invoice_and_on_no_other(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    days = [past_days(1, before) for before in (4, 3, 2, 1, 0)]
    for day in days[:3]:
        invoice(tenant, day.period)
    late = [use(tenant, "m", quantity, days[0].late(hours)) for quantity, hours in (("2", 20), ("3", 1))]
    later = use(tenant, "m", "7", days[2].late())
    use(tenant, "m", "11", days[4].late())
    own = use(tenant, "m", "5", days[3].late())
    fourth = invoice(tenant, days[3].period)
    fifth = invoice(tenant, days[4].period)
    assert [line["quantity"] for line in fourth["lines"]] == ["17"]
    assert [line["quantity"] for line in fifth["lines"]] == ["11"]
    billed = {item["id"]: item["invoice_id"] for item in tenant.api.items(USAGE)}
    assert {billed[piece["id"]] for piece in (*late, later, own)} == {fourth["id"]}


def test_a_first_invoice_takes_what_was_used_before_its_period(tenant: Tenant) -> None:
    set_price(tenant, "m", "0.5")
    use(tenant, "m", "8", past_days(1, before=9).late())
    made = invoice(tenant, past_days(1).period)
    assert Decimal(made["total"]) == 4
