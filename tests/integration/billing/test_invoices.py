"""Invoices from metered usage."""

from datetime import timedelta

from tests.support.billing import invoice, set_price, use
from tests.support.identities import Tenant
from tests.support.months import last_complete, past_days


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
