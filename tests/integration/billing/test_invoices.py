"""Invoices from metered usage."""

from datetime import timedelta

import pytest

from tests.support.billing import amounts, invoice, set_price, use
from tests.support.clock import clock
from tests.support.identities import Tenant
from tests.support.months import current, last_complete, past_days

INVOICES = "/api/billing/v1/invoices"


def test_half_a_cent_is_rounded_up_exactly(tenant: Tenant) -> None:
    """1.005 is half a cent more than 1.00; binary floating point holds a little less."""
    set_price(tenant, "m", "1.005")
    month = last_complete()
    use(tenant, "m", "1", month.late())
    made = invoice(tenant, month.period)
    assert [(line["meter"], line["quantity"], line["amount"]) for line in made["lines"]] == [("m", "1", "1.01")]
    assert (made["subtotal"], made["total"], made["state"]) == ("1.01", "1.01", "final")


def test_many_small_pieces_add_up_without_loss(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    month = last_complete()
    for place in range(10):
        use(tenant, "m", "0.1005", month.late(hours=place + 1))
    made = invoice(tenant, month.period)
    assert (made["lines"][0]["quantity"], made["total"]) == ("1.005", "1.01")


def test_a_run_that_lacks_a_price_leaves_nothing_and_is_exact_once_there_is_one(tenant: Tenant) -> None:
    # Given usage of a meter with a price and of one without
    set_price(tenant, "a", "1")
    month = last_complete()
    for place in range(10):
        use(tenant, "a", "0.1005", month.late(hours=place + 1))
    use(tenant, "b", "1", month.late())
    # When the period is billed, Then it is refused, and no part of an invoice is there
    tenant.operator.refused("POST", "/api/billing/v1/invoices", 422, "no_price", json=month.period)
    assert list(tenant.api.items("/api/billing/v1/invoices")) == []
    # When the price is there, Then all of it is billed
    set_price(tenant, "b", "2")
    assert invoice(tenant, month.period)["total"] == "3.01"


def test_list_prices_apply_where_the_tenant_has_no_own(tenant: Tenant) -> None:
    month = last_complete()
    use(tenant, "compute.vcpu_seconds", "3600", month.late())
    assert invoice(tenant, month.period)["total"] == "0.05"


def test_credit_before_tax_and_the_rest_stays(tenant: Tenant) -> None:
    set_price(tenant, "m", "100")
    month = last_complete()
    use(tenant, "m", "1", month.late())
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"tax_rate": "0.19"})
    credit = {"currency": "USD", "reason": "goodwill"}
    for amount in ("40", "100"):
        tenant.operator.ok("POST", "/api/billing/v1/credits", 201, json={**credit, "amount": amount})
    made = invoice(tenant, month.period)
    assert (made["subtotal"], made["credits"], made["tax"], made["total"]) == ("100.00", "100.00", "0.00", "0.00")
    left = [item["remaining"] for item in tenant.api.items("/api/billing/v1/credits")]
    assert left == ["0.00", "40.00"]


def test_late_usage_goes_on_the_next_invoice(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    earlier, following = past_days(2, before=2), past_days(2)
    use(tenant, "m", "5", earlier.late(hours=30))
    assert invoice(tenant, earlier.period)["total"] == "5.00"
    use(tenant, "m", "2", earlier.late(hours=6))
    use(tenant, "m", "10", (following.start + timedelta(minutes=1)).isoformat())
    assert invoice(tenant, following.period)["total"] == "12.00"


def test_usage_at_the_border_is_billed_once(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    earlier, following = past_days(2, before=2), past_days(2)
    use(tenant, "m", "7", following.start.isoformat())
    assert invoice(tenant, earlier.period)["total"] == "0.00"
    assert invoice(tenant, following.period)["total"] == "7.00"


def test_a_month_s_last_second_is_the_month_s(tenant: Tenant) -> None:
    """Usage is `[started_at, ended_at)`: the day that ends at midnight is of the month that ends at midnight."""
    set_price(tenant, "m", "1")
    last_day, next_day = past_days(1, before=1), past_days(1)
    use(tenant, "m", "86400", last_day.end.isoformat(), started_at=last_day.start.isoformat())
    use(tenant, "m", "0.5", last_day.late(hours=0.5 / 3600), started_at=last_day.late(hours=1 / 3600))
    use(tenant, "m", "5", next_day.start.isoformat())
    assert invoice(tenant, last_day.period)["total"] == "86400.50"
    assert invoice(tenant, next_day.period)["total"] == "5.00"


def test_a_period_is_billed_when_it_is_over_and_not_before(tenant: Tenant) -> None:
    """Neither the month that runs nor one in 2090: an invoice is final, and would take what is used meanwhile."""
    set_price(tenant, "m", "1")
    use(tenant, "m", "7", past_days(1).late())
    hour = timedelta(hours=1)
    ahead = {"period_start": (clock.now() - hour).isoformat(), "period_end": (clock.now() + hour).isoformat()}
    far = {"period_start": "2090-01-01T00:00:00Z", "period_end": "2090-02-01T00:00:00Z"}
    for period in (current().period, ahead, far):
        tenant.operator.refused("POST", INVOICES, 422, "period_unfinished", json=period)
    assert list(tenant.api.items(INVOICES)) == []
    assert invoice(tenant, past_days(1).period)["total"] == "7.00"


def test_without_a_period_the_one_that_ended_last_is_billed(tenant: Tenant) -> None:
    made = tenant.operator.ok("POST", INVOICES, 201, json={})
    period = tenant.api.ok("GET", "/api/billing/v1/periods", params={"at": last_complete().late()})
    assert {name: made[name] for name in period} == period
    problem = tenant.operator.refused("POST", INVOICES, 409, "invoice_exists", json={})
    assert problem["invoice_id"] == made["id"]
    tenant.operator.refused("POST", INVOICES, 422, json={"period_start": period["period_start"]})


@pytest.mark.parametrize(
    ("currency", "unit_amount", "quantity", "total"),
    [
        ("JPY", "0.5", "3", "2"),
        ("BHD", "0.0005", "1", "0.001"),
        ("CLF", "0.0001", "15", "0.0015"),
        ("USD", "0.005", "1", "0.01"),
    ],
)
def test_totals_have_the_digits_of_their_currency(
    tenant: Tenant, currency: str, unit_amount: str, quantity: str, total: str
) -> None:
    """ISO 4217: yen none, dinars three, Chile's unidad de fomento four."""
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"currency": currency})
    set_price(tenant, "m", unit_amount, currency)
    month = last_complete()
    use(tenant, "m", quantity, month.late())
    assert invoice(tenant, month.period)["total"] == total


def test_the_largest_usage_at_the_highest_price_is_billed_to_the_cent(tenant: Tenant) -> None:
    set_price(tenant, "large", "9" * 15 + "." + "9" * 15)
    set_price(tenant, "fine", "10004999999999.999999999999999")
    month = last_complete()
    for _ in range(2):
        use(tenant, "large", "9" * 26 + "." + "9" * 12, month.late())
    use(tenant, "fine", "0.000000000001", month.late())
    lines = {line["meter"]: line for line in invoice(tenant, month.period)["lines"]}
    assert lines["large"]["quantity"] == "199999999999999999999999999.999999999998"
    assert lines["large"]["amount"] == "199999999999999999999999999999799999998000.00"
    assert lines["fine"]["amount"] == "10.00"


def test_a_period_is_billed_exactly_once(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    month = last_complete()
    use(tenant, "m", "7", month.late())
    first = invoice(tenant, month.period)
    problem = tenant.operator.refused("POST", "/api/billing/v1/invoices", 409, "invoice_exists", json=month.period)
    assert problem["invoice_id"] == first["id"]
    last_day, far_in_the_next = month.end - timedelta(days=1), month.end + timedelta(days=29)
    overlapping = {"period_start": last_day.isoformat(), "period_end": far_in_the_next.isoformat()}
    tenant.operator.refused("POST", "/api/billing/v1/invoices", 409, "invoice_exists", json=overlapping)
    assert [item["id"] for item in tenant.api.items("/api/billing/v1/invoices")] == [first["id"]]


def test_a_run_that_is_tried_again_makes_one_invoice_however_often(tenant: Tenant) -> None:
    """The first one lacks a price; whoever runs invoices tries again, and once more after that."""
    month = last_complete()
    use(tenant, "m", "2", month.late())
    tenant.operator.refused("POST", INVOICES, 422, "no_price", json=month.period)
    set_price(tenant, "m", "1")
    made = invoice(tenant, month.period)
    problem = tenant.operator.refused("POST", INVOICES, 409, "invoice_exists", json=month.period)
    assert problem["invoice_id"] == made["id"]
    found = [(item["number"], item["total"]) for item in tenant.api.items(INVOICES)]
    assert found == [("INV-000001", "2.00")]


def test_a_refused_run_leaves_nothing_behind(tenant: Tenant) -> None:
    """A meter without a price stops the run after other lines were written; none of them may stay."""
    month = last_complete()
    use(tenant, "compute.vcpu_seconds", "3600", month.late())
    use(tenant, "zz.unpriced", "1", month.late())
    problem = tenant.operator.refused("POST", "/api/billing/v1/invoices", 422, "no_price", json=month.period)
    assert problem["meter"] == "zz.unpriced"
    assert list(tenant.api.items("/api/billing/v1/invoices")) == []
    set_price(tenant, "zz.unpriced", "0.335")
    assert invoice(tenant, month.period)["number"] == "INV-000001"


def test_amounts_follow_their_currency(tenant: Tenant) -> None:
    set_price(tenant, "m", "0.4", currency="JPY")
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"currency": "JPY"})
    month = last_complete()
    use(tenant, "m", "4", month.late())
    assert invoice(tenant, month.period)["total"] == "2"


def test_sums_follow_one_order(tenant: Tenant) -> None:
    """200.00, less a tenth and 30.00, less 50.00 of credit, with 19% tax on what is left: 119.00."""
    set_price(tenant, "m", "200")
    month = last_complete()
    use(tenant, "m", "1", month.late())
    operator = tenant.operator
    operator.ok("PATCH", "/api/billing/v1/account", json={"tax_rate": "0.19"})
    operator.ok("POST", "/api/billing/v1/credits", 201, json={"amount": "50", "currency": "USD", "reason": "goodwill"})
    for off in ({"percent_off": "10"}, {"amount_off": "30", "currency": "USD"}):
        operator.ok("POST", "/api/billing/v1/discounts", 201, json={"name": "spring", **off})
    made = invoice(tenant, month.period)
    assert amounts(made) == {
        "subtotal": "200.00", "discounts": "50.00", "credits": "50.00", "tax": "19.00", "total": "119.00",
    }  # fmt: skip
    assert [(item["name"], item["amount"]) for item in made["reductions"]] == [("spring", "20.00"), ("spring", "30.00")]
    assert made["tax_rate"] == "0.19000"


def test_credit_notes_never_exceed_their_invoice(tenant: Tenant) -> None:
    set_price(tenant, "m", "10")
    month = last_complete()
    use(tenant, "m", "1", month.late())
    made = invoice(tenant, month.period)
    path = f"/api/billing/v1/invoices/{made['id']}/credit-notes"
    note = {"currency": "USD", "reason": "outage"}
    tenant.operator.ok("POST", path, 201, json={**note, "amount": "6"})
    tenant.operator.refused("POST", path, 422, "invalid_credit", json={**note, "amount": "4.01"})
    assert tenant.api.ok("GET", f"/api/billing/v1/invoices/{made['id']}") == made
